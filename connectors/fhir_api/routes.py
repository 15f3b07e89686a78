"""The addresses of the FHIR R4 facade at `/fhir`: documents in; documents, measures and the patient back."""

from __future__ import annotations

from flask import Blueprint, Response, request

from authz import settings
from authz.guard import mark
from authz.protocol import bearer
from connectors.fhir_api import capability, documents, measures, people, reads
from connectors.fhir_api.searching import read_query
from connectors.records import http, partners
from connectors.records.outcomes import NotFound
from connectors.records.sniffing import EXTENSIONS

BASE = "/fhir"
RELEASED = "2026-11-24"
KINDS = {"Observation": reads.observations, "DocumentReference": reads.documents, "Patient": reads.patients}
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


@bp.get(f"{BASE}/DocumentReference")
@mark("bearer")
def search_documents() -> Response:
    """Search the documents that the app may read."""
    return _answer_search("DocumentReference")


@bp.get(f"{BASE}/DocumentReference/<document_id>")
@mark("bearer")
def read_document(document_id: str) -> Response:
    """Read one document, without its bytes."""
    return http.answer(reads.document(bearer.require(), document_id))


@bp.get(f"{BASE}/Binary/<document_id>")
@mark("bearer")
def read_binary(document_id: str) -> Response:
    """Read the bytes of one document."""
    document, content = reads.binary(bearer.require(), document_id)
    name = f"{document_id}.{EXTENSIONS[document.mime]}"
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, 200, headers, mimetype=document.mime)


@bp.post(f"{BASE}/Observation")
@mark("bearer")
def add_observation() -> Response:
    """Take one measure."""
    access = bearer.require()
    http.check_accept()
    http.check_json_body()
    raw = http.read_body(measures.MAX_BYTES)
    measure_id, kept = measures.add(access, raw, key=request.headers.get("Idempotency-Key"))
    headers = {"Location": f"{partners.address(BASE)}/Observation/{measure_id}", "ETag": 'W/"1"'}
    return http.answer(kept, 201, headers)


@bp.get(f"{BASE}/Observation/<measure_id>")
@mark("bearer")
def read_observation(measure_id: str) -> Response:
    """Read one measure."""
    return http.answer(reads.observation(bearer.require(), measure_id))


@bp.get(f"{BASE}/Observation")
@mark("bearer")
def search() -> Response:
    """Search the measures that the app may read."""
    return _answer_search("Observation")


@bp.get(f"{BASE}/Device/<device_id>")
@mark("bearer")
def read_device(device_id: str) -> Response:
    """Read one object that measured."""
    return http.answer(reads.device(bearer.require(), device_id))


@bp.get(f"{BASE}/Patient/<patient_id>")
@mark("bearer")
def read_patient(patient_id: str) -> Response:
    """Read the patient of the token."""
    return http.answer(people.read_patient(bearer.require(), patient_id))


@bp.get(f"{BASE}/Patient")
@mark("bearer")
def search_patients() -> Response:
    """Search for the patient of the token."""
    return _answer_search("Patient")


@bp.get(f"{BASE}/RelatedPerson/<person_id>")
@mark("bearer")
def read_related(person_id: str) -> Response:
    """Read who acts for the patient of the token."""
    return http.answer(people.read_related(bearer.require(), person_id))


@bp.post(f"{BASE}/<kind>/_search")
@mark("bearer")
def search_by_form(kind: str) -> Response:
    """Answer a search whose parameters come in a form (FHIR R4 §3.1.1.1): no address then says what is sought."""
    return _answer_search(kind)


def _answer_search(kind: str) -> Response:
    access = bearer.require()
    http.check_accept()
    if kind not in KINDS:
        raise NotFound(reason=kind)
    if request.method == "POST":
        http.check_form()
    return http.answer(KINDS[kind](access, read_query(kind, request.values.to_dict(flat=False))))
