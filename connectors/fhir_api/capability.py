"""What this FHIR server can do, as a CapabilityStatement (FHIR R4 §2.1.0.1)."""

from __future__ import annotations

from typing import Any

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
    parameters = {"code": "token", "date": "date", "subject.identifier": "token"}
    observation = {
        "type": "Observation",
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "searchInclude": ["Observation:device"],
        "searchParam": [{"name": name, "type": kind} for name, kind in parameters.items()],
    }
    document = {"type": "DocumentReference", "interaction": [{"code": "create"}, {"code": "read"}]}
    return [observation, document, {"type": "Binary", "interaction": [{"code": "read"}]}]


def _security(issuer: str) -> dict[str, Any]:
    service = "http://terminology.hl7.org/CodeSystem/restful-security-service"
    uris = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
    addresses = [{"url": name, "valueUri": f"{issuer}/{name}"} for name in ("authorize", "token")]
    return {
        "service": [{"coding": [{"system": service, "code": "SMART-on-FHIR"}]}],
        "extension": [{"url": uris, "extension": addresses}],
    }
