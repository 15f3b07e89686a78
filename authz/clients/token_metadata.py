"""What a client registers about its tokens beyond their binding. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

LISTS = ("resource_servers",)


def shape_problems(metadata: dict[str, Any]) -> Iterable[str]:
    """Say which members are not of the kind they have to be."""
    for name in LISTS:
        value = metadata.get(name, [])
        if not (isinstance(value, list) and all(isinstance(part, str) for part in value)):
            yield f"{name} must be a list of strings"


def value_problems(metadata: dict[str, Any]) -> Iterable[str]:
    """Say which values cannot be."""
    for uri in metadata.get("resource_servers", []):
        if not uri.startswith("https://") or "#" in uri or not uri.isascii() or not uri.isprintable() or " " in uri:
            yield f"resource_servers: {uri} must be an https address without a fragment"
