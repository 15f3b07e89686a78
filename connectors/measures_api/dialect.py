"""The transaction bundle of the French measures interface V1.5.2 (§2.2): one Observation, and the Device that took it.

Pure. Says which parts the bundle has or, in the interface's own words, why it is not one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.records import outcomes
from connectors.records.contract import NewDevice
from connectors.records.fhir_mapping import shapes
from connectors.records.fhir_mapping.devices import read_condition, read_device
from connectors.records.outcomes import Invalid, Issue

TYPES = ("Observation", "Device")


@dataclass(frozen=True)
class Parts:
    """What the bundle holds; `order` is that of its entries, which the answer keeps."""

    observation: dict[str, Any]
    device: NewDevice | None
    order: tuple[str, ...]


def read_bundle(bundle: Mapping[str, Any]) -> Parts:
    """Take a transaction bundle apart, or refuse it."""
    entries = _read_entries(bundle)
    order = tuple(shapes.text(shapes.child(entry, "request"), "url") for entry in entries)
    found = dict(zip(order, entries, strict=True))
    observation = shapes.child(found["Observation"], "resource")
    _check_link(observation, found.get("Device"))
    return Parts(observation, _read_device(found.get("Device")), order)


def _read_entries(bundle: Mapping[str, Any]) -> list[dict[str, Any]]:
    problems = [] if bundle.get("resourceType") == "Bundle" else [_issue("resourceType must be Bundle.")]
    if bundle.get("type") != "transaction":
        problems.append(_issue("type must be transaction."))
    entries = shapes.children(bundle, "entry")
    problems += [_issue(text) for entry in entries for text in _complaints(entry)]
    urls = [shapes.text(shapes.child(entry, "request"), "url") for entry in entries]
    if "Observation" not in urls:
        problems.append(_issue("No Observation POST."))
    sent = bundle.get("entry")
    if len(set(urls)) != len(urls) or (isinstance(sent, list) and len(sent) != len(entries)):
        problems.append(_issue("At most one Observation and one Device are accepted."))
    if problems:
        raise Invalid(outcomes.BUNDLE, problems)
    return entries


def _complaints(entry: Mapping[str, Any]) -> list[str]:
    request, resource = shapes.child(entry, "request"), shapes.child(entry, "resource")
    url = shapes.text(request, "url")
    if url not in TYPES or shapes.text(resource, "resourceType") != url:
        return ["The resource type is not supported: only Observation and Device are."]
    if shapes.text(request, "method") != "POST":
        return ["The method is not supported: only POST is."]
    if url == "Observation":
        return [] if shapes.text(entry, "fullUrl") else ["fullUrl is missing on the Observation."]
    condition = shapes.text(request, "ifNoneExist")
    if not condition:
        return ["ifNoneExist is missing on the Device."]
    return [] if read_condition(condition) else ["ifNoneExist must be identifier=urn:oid:<OID>|<identifier>."]


def _check_link(observation: Mapping[str, Any], device: Mapping[str, Any] | None) -> None:
    reference = shapes.text(shapes.child(observation, "device"), "reference")
    complaint = None
    if device is None:
        if "device" in observation:
            complaint = "The Observation names a device that is not in the bundle."
    elif not reference:
        complaint = "Observation.device.reference is missing."
    else:
        device_id = shapes.text(shapes.child(device, "resource"), "id")
        if reference not in {f"Device/{device_id}" if device_id else "", shapes.text(device, "fullUrl")} - {""}:
            complaint = "Observation.device.reference is not the id of the Device."
    if complaint:
        raise Invalid(outcomes.LINK, [Issue(complaint, "invalid", "Observation.device")])


def _read_device(entry: Mapping[str, Any] | None) -> NewDevice | None:
    if entry is None:
        return None
    condition = read_condition(shapes.text(shapes.child(entry, "request"), "ifNoneExist"))
    return read_device(shapes.child(entry, "resource"), condition) if condition else None


def _issue(text: str) -> Issue:
    return Issue(text, "invalid", "Bundle")
