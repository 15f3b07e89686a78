"""What this FHIR server can do, as a CapabilityStatement (FHIR R4 §2.1.0.1)."""

from __future__ import annotations

from typing import Any

from authz.protocol.smart import MANAGEMENT
from authz.settings import Settings


def statement(settings: Settings, *, base: str, date: str) -> dict[str, Any]:
    """Write the CapabilityStatement of this server."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": date,
        "kind": "instance",
        "software": {"name": "Appairage"},
        "implementation": {"description": settings.brand_name, "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{"mode": "server", "security": _security(settings.issuer), "resource": _resources()}],
    }


def _resources() -> list[dict[str, Any]]:
    about = {
        "patient": "reference", "subject": "reference", "subject.identifier": "token", "_id": "token",
        "category": "token", "date": "date",
    }  # fmt: skip
    observation = _resource("Observation", "create", "read", "search-type", **about, code="token") | {
        "searchInclude": ["Observation:device"],
        "documentation": "Body mass index is worked out when it is read: search it by its code alone.",
    }
    return [
        _resource("Patient", "read", "search-type", _id="token", identifier="token"),
        observation,
        _resource("DocumentReference", "create", "read", "search-type", **about, status="token"),
        _resource("Binary", "read"),
        _resource("Device", "read"),
        _resource("RelatedPerson", "read"),
    ]


def _resource(kind: str, *interactions: str, **parameters: str) -> dict[str, Any]:
    found: dict[str, Any] = {"type": kind, "interaction": [{"code": code} for code in interactions]}
    if parameters:
        found["searchParam"] = [{"name": name, "type": of} for name, of in parameters.items()]
    return found


def _security(issuer: str) -> dict[str, Any]:
    service = "http://terminology.hl7.org/CodeSystem/restful-security-service"
    uris = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
    places = {name: f"/{name}" for name in ("authorize", "token", "introspect", "revoke")} | {"manage": MANAGEMENT}
    addresses = [{"url": name, "valueUri": issuer + path} for name, path in places.items()]
    return {
        "cors": True,
        "service": [{"coding": [{"system": service, "code": "SMART-on-FHIR"}]}],
        "extension": [{"url": uris, "extension": addresses}],
    }
