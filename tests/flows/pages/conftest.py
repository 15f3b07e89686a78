"""Alice and Paul at home: linked with GlucoApp, which has sent a real export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.actors import Partner, Person

EXPORT = Path(__file__).parents[2] / "data/cgm/synthetic-14d.libreview-fr-mgdl.csv"


@dataclass(frozen=True)
class Linked:
    """A pairing as its two sides see it."""

    person: Person
    partner: Partner
    token: str
    pairing_id: str

    @property
    def address(self) -> str:
        """The page of the link."""
        return f"/home/services/{self.pairing_id}"


@pytest.fixture
def link(glucoapp: Partner) -> Callable[..., Linked]:
    """Pair somebody with GlucoApp: `link(alice)`, `link(paul, profile=…)`."""

    def make(person: Person, *, profile: str | None = None) -> Linked:
        tokens = person.pairs(glucoapp, consents=["measures.glucose.write", "documents.summary.write"], profile=profile)
        return Linked(person, glucoapp, tokens["access_token"], tokens["pairing_id"])

    return make


@pytest.fixture
def linked(alice: Person, link: Callable[..., Linked]) -> Linked:
    """Give Alice's link."""
    return link(alice)


@pytest.fixture
def sent(linked: Linked) -> Linked:
    """Give Alice's link once the app has sent an export."""
    answer = linked.partner.call(
        "POST", "/connectors/cgm?lang=fr", linked.token, data=EXPORT.read_bytes(), headers={"Content-Type": "text/csv"}
    )
    assert [item["status"] for item in answer.json["items"]] == ["created"] * 3
    return linked
