"""The addresses of the FHIR R4 facade at `/fhir`: documents in, documents and measures back."""

from __future__ import annotations

from flask import Blueprint, Response, request

from authz import settings
from authz.guard import mark
from authz.protocol import bearer
from connectors.fhir_api import capability, documents
from connectors.records import http, partners
from connectors.records.sniffing import EXTENSIONS

BASE = "/fhir"
RELEASED = "2026-11-24"
bp = Blueprint("fhir_api", __name__)


@bp.get(f"{BASE}/metadata")
@mark("public")
def metadata() -> Response:
    """Say what this server can do."""
    return http.answer(capability.statement(settings.current(), base=partners.address(BASE), date=RELEASED))


@bp.post(f"{BASE}/DocumentReference")
@mark("bearer")
def deposit() -> Response:
    """Take one document with its file inline."""
    access = bearer.require()
    http.check_accept()
    http.check_json_body()
    raw = http.read_body(documents.max_body())
    base = partners.address(BASE)
    document_id, kept = documents.deposit(access, raw, key=request.headers.get("Idempotency-Key"), base=base)
    headers = {"Location": f"{base}/DocumentReference/{document_id}", "ETag": 'W/"1"'}
    return http.answer(kept, 201, headers)


@bp.get(f"{BASE}/DocumentReference/<document_id>")
@mark("bearer")
def read_document(document_id: str) -> Response:
    """Read back what the app deposited."""
    access = bearer.require()
    return http.answer(partners.read_document(access, document_id, base=partners.address(BASE)))


@bp.get(f"{BASE}/Binary/<document_id>")
@mark("bearer")
def read_binary(document_id: str) -> Response:
    """Read back the bytes of what the app deposited."""
    document, content = partners.read_binary(bearer.require(), document_id)
    name = f"{document_id}.{EXTENSIONS[document.mime]}"
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, 200, headers, mimetype=document.mime)


@bp.get(f"{BASE}/Observation/<measure_id>")
@mark("bearer")
def read_observation(measure_id: str) -> Response:
    """Read one measure."""
    access = bearer.require()
    return http.answer(partners.read_observation(access, measure_id))


@bp.get(f"{BASE}/Observation")
@mark("bearer")
def search() -> Response:
    """Search measures of one code, as in the French interface."""
    access = bearer.require()
    http.check_accept()
    return http.answer(partners.search(access, partners.read_query(request.args), base=partners.address(BASE)))
