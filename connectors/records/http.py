"""How FHIR doors read requests and write answers: media types, size limits, OperationOutcome for every refusal.

The doors themselves (`measures_api`, `fhir_api`, `intake`) are above; they share this because they may not share each
other.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from authz import db, logs
from authz.errors import Refusal
from authz.guard import mark
from connectors.records.outcomes import Unreadable, outcome_of, outcome_of_status

FHIR_JSON, JSON = "application/fhir+json", "application/json"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_log = logs.get(__name__)


class WrongMedia(Refusal):
    """The body is of a type this door does not read."""

    code = "unsupported_media_type"
    status = 415
    description = "The body must be application/fhir+json or application/json."


class NotAcceptable(Refusal):
    """The reader accepts only types this door does not write."""

    code = "not_acceptable"
    status = 406
    description = "Answers are application/fhir+json or application/json."


def read_body(max_bytes: int) -> bytes:
    """Return the body, no larger than allowed and not compressed."""
    request.max_content_length = max_bytes
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise WrongMedia("The body must not be compressed.")
    return request.get_data(cache=False)


def check_json_body() -> None:
    """Refuse a body that does not say it is JSON."""
    if request.mimetype not in (FHIR_JSON, JSON):
        raise WrongMedia()


def check_accept() -> None:
    """Refuse a reader who takes no JSON, before anything is done for it."""
    if request.accept_mimetypes and not request.accept_mimetypes.best_match([FHIR_JSON, JSON]):
        raise NotAcceptable()


def answer(content: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Write JSON as the reader prefers to call it; personal, so never kept by a cache."""
    mime = request.accept_mimetypes.best_match([FHIR_JSON, JSON]) or FHIR_JSON
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Response(body, status, {"Cache-Control": "no-store", **(headers or {})}, mimetype=mime)


def install(bp: Blueprint, *prefixes: str) -> None:
    """Make every refusal below these addresses an OperationOutcome, also for addresses and methods that are not."""
    bp.register_error_handler(Refusal, _on_refusal)
    bp.register_error_handler(HTTPException, _on_http)
    bp.register_error_handler(500, _on_fault)
    for place, prefix in enumerate(prefixes):
        bp.add_url_rule(f"{prefix}/<path:rest>", f"nowhere_{place}", _nowhere, methods=METHODS)


def refuse_methods(bp: Blueprint, rule: str, *allowed: str) -> None:
    """Answer the methods an address does not have with an OperationOutcome."""
    others = [method for method in METHODS if method not in allowed]
    bp.add_url_rule(rule, f"not_{rule}".replace("/", "_").replace(".", "_"), _refuse_method(allowed), methods=others)


def _refuse_method(allowed: tuple[str, ...]) -> Callable[..., Response]:
    @mark("public")
    def unsupported(**_parts: str) -> Response:
        content = outcome_of_status(405, "This method is not supported here.")
        return answer(content, 405, {"Allow": ", ".join(allowed)})

    return unsupported


@mark("public")
def _nowhere(rest: str) -> Response:
    return answer(outcome_of_status(404, "There is nothing at this address."), 404)


def _on_refusal(refusal: Refusal) -> Response:
    _log.info("refused", extra={"code": refusal.code, "reason": refusal.reason})
    return answer(outcome_of(refusal), refusal.status)


def _on_http(error: HTTPException) -> Response:
    status = error.code or 500
    text = "The body is too large." if status == 413 else error.name + "."
    return answer(outcome_of_status(status, text), status)


def _on_fault(_error: Exception) -> Response:
    db.abandon()
    return answer(outcome_of_status(500, "The server failed; nothing was kept."), 500)


class NoBody(Unreadable):
    """There is no body at all."""

    code = "no_body"
    description = "No bundle provided."
