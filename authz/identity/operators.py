"""Operators as the journal names them: short names, taken at their word."""

from __future__ import annotations

import re

from authz.errors import Refusal

_NAME = re.compile(r"[a-z0-9._-]{2,32}")


class OperatorUnnamed(Refusal):
    """An operator's name cannot be written into the journal."""

    code = "invalid_name"
    description = "An operator's name is 2 to 32 letters, digits or . - _"


def named(by: str) -> str:
    """Return an operator's short name, as the journal keeps it; refuses with OperatorUnnamed."""
    name = by.strip().lower()
    if not _NAME.fullmatch(name):
        raise OperatorUnnamed()
    return name
