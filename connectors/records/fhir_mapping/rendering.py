"""Measures, devices and pages of them as FHIR R4: what readers get, whoever wrote it.

Pure. The subject is always named as the reader knows the patient, never as the writer did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.records import codes, identities
from connectors.records.contract import Device, Measure, NewMeasure
from connectors.records.fhir_mapping.dates import shown
from connectors.records.fhir_mapping.extensions import MES, days_coding

VITAL_SIGNS = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]
}


def observation(measure: Measure, subject: Mapping[str, str]) -> dict[str, Any]:
    """Write a measure as an Observation about the subject as this reader knows it."""
    kept = dict(measure.resource)
    meta = dict(kept.pop("meta", {}))
    # A comment may be meant for one app's user; the identifier is the writer's own: both are part of what was sent.
    found: dict[str, Any] = {
        "resourceType": "Observation",
        "id": identities.shown(measure.id),
        "meta": {"versionId": "1", "lastUpdated": shown(measure.created_at), "source": measure.source} | meta,
        **kept,
        "subject": {"identifier": dict(subject)},
    }
    if measure.device_id:
        found["device"] = {"reference": f"Device/{identities.shown(measure.device_id)}"}
    return found


def device(found: Device) -> dict[str, Any]:
    """Write a device."""
    kept = dict(found.resource)
    meta = dict(kept.pop("meta", {}))
    return {
        "resourceType": "Device",
        "id": identities.shown(found.id),
        "meta": {"versionId": "1", "lastUpdated": shown(found.created_at)} | meta,
        "identifier": [{"system": found.system, "value": found.value}],
        **kept,
    }


def elements(new: NewMeasure) -> dict[str, Any]:
    """Write the elements of a measure that did not come as FHIR, from an export file or worked out here."""
    kind = codes.get_kind(new.code)
    built: dict[str, Any] = {
        "meta": {"profile": [f"{MES}mes-observation-{kind.profile}"]},
        "status": "final",
        "category": [VITAL_SIGNS],
        "code": {"coding": [{"system": kind.system, "code": kind.code, "display": kind.display}]},
        "effectiveDateTime": new.effective_text,
    }
    if new.value is not None:
        built["valueQuantity"] = quantity(new.value, kind.unit)
    if kind.needs == "days":
        extension = {"url": f"{MES}mes-number-of-days", "valueCodeableConcept": days_coding(new.days)}
        built["extension"] = [extension]
    return built


def quantity(value: float, unit: str) -> dict[str, Any]:
    """Write a number with its UCUM unit."""
    return {"value": value, "unit": unit, "system": codes.UCUM, "code": unit}


def searchset(
    observations: Sequence[dict[str, Any]],
    devices: Sequence[dict[str, Any]],
    *,
    base: str,
    total: int,
    links: Mapping[str, str],
) -> dict[str, Any]:
    """Write one page of a search; devices are included beside the matches and not counted."""
    entries = [_entry(base, resource, "match") for resource in observations]
    entries += [_entry(base, resource, "include") for resource in devices]
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": total,
        "link": [{"relation": relation, "url": url} for relation, url in links.items()],
        "entry": entries,
    }


def _entry(base: str, resource: dict[str, Any], mode: str) -> dict[str, Any]:
    address = f"{base}/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": address, "resource": resource, "search": {"mode": mode}}
