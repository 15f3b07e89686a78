"""What the patients' forms carry, read with suspicion: only what the page offered counts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True)
class Consent:
    """The consent form; before it is filled in, everything optional is off."""

    profile: str = ""
    granted: frozenset[str] = frozenset()
    months: int = 0


def consent(form: MultiDict[str, str], asked: Iterable[str]) -> Consent:
    """Read the consent form; the master switch, sent by a browser without script, stands for all."""
    names = set(asked)
    granted = names if form.get("all_scopes") else names & set(form.getlist("scope"))
    return Consent(form.get("profile", "")[:64], frozenset(granted), number(form.get("until", ""), 0))


def is_id(text: str) -> bool:
    """Tell whether a text can be an id of ours; anything else is not worth asking the database about."""
    return ID.fullmatch(text) is not None


def number(text: str, otherwise: int) -> int:
    """Read a small whole number, or take another in its place."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else otherwise
