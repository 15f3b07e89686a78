"""A profile as a page names it, and a visit: who is signed in and whose space is open."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext, ngettext

from authz.identity import delegation
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
    acts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Visit:
    """One request of a signed-in browser; `is_lapsed` when the space that was open is not open to it any more."""

    browser: SignedIn
    profile: Person
    profiles: list[Person]
    is_lapsed: bool = False

    @property
    def account_id(self) -> str:
        """Who is signed in."""
        return self.browser.account_id

    @property
    def knows_people(self) -> bool:
        """Whether this reader may know who else acts for the space on show: whose it is, and who decides for it."""
        return self.profile.is_self or delegation.PEOPLE in self.profile.acts

    @property
    def profile_id(self) -> str:
        """Whose space is open."""
        return self.profile.id


def person(card: ProfileCard) -> Person:
    """Put a profile in words."""
    told = relation(card.relation, card.kind)
    if card.age is not None:
        told = gettext("%(who)s, %(age)s", who=told, age=ngettext("%(num)s year old", "%(num)s years old", card.age))
    return Person(card.id, card.name, card.given_name, card.initials, card.is_self, told, card.acts)


def nobody(name: str) -> Person:
    """Name somebody who is signed in and has no space to open, their own or another's."""
    return Person("", name, name, name[:1].upper(), True, gettext("you"))


def relation(name: str, kind: str) -> str:
    """Say who a profile is for the account that acts for it."""
    if kind == delegation.SELF:
        return gettext("you")
    by_kind = gettext("your child") if kind == delegation.REPRESENTATIVE else gettext("a person you care for")
    return relations().get(name, by_kind)


def relations() -> dict[str, str]:
    """What a profile may be for the account that acts for it, in words."""
    return {
        "child": gettext("your child"),
        "parent": gettext("your parent"),
        "spouse": gettext("your spouse"),
        "partner": gettext("your partner"),
        "relative": gettext("your relative"),
    }


def kinds() -> dict[str, str]:
    """In which kind somebody may open a space, in words."""
    return {
        delegation.SELF: gettext("the person whose health space it is"),
        delegation.REPRESENTATIVE: gettext("legal representative"),
        delegation.CARER: gettext("carer"),
    }


def states() -> dict[str, str]:
    """What became of an invitation, in words."""
    return {
        "pending": gettext("waits for an answer"),
        "accepted": gettext("accepted"),
        "refused": gettext("refused"),
        "withdrawn": gettext("taken back"),
        "expired": gettext("no longer valid"),
    }
