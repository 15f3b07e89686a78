"""What the partner description says of the FHIR facade, the French measures interface and the connectors."""

from __future__ import annotations

from flask import Flask

from authz import openapi
from authz.openapi import TEXT, Media, Operation, Schema, record, ref
from connectors.records.sniffing import EXTENSIONS

FHIR, JSON, FORM = "application/fhir+json", "application/json", "application/x-www-form-urlencoded"
KEY: Schema = {"type": "string", "pattern": "^[!-~]{1,255}$"}
SENT: dict[str, Schema] = {"Idempotency-Key": KEY, "DPoP": TEXT}
READS: dict[str, Schema] = {"DPoP": TEXT}
ANY: Schema = {"type": "object"}
ID: dict[str, Schema] = {"document_id": {"type": "string", "minLength": 1}}
ADDRESS: Schema = {"type": "string", "format": "uri"}
SEARCHED: dict[str, Schema] = {
    "code": TEXT | {"examples": ["MED-969"]},
    "subject.identifier": {"type": "string", "pattern": r"^[^|]+\|[^|]+$"},
    "date": {"type": "array", "items": {"type": "string", "pattern": "^(ge|gt|le|lt)"}, "maxItems": 2},
    "_sort": {"const": "-date"},
    "_count": {"type": "string", "pattern": "^[1-9][0-9]?$|^100$"},
    "_offset": {"type": "string", "pattern": "^[0-9]{1,6}$"},
    "_include": {"const": "Observation:device"},
    "_format": TEXT,
}


def _resource(
    kind: str, required: dict[str, Schema] | None = None, optional: dict[str, Schema] | None = None
) -> Schema:
    return record({"resourceType": {"const": kind}} | (required or {}), optional)


def _list(item: Schema, least: int = 0) -> Schema:
    return {"type": "array", "items": item, "minItems": least}


_CONCEPT = record({"coding": _list(record({"code": TEXT}, {"system": TEXT, "display": TEXT}), 1)})
_SUBJECT = record({"identifier": record({"system": TEXT, "value": TEXT})})
_ATTACHMENT = record({"contentType": TEXT}, {"data": TEXT, "url": ADDRESS, "size": {"type": "integer"}, "hash": TEXT,
                                             "title": TEXT, "creation": TEXT})  # fmt: skip
_DOCUMENT: dict[str, Schema] = {
    "status": {"const": "current"}, "category": _list(_CONCEPT, 1),
    "content": _list(record({"attachment": _ATTACHMENT}), 1),
}  # fmt: skip
_KEPT: dict[str, Schema] = {"id": TEXT, "meta": ANY, "subject": _SUBJECT}
_ENTRY = record({"request": record({"method": {"const": "POST"}, "url": {"enum": ["Observation", "Device"]}}),
                 "resource": ANY}, {"fullUrl": TEXT})  # fmt: skip
_DONE = record({"response": record({"status": TEXT, "location": TEXT}, {"etag": TEXT})})
_FOUND = record({"fullUrl": ADDRESS, "resource": ANY, "search": record({"mode": TEXT})})
_ITEM = record({"kind": {"enum": ["measure", "document"]}, "status": {"enum": ["created", "existing", "refused"]}},
               {"code": TEXT, "reason": TEXT, "id": TEXT, "location": ADDRESS})  # fmt: skip
SCHEMAS: dict[str, Schema] = {
    "OperationOutcome": _resource("OperationOutcome", {
        "issue": _list(record({"severity": TEXT, "code": TEXT, "diagnostics": TEXT}, {"details": ANY}), 1),
    }),
    "CapabilityStatement": _resource("CapabilityStatement", {
        "status": TEXT, "date": TEXT, "kind": TEXT, "fhirVersion": {"const": "4.0.1"}, "format": _list(TEXT, 1),
        "rest": _list(ANY, 1),
    }),
    "Observation": _resource("Observation", {"status": TEXT, "code": _CONCEPT, "effectiveDateTime": TEXT} | _KEPT,
                             {"valueQuantity": ANY, "component": _list(ANY)}),
    "ObservationToAdd": _resource("Observation", {
        "status": TEXT, "category": _list(_CONCEPT, 1), "code": _CONCEPT, "effectiveDateTime": TEXT, "subject": ANY,
    }, {"valueQuantity": ANY, "component": _list(ANY)}),
    "DocumentToAdd": _resource("DocumentReference", _DOCUMENT,
                               {"subject": _SUBJECT, "masterIdentifier": ANY}),
    "Document": _resource("DocumentReference", _DOCUMENT | _KEPT, {"masterIdentifier": ANY}),
    "MeasureToAdd": _resource("Bundle", {"type": {"const": "transaction"}, "entry": _list(_ENTRY, 1)}),
    "MeasureAdded": _resource("Bundle", {"type": {"const": "transaction-response"}, "entry": _list(_DONE, 1)}),
    "Measures": _resource("Bundle", {
        "type": {"const": "searchset"}, "total": {"type": "integer"}, "entry": _list(_FOUND),
        "link": _list(record({"relation": TEXT, "url": ADDRESS})),
    }),
    "Found": _resource("Bundle", {
        "type": {"const": "searchset"}, "total": {"type": "integer"},
        "link": _list(record({"relation": TEXT, "url": ADDRESS})),
    }, {"entry": _list(_FOUND, 1)}),
    "Patient": _resource("Patient", {"id": TEXT, "identifier": _list(ANY, 1)}, {"name": _list(ANY), "birthDate": TEXT}),
    "RelatedPerson": _resource("RelatedPerson", {"id": TEXT, "patient": ANY}),
    "MeasuringDevice": _resource("Device", {"id": TEXT, "identifier": _list(ANY, 1)}),
    "Taken": record({"connector": TEXT, "readings": {"type": "integer"}, "items": _list(_ITEM),
                     "summary": ANY, "rejected": _list(ANY)}),
}  # fmt: skip


