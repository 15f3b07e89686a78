"""Accounts that an operator describes: what is accepted, what is written, what is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from authz import db, events
from authz.identity import accounts, enrolment, family, otp, profiles
from authz.identity.description import AccountRefused, described
from authz.identity.identifiers import IdentifierRefused
from authz.identity.passwords import PasswordRefused
from authz.notifications.contacts import ContactRefused
from tests.unit.identity.conftest import ALICE, PASSWORD, PAUL, SECRET


def test_operator_adds_an_account_and_sees_no_secret(app: Flask) -> None:
    with app.app_context():
        with db.unit_of_work():
            made = enrolment.add(ALICE)
        assert set(made) == {"id", "identifier"}
        shown = enrolment.show("Alice.Martin")
    assert shown["email_masked"] == "a•••••e@example.org"
    assert shown["phone_masked"] == "+33 ••••••339"
    assert shown["has_totp"] is True
    own = shown["profiles"][0]
    assert (own["given_name"], own["birthdate"], own["kind"]) == ("Alice", "1958-04-12", "self")
    assert not {SECRET, PASSWORD, "alice@example.org"} & set(map(str, shown.values()))


def test_operator_adds_a_family(app: Flask, paul: str) -> None:
    with app.app_context():
        cards = profiles.list_for(paul)
        assert [(card.name, card.initials, card.relation, card.is_self) for card in cards] == [
            ("Paul Durand", "PD", "self", True),
            ("Zoé Durand", "ZD", "child", False),
        ]
        assert enrolment.show("paul.durand")["lang"] == "en"
        assert profiles.given_name(cards[1].id) == "Zoé"
        assert profiles.given_name("0" * 32) == ""


def test_delegation_that_an_operator_adds_begins_as_all_do(app: Flask, enrol: Callable[..., str]) -> None:
    """Whoever follows delegations, as the proof in the record does, hears of this one too; not of one's own space."""
    begun: list[family.Change] = []

    def hear(change: family.Change) -> None:
        begun.append(change)

    with events.delegation_began.connected_to(hear):
        paul = enrol(PAUL)
    with app.app_context():
        [actor] = [change.actor for change in begun]
        assert actor == family.find_of(paul, actor.profile_id)
        assert actor.kind == "legal_representative"


def test_operator_lists_accounts_page_by_page(app: Flask, alice: str, paul: str, monkeypatch: Any) -> None:
    one_a_page = accounts.list_cards
    monkeypatch.setattr(accounts, "list_cards", lambda after="", limit=1: one_a_page(after=after, limit=limit))
    with app.app_context():
        assert [shown["identifier"] for shown in enrolment.list_all()] == ["alice.martin", "paul.durand"]


def test_operator_cannot_add_an_identifier_twice(app: Flask, alice: str, enrol: Callable[..., str]) -> None:
    with pytest.raises(IdentifierRefused) as refused:
        enrol(PAUL, identifier="ALICE.martin")
    assert refused.value.params == {"rule": "taken"}


def test_operator_is_told_of_a_weak_password_and_refused_a_short_one(app: Flask) -> None:
    with app.app_context(), db.unit_of_work():
        assert enrolment.add(ALICE | {"password": "motdepasse-2026"})["password_warning"] == "common"
        made = enrolment.add(PAUL | {"password": "xx Paul.Durand xx kzQ2", "colour": "blue"})
        assert made["password_warning"] == "personal"
        assert made["ignored"] == "colour"
        with pytest.raises(PasswordRefused):
            enrolment.add(ALICE | {"identifier": "alice.second", "password": "short"})


def test_operator_asking_for_an_unknown_account_is_refused(app: Flask) -> None:
    with app.app_context(), pytest.raises(accounts.NoSuchAccount):
        enrolment.show("nobody.here")


def test_nothing_personal_is_stored_in_clear(app: Flask, alice: str, paul: str) -> None:
    with app.app_context(), db.reading() as connection:
        kept = ""
        for table in ("account", "contact", "profile", "delegation"):
            kept += str(connection.execute(text(f'SELECT * FROM "{table}"')).all())
    for personal in ("alice@", "12345339", "Martin", "Lyon", "1958", "Zoé", "2016-02-29", PASSWORD, SECRET):
        assert personal not in kept, personal


def test_bare_account_has_a_profile_of_its_own(app: Flask) -> None:
    told = described({"identifier": "only.this", "password": PASSWORD, "birthdate": "0000-04-12", "profiles": None})
    assert told.people == ({"given_name": "only.this", "family_name": "", "relation": "self", "birthdate": ""},)
    assert told.claims == {"birthdate": "0000-04-12", "name": "only.this", "given_name": "only.this"}
    assert (told.reach.email, told.reach.phone, told.reach.lang) == (None, None, "fr")


def test_claims_may_be_nested_and_the_verified_marks_be_given() -> None:
    told = described(
        {
            "identifier": "only.this",
            "password": PASSWORD,
            "claims": {"name": "Ann Example", "locale": "en-GB", "email": "ann@example.org", "email_verified": False},
        }
    )
    assert told.claims["name"] == "Ann Example"
    assert told.people[0]["given_name"] == "Ann Example"
    assert (told.reach.lang, told.reach.email_verified) == ("en", False)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"identifier": "short"}, IdentifierRefused),
        ({"identifier": None}, IdentifierRefused),
        ({"identifier": 12345678}, AccountRefused),
        ({"password": None}, AccountRefused),
        ({"password": 123456789012}, AccountRefused),
        ({"email": "not an address"}, ContactRefused),
        ({"phone": "12"}, ContactRefused),
        ({"email_verified": "yes"}, AccountRefused),
        ({"given_name": "x" * 501}, AccountRefused),
        ({"given_name": "x\x00"}, AccountRefused),
        ({"address": "Lyon"}, AccountRefused),
        ({"claims": []}, AccountRefused),
        ({"profiles": {}}, AccountRefused),
        ({"profiles": ["Zoé"]}, AccountRefused),
        ({"profiles": [{}]}, AccountRefused),
        ({"profiles": [{"given_name": "A"}, {"given_name": "B"}]}, AccountRefused),
        ({"profiles": [{"given_name": "A", "relation": "a b!"}]}, AccountRefused),
        ({"profiles": [{"given_name": "A", "birthdate": "12/04/1958"}]}, AccountRefused),
        ({"profiles": [{"given_name": "A", "birthdate": "2958-04-12"}]}, AccountRefused),
        ({"totp_secret": "1234"}, otp.NoSuchMethod),
        ({"totp_secret": "JBSW"}, otp.NoSuchMethod),
        ({"totp_secret": "JBSWY3DP"}, otp.NoSuchMethod),
    ],
)
def test_operator_is_told_what_is_wrong_with_a_description(
    app: Flask, change: dict[str, Any], refusal: type[Exception]
) -> None:
    with app.app_context(), db.unit_of_work(), pytest.raises(refusal):
        enrolment.add(ALICE | change)


def test_description_that_is_no_object_is_refused() -> None:
    with pytest.raises(AccountRefused):
        described([])
