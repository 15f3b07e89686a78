"""Passkeys attacked: copied, replayed, forged, answered for another site, account, page or browser; never a way in."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from authz import clock as server_clock
from authz import db
from authz.identity import challenges, credentials
from authz.identity.models import Passkey, SpentChallenge
from tests.actors import Person
from tests.authenticator import PRESENT, Authenticator, decoded, encoded, options_of
from tests.clock import Clock
from tests.flows.passkey_owner import adds_passkey, signs_in_with
from tests.spec import spec
from tests.standing import unit_in

WEBAUTHN = "Web Authentication Level 3"
ELSEWHERE: list[Callable[[Authenticator], Authenticator]] = [
    lambda key: key.but(origin="https://evil.example"),
    lambda key: key.but(origin="http://localhost:8000"),
    lambda key: key.but(rp_id="evil.example"),
    lambda key: key.but(client_data={"crossOrigin": True}),
    lambda key: key.but(client_data={"type": "webauthn.create"}),
    lambda key: key.but(client_data={"challenge": "AAAA"}),
    lambda key: key.but(client_data={"challenge": None}),
    lambda key: key.but(flags=PRESENT),
    lambda key: key.but(flags=0x04),
    lambda key: key.but(is_synced=True),
    lambda key: key.but(key=Authenticator().key),
    lambda key: key.but(user_handle=b"0" * 32),
    lambda key: key.but(user_handle=None),
    lambda key: key.but(credential_id=b"x" * 32),
]


@pytest.fixture
def key(alice: Person) -> Authenticator:
    """Give Alice a passkey, and a browser that is not signed in."""
    alice.signs_in()
    made = Authenticator()
    adds_passkey(alice, made)
    alice.new_browser()
    return made


@spec(
    WEBAUTHN, "7.2", "type, challenge, origin, RP ID, user handle, presence, verification and signature must all hold"
)
@pytest.mark.parametrize("number", range(len(ELSEWHERE)))
def test_answer_that_was_not_made_for_us_signs_nobody_in(alice: Person, key: Authenticator, number: int) -> None:
    page = signs_in_with(alice, ELSEWHERE[number](key))
    assert page.status_code == 400
    assert page.request.path.endswith("/passkey")
    assert alice.browser.get("/home/measures").status_code == 303
    assert signs_in_with(alice, key).request.path == "/home/measures"


@spec(WEBAUTHN, "7.1", "type, challenge, origin, RP ID, presence and verification must all hold at registration")
@pytest.mark.parametrize("number", [0, 1, 2, 3, 5, 6, 7, 8])
def test_key_that_was_not_made_for_us_is_not_kept(mallory: Person, number: int) -> None:
    mallory.signs_in()
    page = mallory.get("/home/security/passkeys/new")
    answer = ELSEWHERE[number](Authenticator()).makes(page.text)
    assert mallory.submit(page, "passkey-form", answer=answer, name="x").status_code == 400
    assert _count(mallory.app, Passkey) == 0


@spec(WEBAUTHN, "6.1.1", "a counter that does not grow is a sign of a copy")
def test_copy_of_a_passkey_is_refused_blocked_and_told(alice: Person, key: Authenticator) -> None:
    copy = key.but()
    for _ in range(3):
        assert signs_in_with(alice, key).request.path == "/home/measures"
        alice.new_browser()
    page = signs_in_with(alice, copy)
    assert page.status_code == 403
    assert "Elle a peut-être été copiée" in page.text
    assert "bloquée" in alice.mailbox.messages(alice.email)[-1]["subject"]
    assert signs_in_with(alice, key).status_code == 403  # which of the two is the copy, nobody can say
    assert len([one for one in alice.mailbox.messages(alice.email) if "bloquée" in one["subject"]]) == 1
    alice.signs_in()
    assert "Bloquée" in alice.get("/home/security").text
    assert "peut-être copiée a été refusée" in alice.get("/home/activity").text
    with unit_in(alice.app):
        (card,) = credentials.list_of_account(alice.account_id)
    shown = alice.get(f"/home/security/passkeys/{card.id}")
    assert "Son compteur est revenu en arrière" in shown.text
    alice.new_browser()
    page = alice.submit(alice.get("/login"), "login", identifier=alice.identifier, password=alice.password)
    assert "data-options" not in page.text


def test_forged_counter_does_not_block_a_passkey(alice: Person, key: Authenticator) -> None:
    """Whoever has no key cannot take the owner's away: what is not signed counts for nothing."""
    signs_in_with(alice, key)
    alice.new_browser()
    forged = key.but(key=Authenticator().key, count=0)
    assert signs_in_with(alice, forged).status_code == 400
    assert signs_in_with(alice, key).request.path == "/home/measures"


