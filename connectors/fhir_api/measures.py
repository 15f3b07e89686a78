"""Adding one measure as a FHIR Observation by itself; the rules are those of the French interface."""

from __future__ import annotations

from typing import Any

from authz import clock
from authz.protocol.bearer import Access
from connectors.fhir_api import reads
from connectors.records import codes, identities, outcomes, reading, receipts, writing
from connectors.records.fhir_mapping import rendering, shapes
from connectors.records.fhir_mapping.extensions import MES
from connectors.records.fhir_mapping.observations import read_observation
from connectors.records.json_text import read_object
from connectors.records.outcomes import Invalid, Issue, NotFound
from connectors.records.subjects import check_subject, subject_of

MAX_BYTES = 65_536


def add(access: Access, raw: bytes, *, key: str | None) -> tuple[str, dict[str, Any]]:
    """Keep a measure and return its id and its Observation; a repeat gets the first answer."""
    resource = _completed(access, read_object(raw))
    new = read_observation(resource, now=clock.now(), oid=access.client_oid)
    writing.check_measure_consent(access, new.code, new.resource)
    receipts.claim(writing.origin_of(access), key, b"/fhir/Observation\n" + raw)
    put = writing.keep_measure(access, new)
    writing.note_received(access)
    kept = reading.store().find_measure(access.profile_id, put.id)
    if kept is None:
        raise NotFound("This measure was removed from the space.")
    return identities.shown(put.id), reads.about(access, rendering.observation(kept, subject_of(access)))


def _completed(access: Access, resource: dict[str, Any]) -> dict[str, Any]:
    """Return an Observation with what the rules want and the token or its code says already."""
    if resource.get("resourceType") != "Observation":
        raise _invalid("resourceType must be Observation.", "invalid", "resourceType")
    if "device" in resource:
        raise _invalid(
            "device cannot be named here; push it with the measure to /measures/fhir.", "not-supported", "device"
        )
    if named := shapes.subject(resource):
        check_subject(access, *named)
    subject = shapes.child(resource, "subject")
    if "reference" in subject:
        reads.check_patient(access, shapes.text(subject, "reference"))
        resource["subject"] = subject | {"identifier": subject_of(access)}
    kinds = [codes.find_kind(code, system) for system, code in shapes.codings(resource, "code") if system and code]
    kind = next(filter(None, kinds), None)
    if kind and not shapes.texts(shapes.child(resource, "meta"), "profile"):
        profile = f"{MES}mes-observation-{kind.profile}"
        resource["meta"] = shapes.child(resource, "meta") | {"profile": [profile]}
    return resource


def _invalid(text: str, code: str, at: str) -> Invalid:
    return Invalid(outcomes.OBSERVATION, [Issue(text, code, f"Observation.{at}")])
