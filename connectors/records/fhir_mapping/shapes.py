"""Looking into JSON of any shape: what has the wrong type counts as absent, so that the rules speak and nothing faults.

Pure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

TEXT_MAX = 1024


def child(value: Any, name: str) -> dict[str, Any]:
    """Return the object under a name, or an empty one."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, dict) else {}


def children(value: Any, name: str) -> list[dict[str, Any]]:
    """Return the objects of the list under a name."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def text(value: Any, name: str) -> str:
    """Return the text under a name, trimmed, or an empty one; too long a text counts as none."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return found.strip() if isinstance(found, str) and len(found) <= TEXT_MAX else ""


def texts(value: Any, name: str) -> list[str]:
    """Return the texts of the list under a name."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return [item.strip() for item in found if isinstance(item, str)] if isinstance(found, list) else []


def number(value: Any, name: str) -> float | None:
    """Return the finite number under a name; JSON's true is no number here."""
    found = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        return None
    try:
        return float(found) if math.isfinite(found) else None
    except OverflowError:
        return None


def codings(value: Any, name: str) -> list[tuple[str, str]]:
    """Return the (system, code) pairs of the CodeableConcept under a name."""
    return [(text(coding, "system"), text(coding, "code")) for coding in children(child(value, name), "coding")]


def identifier(value: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return an Identifier's system and value when it has a value."""
    found = text(value, "value")
    return (text(value, "system"), found) if found else None


def first_identifier(resource: Mapping[str, Any], name: str = "identifier") -> str | None:
    """Return the first identifier of a resource as `system|value`: the app's own name for it."""
    for item in children(resource, name):
        found = identifier(item)
        if found:
            return f"{found[0]}|{found[1]}"
    return None


def subject(resource: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the system and value of `subject.identifier`."""
    return identifier(child(child(resource, "subject"), "identifier"))
