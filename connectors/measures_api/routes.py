"""The addresses of the French measures interface V1.5.2: POST a bundle to the base, GET `Observation` to search."""

from __future__ import annotations

from flask import Blueprint, Response, request

from authz.guard import mark
from authz.protocol import bearer
from connectors.measures_api import pushing
from connectors.records import http, partners
from connectors.records.subjects import check_id_token

BASE = "/measures/fhir"
bp = Blueprint("measures_api", __name__)


@bp.post(BASE, strict_slashes=False)
@mark("bearer")
def write() -> Response:
    """Take one measure (§2.2)."""
    access = bearer.require()
    http.check_accept()
    raw = http.read_body(pushing.MAX_BYTES)
    if raw.strip():
        http.check_json_body()
    headers = request.headers
    return http.answer(pushing.push(access, raw, key=headers.get("Idempotency-Key"), id_token=headers.get("ID_TOKEN")))


@bp.get(f"{BASE}/Observation")
@mark("bearer")
def search() -> Response:
    """Search measures of one code, all or the last one (§2.7)."""
    access = bearer.require()
    http.check_accept()
    asked = partners.read_query(request.args)
    check_id_token(access, request.headers.get("ID_TOKEN"), asked.subject[1])
    return http.answer(partners.search(access, asked, base=partners.address(BASE)))
