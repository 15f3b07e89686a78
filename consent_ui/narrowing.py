"""The limits of a request in words: what an app narrowed its question to, as said beside the switch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask_babel import gettext

from authz.catalogue import smart
from authz.clients.smart_scopes import Limit
from connectors import records
from consent_ui import figures
from consent_ui.apps import ScopeCard
from consent_ui.sentences import N_

# What FHIR calls kinds of observations, and the space kinds of documents.
CATEGORIES: dict[str, str] = {
    "vital-signs": N_("vital signs"),
    "laboratory": N_("laboratory results"),
    "activity": N_("physical activity"),
    "survey": N_("questionnaires"),
    "exam": N_("examinations"),
    "imaging": N_("imaging"),
    "procedure": N_("procedures"),
    "social-history": N_("way of life"),
    "therapy": N_("treatments"),
    "SYNTHESE": N_("My health in summary"),
}


def narrowed(cards: list[ScopeCard], limits: Mapping[str, str]) -> list[ScopeCard]:
    """Say beside each switch to what its question is narrowed, where it is."""
    return [replace(card, only=_only(limits[card.name])) if card.name in limits else card for card in cards]


def _only(limits: str) -> str:
    parts = [_told(limit) for limit in smart.read_limits(limits)]
    return gettext("Only this: %(what)s.", what=gettext("; or ").join(sorted(parts)))


def _told(limit: Limit) -> str:
    words = []
    for name, values in limit:
        plain = [value.rpartition("|")[2] for value in values]
        if name == "category":
            named = sorted(gettext(CATEGORIES[code]) if code in CATEGORIES else code for code in plain)
            words.append(gettext("of the kind “%(kinds)s”", kinds=", ".join(named)))
        else:
            named = sorted({_measure(code) for code in plain})
            words.append(gettext("the measure “%(names)s”", names=", ".join(named)))
    return ", ".join(reversed(words))


def _measure(code: str) -> str:
    kind = records.find_kind(code)
    return figures.title(kind.key) if kind else code
