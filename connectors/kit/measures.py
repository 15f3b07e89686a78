"""The transaction bundles of the French measures dialect 1.5.2: one measure, and the device that took it.

Pure: the same measure always gives the same bytes, so that a repeat can be recognised.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.kit.errors import Misconfigured

PROFILE = "https://fhir.monespacesante.fr/ref/mesure/StructureDefinition/mes-observation-"
EXTENSION = "https://interop.esante.gouv.fr/ig/fhir/mesures/StructureDefinition/mesures-"
TAASIP = "https://mos.esante.gouv.fr/NOS/TRE_R308-TAASIP/FHIR/TRE-R308-TAASIP"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
MDC = "urn:iso:std:iso:11073:10101"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
PHD_DEVICE = "http://hl7.org/fhir/uv/phd/StructureDefinition/PhdDevice"
PHD_IDENTIFIERS = "http://hl7.org/fhir/uv/phd/CodeSystem/ContinuaDeviceIdentifiers"
DAYS = {7: "GEN-275", 14: "GEN-276", 30: "GEN-277", 90: "GEN-278"}
OTHER_DAYS = "GEN-092"

Bundle = dict[str, Any]


@dataclass(frozen=True)
class Device:
    """The object that measured; `oid` is under the partner's own root, `kind` an ISO 11073 specialisation."""

    oid: str
    identifier: str
    kind: str
    manufacturer: str = ""
    model: str = ""


CGM, SCALE, CUFF = "528409", "528399", "528391"


@dataclass(frozen=True)
class Taken:
    """The circumstances every measure shares: of whom, when, by what."""

    subject: str
    subject_system: str
    at: datetime
    device: Device | None = None
    comment: str = ""
    source: str = ""


def mean_glucose(taken: Taken, *, mg_dl: float, days: int) -> Bundle:
    """Write the mean interstitial glucose over some days (MED-969)."""
    return _glucose(taken, ("MED-969", "Glucose interstitiel"), _quantity(mg_dl, "mg/dL"), days)


def gmi(taken: Taken, *, percent: float, days: int) -> Bundle:
    """Write the glucose management indicator over some days (MED-972)."""
    return _glucose(taken, ("MED-972", "IGG"), _quantity(percent, "%"), days)


def weight(taken: Taken, *, kg: float) -> Bundle:
    """Write a body weight."""
    return _bundle(taken, _observation(taken, "bodyweight", (LOINC, "29463-7", "Body weight"), _quantity(kg, "kg")))


def blood_pressure(taken: Taken, *, systolic: float, diastolic: float) -> Bundle:
    """Write a blood pressure, whose two values are components."""
    parts = (("8480-6", "Systolic blood pressure", systolic), ("8462-4", "Diastolic blood pressure", diastolic))
    components = [
        {"code": _concept(LOINC, code, display), **_quantity(value, "mm[Hg]")} for code, display, value in parts
    ]
    panel = (LOINC, "85354-9", "Blood pressure panel")
    return _bundle(taken, _observation(taken, "bp", panel, {"component": components}))


def steps(taken: Taken, *, count: int) -> Bundle:
    """Write the steps of a day."""
    value = {"valueQuantity": {"value": count, "unit": "steps/day", "system": UCUM, "code": "1/(24.h)"}}
    return _bundle(taken, _observation(taken, "stepsbyday", (LOINC, "41950-7", "Number of steps in 24 hour"), value))


def _glucose(taken: Taken, code: tuple[str, str], value: dict[str, Any], days: int) -> Bundle:
    observation = _observation(taken, "glucose", (TAASIP, *code), value)
    number = _concept(TAASIP, DAYS.get(days, OTHER_DAYS), f"{days} jours")
    observation["extension"].append({"url": f"{EXTENSION}number-of-days", "valueCodeableConcept": number})
    return _bundle(taken, observation)


def _observation(taken: Taken, profile: str, code: tuple[str, str, str], value: dict[str, Any]) -> dict[str, Any]:
    if taken.at.tzinfo is None:
        raise Misconfigured("A measure needs an instant with its offset: 07:00 somewhere is not a time.")
    if not taken.subject or not taken.subject_system:
        raise Misconfigured("A measure names its subject: take both parts from the link's tokens.")
    meta = {"profile": [PROFILE + profile], **({"source": taken.source} if taken.source else {})}
    comment = [{"url": f"{EXTENSION}reason-for-measurement", "valueString": taken.comment}] if taken.comment else []
    return {
        "resourceType": "Observation",
        "meta": meta,
        "extension": comment,
        "status": "final",
        "category": [_concept(CATEGORY, "vital-signs", "Vital Signs")],
        "code": _concept(*code),
        "subject": {"identifier": {"system": taken.subject_system, "value": taken.subject}},
        "effectiveDateTime": taken.at.isoformat(timespec="seconds"),
        **value,
    }


def _bundle(taken: Taken, observation: dict[str, Any]) -> Bundle:
    if not observation["extension"]:
        del observation["extension"]
    device = [] if taken.device is None else [_device_entry(taken.device)]
    if device:
        observation["device"] = {"reference": f"Device/{device[0]['resource']['id']}"}
    entry = {
        "fullUrl": f"urn:uuid:{_stable(repr(observation))}",
        "resource": observation,
        "request": {"method": "POST", "url": "Observation"},
    }
    return {"resourceType": "Bundle", "type": "transaction", "entry": [entry, *device]}


def _device_entry(device: Device) -> dict[str, Any]:
    key = f"urn:oid:{device.oid}|{device.identifier}"
    named = {"manufacturer": device.manufacturer, "modelNumber": device.model}
    kind = _concept(MDC, device.kind, "")
    resource = {
        "resourceType": "Device",
        "id": _stable(key),
        "meta": {"profile": [PHD_DEVICE]},
        "identifier": [
            {
                "type": {"coding": [{"system": PHD_IDENTIFIERS, "code": "SYSID"}]},
                "system": f"urn:oid:{device.oid}",
                "value": device.identifier,
            }
        ],
        **{name: value for name, value in named.items() if value},
        "type": _concept(MDC, "65573", "MDC_MOC_VMS_MDS_SIMP"),
        "specialization": [{"systemType": kind}],
    }
    return {
        "fullUrl": f"urn:uuid:{resource['id']}",
        "resource": resource,
        "request": {"method": "POST", "url": "Device", "ifNoneExist": f"identifier={key}"},
    }


def _quantity(value: float, unit: str) -> dict[str, Any]:
    return {"valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit}}


def _concept(system: str, code: str, display: str) -> dict[str, Any]:
    named = {"display": display} if display else {}
    return {"coding": [{"system": system, "code": code, **named}]}


def _stable(content: str) -> str:
    """Name content by a UUID (version 8, RFC 9562 §5.8) that is always the same."""
    drawn = hashlib.sha256(content.encode()).hexdigest()
    return f"{drawn[:8]}-{drawn[8:12]}-8{drawn[13:16]}-8{drawn[17:20]}-{drawn[20:32]}"
