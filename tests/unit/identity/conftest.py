"""Alice and Paul as rows, and their browsers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from authz import crypto, db
from authz.identity import enrolment
from authz.notifications.models import Message
from tests.unit.identity.browser import Browser

PASSWORD = "Vingt-trois hérissons bleus"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ALICE = {
    "identifier": "alice.martin",
    "password": PASSWORD,
    "email": "alice@example.org",
    "phone": "06 12 34 53 39",
    "given_name": "Alice",
    "family_name": "Martin",
    "birthdate": "1958-04-12",
    "locale": "fr-FR",
    "totp_secret": SECRET,
    "address": {"locality": "Lyon", "country": "France"},
}
FAMILY = [
    {"given_name": "Paul", "family_name": "Durand", "birthdate": "1984-02-29", "relation": "self"},
    {"given_name": "Zoé", "family_name": "Durand", "birthdate": "2016-02-29", "relation": "child"},
]
PAUL = {
    "identifier": "paul.durand",
    "password": PASSWORD,
    "email": "paul@example.org",
    "lang": "en",
    "profiles": FAMILY,
}


@pytest.fixture
def enrol(app: Flask) -> Callable[..., str]:
    """Make an account from a description and return its id: `enrol(ALICE, phone=None)`."""

    def make(spec: dict[str, Any], **changes: Any) -> str:
        with app.app_context(), db.unit_of_work():
            return str(enrolment.add(spec | changes)["id"])

    return make


@pytest.fixture
def alice(enrol: Callable[..., str]) -> str:
    """Give Alice's account."""
    return enrol(ALICE)


@pytest.fixture
def paul(enrol: Callable[..., str]) -> str:
    """Give Paul's account, with Zoé's profile."""
    return enrol(PAUL)


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Give a browser without cookies."""
    return Browser(app)


@pytest.fixture
def last_code(app: Flask) -> Callable[[str], str]:
    """Read the newest code on its way to an account."""

    def read(account_id: str) -> str:
        query = select(Message.params_sealed).where(
            Message.account_id == account_id, Message.template.startswith("code")
        )
        with app.app_context(), db.reading() as connection:
            sealed = connection.execute(query.order_by(Message.id.desc()).limit(1)).scalar_one()
            assert sealed
            return str(json.loads(crypto.unseal("message", sealed))["code"])

    return read