def test_of_two_answers_with_one_count_one_signs_in(alice: Person, key: Authenticator) -> None:
    """The original and its copy at the same moment, on both databases."""
    copy, other = key.but(), Person(alice.app, alice.mailbox, alice.identifier, alice.email, alice.account_id)
    pages = [(alice, alice.get("/login"), key), (other, other.get("/login"), copy)]
    answers = [(person, page, one.signs(page.text)) for person, page, one in pages]
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda sent: sent[0].submit(sent[1], "passkey-form", answer=sent[2]).status_code, answers))
    assert sorted(done) == [200, 403]


@spec(WEBAUTHN, "13.4.3", "a challenge is answered once")
def test_answer_is_taken_once(alice: Person, key: Authenticator) -> None:
    """By the same browser too, also of an authenticator that does not count."""
    alice.signs_in()
    quiet = Authenticator(counts=False)
    adds_passkey(alice, quiet)
    alice.new_browser()
    page = alice.get("/login")
    answer = quiet.signs(page.text)
    before = alice.browser.get_cookie("session")
    assert alice.submit(page, "passkey-form", answer=answer).request.path == "/home/measures"
    alice.browser.set_cookie("session", before.value)  # the cookie of before the sign-in
    again = alice.submit(page, "passkey-form", answer=answer)
    assert again.status_code == 400
    assert alice.browser.get("/home/measures").status_code == 303


def test_answer_is_good_only_in_the_browser_that_was_asked_and_for_half_an_hour(
    alice: Person, key: Authenticator, mallory: Person, clock: Clock
) -> None:
    theirs = mallory.get("/login")
    assert alice.submit(alice.get("/login"), "passkey-form", answer=key.signs(theirs.text)).status_code == 400
    page = alice.get("/login")
    late = key.signs(page.text)
    clock.advance(minutes=29)
    fresh = alice.get("/login")
    clock.advance(minutes=2)
    assert alice.submit(fresh, "passkey-form", answer=late).status_code == 400


def test_stranger_s_passkey_confirms_nothing_for_another(
    alice: Person, key: Authenticator, mallory: Person, clock: Clock
) -> None:
    mallory.signs_in()
    hers = Authenticator()
    adds_passkey(mallory, hers)
    page = alice.submit(alice.get("/login"), "login", identifier=alice.identifier, password=alice.password)
    for wrong in (hers, hers.but(user_handle=None), hers.but(user_handle=alice.account_id.encode())):
        assert alice.submit(page, "passkey-form", answer=wrong.signs(page.text)).status_code == 400
    signs_in_with(alice, key)
    clock.advance(minutes=11)
    page = alice.get("/home/security/passkeys/new")
    assert alice.submit(page, "passkey-form", answer=hers.signs(page.text)).status_code == 400
    assert alice.get("/home/security/passkeys/new").request.path == "/home/confirm"


def test_stranger_cannot_touch_another_s_passkey(alice: Person, key: Authenticator, mallory: Person) -> None:
    mallory.signs_in()
    with unit_in(alice.app):
        (card,) = credentials.list_of_account(alice.account_id)
    mine = adds_passkey(mallory, Authenticator())
    address = f"/home/security/passkeys/{card.id}"
    assert mallory.get(address).status_code == 404
    token = mine.text.split('name="csrf_token" value="')[1].split('"')[0]
    for what in ("name", "remove"):
        answer = mallory.browser.post(f"{address}/{what}", data={"csrf_token": token, "name": "à moi"})
        assert answer.status_code == 404
    assert signs_in_with(alice, key).request.path == "/home/measures"


