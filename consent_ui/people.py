"""A profile as a page names it, and a visit: who is signed in and whose space is open."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext, ngettext

from authz.identity.profiles import ProfileCard
from authz.identity.sessions import SignedIn


@dataclass(frozen=True)
class Person:
    """A profile in words; `told` says who it is for the person reading: "your child, 9 years old"."""

    id: str
    name: str
    given_name: str
    initials: str
    is_self: bool
    told: str


@dataclass(frozen=True)
class Visit:
    """One request of a signed-in browser."""

    browser: SignedIn
    profile: Person
    profiles: list[Person]

    @property
    def account_id(self) -> str:
        """Who is signed in."""
        return self.browser.account_id

    @property
    def profile_id(self) -> str:
        """Whose space is open."""
        return self.profile.id


def person(card: ProfileCard) -> Person:
    """Put a profile in words."""
    told = _relation(card)
    if card.age is not None:
        told = gettext("%(who)s, %(age)s", who=told, age=ngettext("%(num)s year old", "%(num)s years old", card.age))
    return Person(card.id, card.name, card.given_name, card.initials, card.is_self, told)


def _relation(card: ProfileCard) -> str:
    if card.is_self:
        return gettext("you")
    known = {
        "child": gettext("your child"),
        "parent": gettext("your parent"),
        "spouse": gettext("your spouse"),
        "partner": gettext("your partner"),
        "relative": gettext("your relative"),
    }
    by_kind = gettext("your child") if card.kind == "legal_representative" else gettext("a person you care for")
    return known.get(card.relation, by_kind)
