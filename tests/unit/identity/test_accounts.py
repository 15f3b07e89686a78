"""The check of the password, its budgets, and what clients may be told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select, update

from authz import audit, db
from authz.identity import accounts, attempts, sessions
from authz.identity.accounts import LoginRefused
from authz.identity.models import Account
from authz.ratelimit import TooMany
from tests.clock import Clock
from tests.unit.identity.browser import Browser
from tests.unit.identity.conftest import PASSWORD

WRONG = "something else entirely"


def _fail(browser: Browser, identifier: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(LoginRefused), browser.visit():
            accounts.check_password(identifier, WRONG)


def _sign_in(browser: Browser, account_id: str) -> None:
    with browser.visit():
        sessions.start(account_id, amr=["pwd", "otp"])


def test_patient_is_known_by_identifier_and_password(browser: Browser, alice: str) -> None:
    with browser.visit():
        assert accounts.check_password(" Alice.Martin ", PASSWORD).id == alice


@pytest.mark.parametrize(
    ("identifier", "password"), [("alice.martin", WRONG), ("nobody.here", PASSWORD), ("a\x00b", PASSWORD), ("", "")]
)
def test_stranger_is_refused_with_one_sentence(browser: Browser, alice: str, identifier: str, password: str) -> None:
    with pytest.raises(LoginRefused) as refused, browser.visit():
        accounts.check_password(identifier, password)
    assert refused.value.description == LoginRefused.description
    with browser.visit():
        tags = [(row.tag, row.account_id) for row in db.session().scalars(select(audit.Activity))]
    assert ("account:login:refuse", alice if identifier == "alice.martin" else None) in tags


def test_closed_account_cannot_sign_in(app: Flask, browser: Browser, alice: str, clock: Clock) -> None:
    with app.app_context(), db.unit_of_work() as session:
        session.execute(update(Account).values(closed_at=clock.now()))
    with pytest.raises(LoginRefused), browser.visit():
        accounts.check_password("alice.martin", PASSWORD)


def test_hash_of_older_parameters_is_renewed_at_sign_in(app: Flask, browser: Browser, alice: str) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with app.app_context(), db.unit_of_work() as session:
        session.execute(update(Account).values(password_hash=old))
    with browser.visit():
        accounts.check_password("alice.martin", PASSWORD)
    with app.app_context(), db.unit_of_work():
        assert "m=19456" in accounts.get(alice).password_hash


def test_guesser_is_slowed_and_locks_out_neither_the_patients_network_nor_her_device(
    app: Flask, browser: Browser, alice: str, clock: Clock
) -> None:
    at_home = Browser(app, address="198.51.100.7")
    _sign_in(browser, alice)
    guesser = Browser(app, address="192.0.2.1")
    _fail(guesser, "alice.martin", attempts.PASSWORD.limit)
    with pytest.raises(TooMany) as refused, guesser.visit():
        accounts.check_password("alice.martin", PASSWORD)
    assert 0 < int(str(refused.value.params["wait"])) <= 90
    with browser.visit():
        accounts.check_password("alice.martin", PASSWORD)  # her known device, in the guesser's own network
    with at_home.visit():
        accounts.check_password("alice.martin", PASSWORD)  # a new device, from elsewhere
    clock.advance(seconds=91)
    with guesser.visit():
        accounts.check_password("alice.martin", PASSWORD)


def test_unknown_identifier_costs_the_same_budget(browser: Browser, alice: str) -> None:
    _fail(browser, "nobody.here", attempts.PASSWORD.limit)
    with pytest.raises(TooMany), browser.visit():
        accounts.check_password("nobody.here", WRONG)


def test_network_that_tries_many_identifiers_is_slowed(
    app: Flask, browser: Browser, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "NETWORK", attempts.Budget(3, attempts.NETWORK.per))
    for number in range(3):
        _fail(browser, f"nobody.here{number}", 1)
    with pytest.raises(TooMany), browser.visit():
        accounts.check_password("alice.martin", PASSWORD)


def test_known_device_that_is_used_for_guessing_is_slowed_too(browser: Browser, alice: str) -> None:
    _sign_in(browser, alice)
    _fail(browser, "alice.martin", attempts.PASSWORD.limit)
    with pytest.raises(TooMany), browser.visit():
        accounts.check_password("alice.martin", PASSWORD)


def test_app_learns_the_claims_of_its_scopes_only(app: Flask, alice: str) -> None:
    with app.app_context():
        assert accounts.claims(alice, ["openid"]) == {}
        assert accounts.claims(alice, ["email"]) == {"email": "alice@example.org", "email_verified": True}
        assert accounts.claims(alice, ["phone"]) == {"phone_number": "+33612345339", "phone_number_verified": True}
        assert accounts.claims(alice, ["address"]) == {"address": {"locality": "Lyon", "country": "France"}}
        profile = accounts.claims(alice, ["profile"])
        assert {name: profile[name] for name in ("name", "given_name", "birthdate", "locale")} == {
            "name": "Alice Martin",
            "given_name": "Alice",
            "birthdate": "1958-04-12",
            "locale": "fr-FR",
        }
        assert isinstance(profile["updated_at"], int)
        assert "preferred_username" not in profile, "the sign-in identifier is nobody else's business"
        assert accounts.claims(alice, [], ["name"]) == {"name": "Alice Martin"}
        assert accounts.claims("0" * 32, ["profile"]) == {}


def test_account_without_contacts_has_no_claims_of_them(app: Flask, enrol: Callable[..., str]) -> None:
    bare = enrol({"identifier": "only.this", "password": PASSWORD})
    with app.app_context():
        assert accounts.claims(bare, ["email", "phone"]) == {}
        assert accounts.card(bare).email_masked is None
        with pytest.raises(accounts.NoSuchAccount):
            accounts.card("0" * 32)
        with db.unit_of_work(), pytest.raises(accounts.NoSuchAccount):
            accounts.get("0" * 32)


def test_password_is_worked_out_before_the_unit_writes(
    app: Flask, browser: Browser, alice: str, sql_counter: Callable[..., object]
) -> None:
    with sql_counter() as seen, browser.visit():  # type: ignore[attr-defined]
        accounts.check_password("alice.martin", PASSWORD)
    assert not [statement for statement in seen if not statement.startswith("SELECT")], seen
    assert len(seen) <= 4, seen
