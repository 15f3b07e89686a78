"""Scopes: versioned units of consent over data categories and an action, with their texts in every language. Pure.

To add one: one entry here, its texts beside it. Change a text that a patient relies on, and raise the version: pairings
made under the old one are then shown what changed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal

from authz.catalogue import smart
from authz.catalogue.texts import TEXTS
from authz.clients import smart_scopes

Action = Literal["write", "read", "identity"]


@dataclass(frozen=True)
class Scope:
    """One unit of consent: `categories` are the data it opens, `action` what may be done with them."""

    name: str
    version: int
    action: Action
    categories: tuple[str, ...]


@dataclass(frozen=True)
class ScopeText:
    """What a patient reads of a scope; `{app}` stands for the app's name."""

    title: str
    reason: str
    exactly: str
    example: str
    when: str
    action: str
    without: str


SCOPES: dict[str, Scope] = {
    scope.name: scope
    for scope in (
        Scope("measures.glucose.write", 1, "write", ("measure:mean-interstitial-glucose", "measure:gmi")),
        Scope("documents.summary.write", 1, "write", ("document:summary",)),
        Scope("measures.read", 1, "read", ("measure:*",)),
        Scope("documents.read", 1, "read", ("document:*",)),
        Scope("measures.weight.write", 1, "write", ("measure:weight",)),
        Scope("measures.blood_pressure.write", 1, "write", ("measure:blood-pressure",)),
        Scope("measures.steps.write", 1, "write", ("measure:steps",)),
        Scope("profile", 1, "identity", ("identity:name",)),
        Scope("email", 1, "identity", ("identity:email",)),
        Scope("phone", 1, "identity", ("identity:phone",)),
        Scope("address", 1, "identity", ("identity:address",)),
    )
}
# Names of the protocol that a patient is not asked about: they open no data (OIDC Core §3.1.2.1, §11).
PROTOCOL = ("openid", "offline_access", "online_access", *smart_scopes.CONTEXT)
KNOWN = [*PROTOCOL, *SCOPES]
LANGUAGES = ("fr", "en")


def text(name: str, lang: str) -> ScopeText:
    """Return a scope's texts in a language, French where we lack it."""
    texts = TEXTS[name]
    return ScopeText(**texts.get(lang, texts["fr"]))


def text_digest(name: str, lang: str) -> str:
    """Return the SHA-256 of the exact words shown, so that a consent can prove them."""
    shown = json.dumps(asdict(text(name, lang)), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(shown.encode()).hexdigest()


def asked(scope: str) -> list[str]:
    """Return the units of consent that a request's scopes are or need, in the catalogue's order."""
    wanted = set(scope.split())
    wanted |= {opening.unit for name in scope.split() if "/" in name for opening in smart.openings(name)}
    return [name for name in SCOPES if name in wanted]


def of_action(*actions: Action) -> list[str]:
    """List the scopes of some actions, in the catalogue's order."""
    return [scope.name for scope in SCOPES.values() if scope.action in actions]


def on(kind: str) -> list[str]:
    """List the scopes that open data of a kind, such as `measure:`, in the catalogue's order."""
    return [scope.name for scope in SCOPES.values() if any(part.startswith(kind) for part in scope.categories)]


def covers(name: str, category: str) -> bool:
    """Tell whether a scope opens a data category, e.g. `measure:weight`."""
    family = category.split(":", 1)[0] + ":*"
    return any(part in (category, family) for part in SCOPES[name].categories)
