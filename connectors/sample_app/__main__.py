"""Running the sample partner: `python -m connectors.sample_app --help`."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

import click
from werkzeug.serving import WSGIRequestHandler, make_server

from connectors.kit import Misconfigured
from connectors.sample_app import config
from connectors.sample_app.app import create_app


class _Silent(WSGIRequestHandler):
    """The page of exchanges is this app's log; requests of browsers are nobody's business."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def main() -> int:
    """Serve on loopback until told to stop."""
    try:
        chosen = config.load(sys.argv[1:], os.environ)
        app = create_app(chosen)
        server = make_server("127.0.0.1", chosen.port, app, threaded=True, request_handler=_Silent)
    except Misconfigured as trouble:
        click.echo(f"glycelia: {trouble}", err=True)
        return 2
    except OSError as trouble:
        click.echo(f"glycelia: cannot start: {trouble.strerror or trouble}.", err=True)
        return 1
    signal.signal(signal.SIGTERM, _stop)
    click.echo(f"Glycélia: {chosen.public_url}/")
    # It returns on KeyboardInterrupt, and closes itself.
    server.serve_forever()
    return 0


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
