"""The page of the demonstration that shows all messages sent: a process of its own, on loopback alone.

It shows everybody's codes, so it is no part of the server: no setting can bring it into one.
"""

from __future__ import annotations

import sys
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask, Response, abort, render_template, request
from werkzeug.serving import WSGIRequestHandler, make_server

from authz.cli.demo import letters

TEXTS = {
    "fr": {
        "title": "Messages envoyés",
        "intro": "Chaque e-mail et chaque SMS de la démonstration arrive ici, et nulle part ailleurs.",
        "none": "Aucun message pour l’instant. Cette page se met à jour toute seule.",
        "to": "à",
    },
    "en": {
        "title": "Messages sent",
        "intro": "Every e-mail and text message of the demonstration arrives here, and nowhere else.",
        "none": "No message yet. This page updates itself.",
        "to": "to",
    },
}
POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


class _Silent(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing of a page that reloads itself."""


def create_app(data: Path, port: int, zone: tzinfo) -> Flask:
    """Build the page over the sinks in a folder."""
    app = Flask(__name__)

    @app.get("/")
    def show() -> Response:
        """Show the newest messages; the browser asks again every other second."""
        # Another site may have its own name lead here (DNS rebinding): it is not to read codes.
        if request.host not in (f"localhost:{port}", f"127.0.0.1:{port}"):
            abort(403)
        lang = request.accept_languages.best_match(list(TEXTS)) or "fr"
        told = [(letter, letters.hour(letter, zone)) for letter in letters.newest(data)]
        page = render_template("sinks.html", letters=told, say=TEXTS[lang], lang=lang)
        headers = {"Refresh": "2", "Cache-Control": "no-store", "Content-Security-Policy": POLICY}
        return Response(page, headers=headers)

    return app


def main() -> None:
    """Serve until told to stop: `python -m authz.cli.demo.sinks PORT DIR ZONE`."""
    port, data, zone = int(sys.argv[1]), Path(sys.argv[2]), ZoneInfo(sys.argv[3])
    make_server("127.0.0.1", port, create_app(data, port, zone), threaded=True, request_handler=_Silent).serve_forever()


if __name__ == "__main__":
    main()
