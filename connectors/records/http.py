"""How FHIR doors read requests and write answers: media types, size limits, OperationOutcome for every refusal.

The doors themselves (`measures_api`, `fhir_api`, `intake`) are above; they share this because they may not share each
other.
"""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Response, request
from werkzeug.datastructures import MIMEAccept

from authz.errors import Refusal
from authz.protocol import responses
from connectors.records.outcomes import Unreadable, outcome_of

FHIR_JSON, JSON = "application/fhir+json", "application/json"
FORM = "application/x-www-form-urlencoded"
VERSION = re.compile(r"fhirversion=\"?([0-9.]+)")  # FHIR R4 §3.1.0.1.13


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


class TooLarge(Refusal):
    """The body is larger than this door takes."""

    code = "too_large"
    status = 413
    description = "The body is too large."


class NoBundle(Unreadable):
    """There is no body at all."""

    code = "no_bundle"
    description = "No bundle provided."


def read_body(max_bytes: int) -> bytes:
    """Return the body, no larger than this door allows and not compressed."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise WrongMedia("The body must not be compressed.")
    if (request.content_length or 0) > max_bytes:
        raise TooLarge()
    raw = request.get_data(cache=False)
    # Sent in chunks, a body does not say its length; the server's own limit has stopped the worst.
    if len(raw) > max_bytes:
        raise TooLarge()
    return raw


def check_json_body() -> None:
    """Refuse a body that does not say it is JSON."""
    if request.mimetype not in (FHIR_JSON, JSON):
        raise WrongMedia()


def check_form() -> None:
    """Refuse a body that does not say it is a form."""
    if request.mimetype != FORM:
        raise WrongMedia(f"A search comes as {FORM}.")


def check_accept() -> None:
    """Refuse a reader who takes no JSON, before anything is done for it."""
    if request.accept_mimetypes and not _preferred():
        raise NotAcceptable()


def answer(content: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Write JSON as the reader prefers to call it; personal, so never kept by a cache."""
    mime = _preferred() or FHIR_JSON
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Response(body, status, {"Cache-Control": "no-store", **(headers or {})}, mimetype=mime)


def _preferred() -> str | None:
    """Return which name of JSON the reader prefers, whatever character set it adds, and if its FHIR is ours."""
    asked = [(_bare(value), quality) for value, quality in request.accept_mimetypes]
    return MIMEAccept(asked).best_match([FHIR_JSON, JSON])


def _bare(media_range: str) -> str:
    name, _, parameters = media_range.lower().partition(";")
    version = VERSION.search(parameters)
    return media_range if version and version[1] != "4.0" else name.strip()


def refuse(refusal: Refusal) -> Response:
    """Tell a refusal as an OperationOutcome, and as a challenge where the token or its link is at fault."""
    headers = {}
    if responses.is_challenged(refusal):
        headers["WWW-Authenticate"] = responses.challenge(refusal)
    if "wait" in refusal.params:
        headers["Retry-After"] = str(refusal.params["wait"])
    return answer(outcome_of(refusal), refusal.status, headers)
