"""A family: Alice and her would-be carer Mallory; Paul, his daughter Zoé, and her mother Nadia."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.actors import Person
from tests.cast import enrol
from tests.mailbox import Mailbox

CODE = re.compile(r"[BCDFGHJKLMNPQRSTVWXZ]{4}(?:-[BCDFGHJKLMNPQRSTVWXZ]{4}){2}")


@dataclass(frozen=True)
class Inviting:
    """One person who invites, in a space that is open to them."""

    host: Person

    def asks(self, guest: Person | str, kind: str = "carer", name: str = "Une aide") -> TestResponse:
        """Fill in the invitation."""
        address = guest if isinstance(guest, str) else guest.email
        page = self.host.get(f"/home/family/invitations/new/{kind}")
        return self.host.submit(page, "invite", name=name, address=address)

    def sends(self, guest: Person | str, kind: str = "carer", name: str = "Une aide") -> str:
        """Invite somebody, and return the code as the page shows it."""
        page = self.asks(guest, kind, name)
        assert page.status_code == 200, page.text
        code: str = CODE.findall(page.text)[0]
        return code


def answers(guest: Person, code: str, decision: str = "accept", **fields: str) -> TestResponse:
    """Follow the code as a signed-in guest and answer."""
    page = guest.get(f"/home/family/join?code={code}")
    if page.status_code != 200 or 'id="join"' not in page.text:
        return page
    return guest.submit(page, "join", decision=decision, **fields)


def opens(person: Person, name: str) -> TestResponse:
    """Open somebody's space by the button of the family page."""
    profile_id = person.profile_id(name)
    return person.submit(person.get("/home/family"), f"open-{profile_id}", profile=profile_id)


@pytest.fixture
def nadia(app: Flask, mailbox: Mailbox) -> Person:
    """Give Zoé's mother."""
    return enrol(app, mailbox, "nadia.benali")


@pytest.fixture
def carer(alice: Person, mallory: Person) -> Person:
    """Give Mallory, who cares for Alice; both are signed in."""
    alice.signs_in()
    mallory.signs_in()
    page = answers(mallory, Inviting(alice).sends(mallory))
    assert "Vous pouvez maintenant ouvrir le dossier" in page.text
    return mallory
