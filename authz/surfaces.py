"""In which dialect a refusal is told, by the path it happened on: OAuth JSON, FHIR outcome, or a page.

Each package registers its paths and one renderer; nobody else writes an error body. The longest prefix wins, and the
empty prefix is the patient's pages.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, current_app, request
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException

from authz import db, logs
from authz.errors import Refusal

Renderer = Callable[[Refusal], Response]
_log = logs.get(__name__)


class HttpRefusal(Refusal):
    """A refusal that the web framework made: unknown path, wrong method, too large a body."""

    def __init__(self, error: HTTPException) -> None:
        super().__init__(error.name + ".", reason=type(error).__name__)
        self.status = error.code or 500
        self.code = "server_error" if self.status >= 500 else "invalid_request"
        self.headers = [pair for pair in error.get_headers() if pair[0] in ("Allow", "Retry-After")]


def register(app: Flask, prefix: str, renderer: Renderer) -> None:
    """Have refusals under a path told by this renderer."""
    app.extensions.setdefault("surfaces", {})[prefix] = renderer


def install(app: Flask) -> None:
    """Route every refusal and every fault to its renderer."""
    app.register_error_handler(Refusal, refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_error_handler(Exception, _fault)


def refuse(refusal: Refusal) -> Response:
    """Tell a refusal in the dialect of the path at work; what was written before it is kept."""
    _log.info("refused", extra={"code": refusal.code, "refusal": type(refusal).__name__, "reason": refusal.reason})
    if request_ctx.url_adapter is None:
        # The Host header names no host: no address of ours can be built, so no page either.
        return Response(refusal.description, refusal.status, mimetype="text/plain")
    surfaces: dict[str, Renderer] = current_app.extensions["surfaces"]
    prefix = max((known for known in surfaces if request.path.startswith(known)), key=len)
    return surfaces[prefix](refusal)


def _refuse_http(error: HTTPException) -> Response:
    refusal = HttpRefusal(error)
    response = refuse(refusal)
    response.headers.extend(refusal.headers)
    return response


def _fault(error: Exception) -> Response:
    db.abandon()
    _log.error("fault", exc_info=error, extra={"method": request.method, "endpoint": request.endpoint})
    refusal = Refusal("The server failed; nothing was changed.")
    refusal.code, refusal.status = "server_error", 500
    return refuse(refusal)
