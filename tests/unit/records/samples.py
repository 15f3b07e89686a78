"""Bundles and documents as partners send them, to be sent as they are or spoiled in one place."""

from __future__ import annotations

import base64
import copy
import hashlib
from datetime import UTC, datetime
from typing import Any

from connectors.records import codes
from connectors.records.codes import LOINC, TAASIP

NOW = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)
OID = "1.2.250.1.999.7"
AUTHORITY = "urn:oid:1.2.250.1.999.1.1"
PROFILE = "https://fhir.monespacesante.fr/ref/mesure/StructureDefinition/mes-observation-"
EXTENSION = "https://interop.esante.gouv.fr/ig/fhir/mesures/StructureDefinition/mesures-"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def days(code: str = "GEN-276", text: str = "") -> dict[str, Any]:
    """Return the extension that says over how many days."""
    concept: dict[str, Any] = {"coding": [{"system": TAASIP, "code": code}]}
    return {"url": f"{EXTENSION}number-of-days", "valueCodeableConcept": concept | ({"text": text} if text else {})}


def moment(code: str = "53049-3") -> dict[str, Any]:
    """Return the extension that says at which moment of the day."""
    concept = {"coding": [{"system": LOINC, "code": code}]}
    return {"url": f"{EXTENSION}moment-of-measurement", "valueCodeableConcept": concept}


def comment(text: str) -> dict[str, Any]:
    """Return the extension that carries a comment."""
    return {"url": f"{EXTENSION}reason-for-measurement", "valueString": text}


def observation(patient: str = "subject-1", **changes: Any) -> dict[str, Any]:
    """Return a mean interstitial glucose of 97 mg/dL over 14 days, with elements changed or, given None, removed."""
    found: dict[str, Any] = {
        "resourceType": "Observation",
        "meta": {"profile": [f"{PROFILE}glucose"]},
        "extension": [days()],
        "status": "final",
        "category": [
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}
                ]
            }
        ],
        "code": {"coding": [{"system": TAASIP, "code": codes.INTERSTITIAL}]},
        "subject": {"identifier": {"system": AUTHORITY, "value": patient}},
        "effectiveDateTime": "2026-03-18T08:10:00+01:00",
        "valueQuantity": {"value": 97, "unit": "mg/dL", "system": codes.UCUM, "code": "mg/dL"},
    }
    found |= changes
    return {name: value for name, value in found.items() if value is not None}


def simple(key: str, value: float, patient: str = "subject-1", **changes: Any) -> dict[str, Any]:
    """Return an observation of any kind that has one value and no mandatory extension."""
    kind = next(kind for kind in codes.KINDS if kind.key == key)
    quantity = {"value": value, "unit": kind.unit, "system": codes.UCUM, "code": kind.unit}
    return observation(
        patient,
        **{
            "meta": {"profile": [f"{PROFILE}{kind.profile}"]},
            "extension": None,
            "code": {"coding": [{"system": kind.system, "code": kind.code}]},
            "valueQuantity": quantity,
        }
        | changes,
    )


def pressure(
    systolic: float = 118, diastolic: float = 76, patient: str = "subject-1", **changes: Any
) -> dict[str, Any]:
    """Return a blood pressure."""
    parts = ((codes.SYSTOLIC, systolic), (codes.DIASTOLIC, diastolic))
    component = [
        {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueQuantity": {"value": value, "code": "mm[Hg]"}}
        for code, value in parts
    ]
    return simple("blood_pressure", 0, patient, **{"valueQuantity": None, "component": component} | changes)


def device(identifier: str = "SN-0042") -> dict[str, Any]:
    """Return the entry of a device."""
    return {
        "fullUrl": "urn:uuid:7c0dcd0e-0000-4000-8000-000000000002",
        "resource": {
            "resourceType": "Device",
            "id": "sensor-1",
            "meta": {"profile": ["http://hl7.org/fhir/uv/phd/StructureDefinition/PhdDevice"]},
            "type": {"coding": [{"system": "urn:iso:std:iso:11073:10101", "code": "65573"}]},
        },
        "request": {"method": "POST", "url": "Device", "ifNoneExist": f"identifier=urn:oid:{OID}.1|{identifier}"},
    }


def bundle(resource: dict[str, Any] | None = None, *, with_device: bool = False) -> dict[str, Any]:
    """Return a transaction bundle of an observation, and of its device if asked."""
    resource = copy.deepcopy(resource if resource is not None else observation())
    entries = [
        {
            "fullUrl": "urn:uuid:7c0dcd0e-0000-4000-8000-000000000001",
            "resource": resource,
            "request": {"method": "POST", "url": "Observation"},
        }
    ]
    if with_device:
        resource["device"] = {"reference": "Device/sensor-1"}
        entries.append(device())
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def attachment(content: bytes = PDF, mime: str = "application/pdf", **changes: Any) -> dict[str, Any]:
    """Return an attachment with its file inline."""
    found: dict[str, Any] = {
        "contentType": mime,
        "data": base64.b64encode(content).decode(),
        "size": len(content),
        "hash": base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode(),
        "title": "Rapport de glucose",
        "creation": "2026-03-18T08:10:00+01:00",
    } | changes
    return {name: value for name, value in found.items() if value is not None}


def document(patient: str = "subject-1", *, file: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return a document of the summary category."""
    found: dict[str, Any] = {
        "resourceType": "DocumentReference",
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": "report-1"},
        "status": "current",
        "category": [{"coding": [{"system": "urn:appairage:document-category", "code": "SYNTHESE"}]}],
        "subject": {"identifier": {"system": AUTHORITY, "value": patient}},
        "securityLabel": [{"coding": [{"code": "N"}]}],
        "content": [{"attachment": file if file is not None else attachment()}],
    } | changes
    return {name: value for name, value in found.items() if value is not None}