def test_passkey_of_a_closed_account_signs_nobody_in(alice: Person, key: Authenticator) -> None:
    from authz.identity import accounts

    with unit_in(alice.app):
        accounts.get(alice.account_id).closed_at = server_clock.now()
    assert signs_in_with(alice, key).status_code == 400


def test_passkey_passes_an_attack_on_the_account(alice: Person, key: Authenticator, mallory: Person) -> None:
    """From the attacked network, with every budget of the password spent."""
    page = mallory.get("/login")
    for _ in range(11):
        page = mallory.submit(page, "login", identifier=alice.identifier, password="un mot de passe faux")
    assert page.status_code == 429
    assert signs_in_with(alice, key).request.path == "/home/measures"


def test_session_before_a_confirmation_is_worth_nothing_after_it(
    alice: Person, key: Authenticator, clock: Clock
) -> None:
    """Who planted or copied the cookie does not rise with its owner."""
    signs_in_with(alice, key)
    stolen = alice.browser.get_cookie("session").value
    clock.advance(minutes=11)
    page = alice.get("/home/confirm?next=/home/security")
    alice.submit(page, "passkey-form", answer=key.signs(page.text))
    thief = alice.app.test_client()
    thief.set_cookie("session", stolen)
    assert thief.get("/home/security").status_code == 303
    assert alice.get("/home/security/passkeys/new").status_code == 200


def test_sign_in_page_costs_no_row_until_somebody_answers(alice: Person, key: Authenticator) -> None:
    before = _count(alice.app, SpentChallenge)
    page = alice.get("/login")
    signs_in_with(alice, key.but(origin="https://evil.example"))
    assert _count(alice.app, SpentChallenge) == before
    assert alice.submit(page, "passkey-form", answer=key.signs(page.text)).status_code == 200
    assert _count(alice.app, SpentChallenge) == before + 1


def test_answered_challenges_are_forgotten_when_they_are_too_old(
    alice: Person, key: Authenticator, clock: Clock
) -> None:
    clock.advance(minutes=31)
    with unit_in(alice.app):
        assert challenges.purge(server_clock.now()) == 1


def _broken(answer: dict[str, Any]) -> list[str]:
    """Answers of which one part is something else."""
    found: list[str] = ["", "null", "[]", "{}", "1", '"x"', "{", json.dumps(answer) + " " * 50_000]
    odds: list[Any] = [None, 1, [], {}, "é", "!", "A" * 9, encoded(b"{}"), encoded(b"[]"), encoded(b"\xa3")]
    for name in answer:
        found += [json.dumps(answer | {name: odd}) for odd in odds]
    for name in answer["response"]:
        for odd in [*odds, encoded(b'{"type":1,"challenge":2,"origin":[]}')]:
            found.append(json.dumps(answer | {"response": answer["response"] | {name: odd}}))
        whole = decoded(answer["response"][name])
        cut = [whole[: len(whole) * part // 5] for part in range(5)] + [b"\xff" * 200]
        found += [json.dumps(answer | {"response": answer["response"] | {name: encoded(part)}}) for part in cut]
    return found


def test_damaged_answer_is_refused_and_never_a_fault(alice: Person, key: Authenticator) -> None:
    page = alice.get("/login")
    for answer in _broken(json.loads(key.signs(page.text))):
        assert alice.submit(page, "passkey-form", answer=answer).status_code == 400, answer[:300]
    alice.signs_in()
    page = alice.get("/home/security/passkeys/new")
    for answer in _broken(json.loads(Authenticator().makes(page.text))):
        sent = alice.submit(page, "passkey-form", answer=answer, name="x")
        assert sent.status_code == 400, answer[:300]
    assert options_of(page.text)["challenge"]


def _count(app: Flask, table: Any) -> int:
    with app.app_context(), db.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


@pytest.mark.parametrize("text", ["[" * 20_000, '{"response": {"clientDataJSON": "\\ud800"}}', "1" * 5_000])
def test_answer_that_no_parser_stands_is_refused_and_no_fault(alice: Person, text: str) -> None:
    assert alice.submit(alice.get("/login"), "passkey-form", answer=text).status_code == 400