def install(app: Flask) -> None:
    """Describe the connectors' addresses."""
    openapi.describe(app, OPERATIONS, SCHEMAS)


def _answers(status: int, schema: str, *refusals: int) -> dict[int, Media]:
    outcome: Media = dict.fromkeys((FHIR, JSON), ref("OperationOutcome"))
    given: Media = dict.fromkeys((FHIR, JSON), ref(schema))
    return {status: given} | dict.fromkeys((400, 401, 403, *refusals), outcome)


_SEARCH = Operation("Search measures of one code, all or the last one", _answers(200, "Measures", 406, 422),
                    query=SEARCHED, headers=READS, required=("code", "subject.identifier"))  # fmt: skip
_TOKENS: Schema = {"type": "string", "pattern": r"^[^|,]+(\|[^|,]+)?$"}
_ABOUT: dict[str, Schema] = {
    "patient": TEXT, "subject": TEXT, "category": _TOKENS, "_id": TEXT, "date": TEXT | {"examples": ["ge2026-01"]},
    "_count": SEARCHED["_offset"], "_offset": SEARCHED["_offset"], "_format": TEXT,
}  # fmt: skip
_ADDING = (406, 409, 413, 415, 422)
OPERATIONS: dict[tuple[str, str], Operation] = {
    ("fhir_api.metadata", "GET"): Operation("What this FHIR server can do", _answers(200, "CapabilityStatement")),
    ("fhir_api.deposit", "POST"): Operation(
        "Add a document", _answers(201, "Document", 404, *_ADDING), headers=SENT, body={FHIR: ref("DocumentToAdd")}
    ),
    ("fhir_api.read_document", "GET"): Operation(
        "Read a document", _answers(200, "Document", 404), path=ID, headers=READS
    ),
    ("fhir_api.read_binary", "GET"): Operation(
        "Read its bytes", _answers(200, "Document", 404) | {200: dict.fromkeys(EXTENSIONS, TEXT)},
        path=ID, headers=READS,
    ),
    ("fhir_api.read_observation", "GET"): Operation(
        "Read a measure", _answers(200, "Observation", 404), path={"measure_id": ID["document_id"]}, headers=READS
    ),
    ("fhir_api.add_observation", "POST"): Operation(
        "Add a measure", _answers(201, "Observation", 404, *_ADDING), headers=SENT, body={FHIR: ref("ObservationToAdd")}
    ),
    ("fhir_api.search", "GET"): Operation(
        "Search measures", _answers(200, "Found", 406, 422), headers=READS,
        query=_ABOUT | {"code": _TOKENS, "_sort": {"const": "-date"}, "_include": SEARCHED["_include"]} | {
            "subject.identifier": SEARCHED["subject.identifier"]
        },
    ),
    ("fhir_api.search_documents", "GET"): Operation(
        "Search documents", _answers(200, "Found", 406, 422), query=_ABOUT | {"status": TEXT}, headers=READS
    ),
    ("fhir_api.search_patients", "GET"): Operation(
        "Search for the token's patient", _answers(200, "Found", 406), headers=READS,
        query={"_id": TEXT, "identifier": TEXT, "_format": TEXT},
    ),
    ("fhir_api.search_by_form", "POST"): Operation(
        "Search by a form", _answers(200, "Found", 404, 406, 415, 422), headers=READS,
        path={"kind": {"enum": ["Observation", "DocumentReference", "Patient"]}},
        body={FORM: {"type": "object", "properties": _ABOUT | {"code": _TOKENS, "status": TEXT, "identifier": TEXT}}},
    ),
    ("fhir_api.read_patient", "GET"): Operation(
        "Read the token's patient", _answers(200, "Patient", 404), path={"patient_id": ID["document_id"]}, headers=READS
    ),
    ("fhir_api.read_related", "GET"): Operation(
        "Read who acts for the patient", _answers(200, "RelatedPerson", 404), path={"person_id": ID["document_id"]},
        headers=READS,
    ),
    ("fhir_api.read_device", "GET"): Operation(
        "Read what measured", _answers(200, "MeasuringDevice", 404), path={"device_id": ID["document_id"]},
        headers=READS,
    ),
    ("measures_api.write", "POST"): Operation(
        "Push a measure (French measures interface §2.2)", _answers(200, "MeasureAdded", *_ADDING),
        headers=SENT | {"ID_TOKEN": TEXT}, body={FHIR: ref("MeasureToAdd")},
    ),
    ("measures_api.search", "GET"): _SEARCH,
    ("intake.accept", "POST"): Operation(
        "Push an export of an app, as it is",
        _answers(200, "Taken", 404, 409, 413, 415, 422) | {200: {JSON: ref("Taken")}},
        path={"name": TEXT}, query={"zone": TEXT, "lang": {"enum": ["fr", "en"]}}, headers=SENT | {"X-Time-Zone": TEXT},
        body=dict.fromkeys(("text/csv", "application/octet-stream"), TEXT),
    ),
}  # fmt: skip
