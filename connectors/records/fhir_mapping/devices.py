"""A Device of the French measures interface (§2.5): the object that measured, kept once in a profile.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.records import outcomes
from connectors.records.contract import NewDevice
from connectors.records.fhir_mapping import shapes
from connectors.records.outcomes import Invalid, Issue

# `ifNoneExist` is a query string, so its bar may be percent-encoded.
_CONDITION = re.compile(
    r"identifier=urn:oid:([0-9]+(?:\.[0-9]+)+)(?:\||%7[Cc])([A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)", re.ASCII
)
KEPT = ("identifier", "type", "specialization", "manufacturer", "modelNumber", "serialNumber", "deviceName", "version")


def read_condition(text: str) -> tuple[str, str] | None:
    """Read `identifier=urn:oid:<OID>|<identifier>` as its OID and identifier."""
    found = _CONDITION.fullmatch(text) if len(text) <= 256 else None
    return (found[1], found[2]) if found else None


def read_device(resource: Mapping[str, Any], condition: tuple[str, str]) -> NewDevice:
    """Read a Device under the identity its entry gives, or refuse it."""
    profiles = shapes.texts(shapes.child(resource, "meta"), "profile")
    if not profiles:
        raise Invalid(outcomes.DEVICE, [Issue("meta.profile is missing.", "required", "Device.meta.profile")])
    kept: dict[str, Any] = {name: resource[name] for name in KEPT if name in resource}
    kept["meta"] = {"profile": profiles}
    return NewDevice(system=f"urn:oid:{condition[0]}", value=condition[1], resource=kept)
