"""One push of the French measures interface, after its token was checked: read, judge, keep once, answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from authz import clock
from authz.protocol.bearer import Access
from connectors.measures_api.dialect import read_bundle
from connectors.records import identities, receipts, writing
from connectors.records.contract import Put
from connectors.records.fhir_mapping import shapes
from connectors.records.fhir_mapping.observations import read_observation
from connectors.records.http import NoBundle
from connectors.records.json_text import read_object
from connectors.records.subjects import check_id_token, check_subject

MAX_BYTES = 65_536


def push(access: Access, raw: bytes, *, key: str | None, id_token: str | None) -> dict[str, Any]:
    """Keep the bundle's measure and return the transaction response; a repeat gets the first answer."""
    if not raw.strip():
        raise NoBundle()
    parts = read_bundle(read_object(raw))
    new = read_observation(parts.observation, now=clock.now(), oid=access.client_oid)
    system, value = shapes.subject(parts.observation) or ("", "")
    check_id_token(access, id_token, value)
    check_subject(access, system, value)
    writing.check_measure_consent(access, new.code, new.resource)
    receipts.claim(writing.origin_of(access), key, b"/measures/fhir\n" + raw)
    put = writing.keep_measure(access, replace(new, device=parts.device))
    writing.note_received(access)
    return _response(put, parts.order)


def _response(put: Put, order: tuple[str, ...]) -> dict[str, Any]:
    entries = {
        "Observation": _entry("201 Created", "Observation", put.id),
        "Device": _entry("201 Created" if put.device_created else "200 OK", "Device", put.device_id or ""),
    }
    return {"resourceType": "Bundle", "type": "transaction-response", "entry": [entries[name] for name in order]}


def _entry(status: str, name: str, row_id: str) -> dict[str, Any]:
    location = f"{name}/{identities.shown(row_id)}"
    return {"response": {"status": status, "location": location, "etag": 'W/"1"'}}
