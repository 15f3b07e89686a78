"""Somebody in a signed-in browser, or with one of the codes, tries to make the account their own."""

from __future__ import annotations

from authz.identity import attempts, contact_changes
from authz.notifications import contacts
from tests.actors import Forms, Person
from tests.clock import Clock
from tests.flows.pages.test_own_account import NEW, reach_of
from tests.standing import unit_in

EVIL = "mallory@example.org"


def test_new_address_alone_is_not_enough_and_hears_nothing(alice: Person, clock: Clock) -> None:
    """Who cannot read the old address gets no code at the new one: no number of one's choice is rung either."""
    alice.signs_in()
    clock.advance(minutes=1)
    page = alice.submit(alice.get("/home/contacts/email"), "contact", address=EVIL)
    for code in ("", "000000", "123456"):
        page = alice.submit(page, "contact-code", code=code)
    assert not alice.mailbox.messages(EVIL)
    assert reach_of(alice).email == alice.email


def test_code_of_one_change_confirms_no_other(alice: Person, clock: Clock) -> None:
    """The owner's code, asked for another address, is nothing for the thief's."""
    alice.signs_in()
    clock.advance(minutes=1)
    alice.submit(alice.get("/home/contacts/email"), "contact", address=NEW)
    code = alice.mailbox.code_for(alice.email)
    clock.advance(seconds=31)
    page = alice.submit(alice.get("/home/contacts/email"), "contact", address=EVIL)
    assert alice.submit(page, "contact-code", code=code).status_code == 400
    assert not alice.mailbox.messages(EVIL)


def test_code_of_a_sign_in_or_a_confirmation_changes_no_address(alice: Person, clock: Clock) -> None:
    alice.signs_in()
    sign_in = alice.mailbox.code_for(alice.email)
    clock.advance(minutes=1)
    page = alice.submit(alice.get("/home/contacts/email"), "contact", address=EVIL)
    if alice.mailbox.code_for(alice.email) != sign_in:
        assert alice.submit(page, "contact-code", code=sign_in).status_code == 400
    assert reach_of(alice).email == alice.email


def test_change_overtaken_by_another_is_refused(alice: Person, clock: Clock) -> None:
    """Two changes begun from one old address: the one that ends second is over."""
    alice.signs_in()
    clock.advance(minutes=1)
    page = alice.submit(alice.get("/home/contacts/email"), "contact", address=NEW)
    page = alice.submit(page, "contact-code", code=alice.mailbox.code_for(alice.email))
    with unit_in(alice.app):
        contacts.change(alice.account_id, "email", "somewhere@example.org", now=clock.now())
    late = alice.submit(page, "contact-code", code=alice.mailbox.code_for(NEW))
    assert "Recommencez depuis votre profil" in late.text
    assert reach_of(alice).email == "somewhere@example.org"


def test_account_begins_few_changes_a_day(alice: Person) -> None:
    """Each may cost an SMS to a number of somebody's choice."""
    alice.signs_in()
    page = alice.get("/home/contacts/sms")
    codes = [
        alice.submit(page, "contact", address=f"+4179123450{number}").status_code
        for number in range(contact_changes.LIMIT + 1)
    ]
    assert codes[-1] == 429
    assert "Réessayez dans" in alice.submit(page, "contact", address="+41791234599").text


def test_open_browser_left_alone_changes_nothing(alice: Person, clock: Clock) -> None:
    alice.signs_in()
    pages = {name: alice.get(f"/home/{name}") for name in ("contacts/email", "security/password")}
    clock.advance(minutes=11)
    for page, form, fields in (
        (pages["contacts/email"], "contact", {"address": EVIL}),
        (pages["security/password"], "password", {"current": alice.password, "new": "sept girafes jouent aux dames"}),
    ):
        assert alice.submit(page, form, **fields).request.path == "/home/confirm"
    assert reach_of(alice).email == alice.email


def test_guesser_of_the_present_password_runs_out_of_tries(alice: Person) -> None:
    """In a signed-in browser too: the budget of the sign-in is the same."""
    alice.signs_in()
    page = alice.get("/home/security/password")
    fields = {"current": "un mot de passe faux", "new": "sept girafes jouent aux dames"}
    answers = [alice.submit(page, "password", **fields).status_code for _ in range(attempts.PASSWORD.limit + 1)]
    assert answers == [400] * attempts.PASSWORD.limit + [429]


def test_session_planted_before_a_password_change_is_worth_nothing_after_it(alice: Person) -> None:
    alice.signs_in()
    stolen = alice.browser.get_cookie("session").value
    page = alice.get("/home/security/password")
    alice.submit(page, "password", current=alice.password, new="sept girafes jouent aux dames")
    thief = alice.app.test_client()
    thief.set_cookie("session", stolen)
    assert thief.get("/home/measures").status_code == 303
    assert "logout" in Forms(alice.get("/home/measures").text).found
