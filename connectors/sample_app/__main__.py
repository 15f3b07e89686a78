"""Running the sample partner: `python -m connectors.sample_app --help`."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

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
        sys.stderr.write(f"glycelia: {trouble}\n")
        return 2
    except OSError as trouble:
        sys.stderr.write(f"glycelia: cannot start: {trouble.strerror or trouble}.\n")
        return 1
    signal.signal(signal.SIGTERM, _stop)
    sys.stdout.write(f"Glycélia: {chosen.public_url}/\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    finally:
        server.server_close()
    return 0


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
