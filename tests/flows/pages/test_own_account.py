"""What people change about their own account: how they are reached, their password, the language we write in."""

from __future__ import annotations

import pytest
from flask import Flask

from authz.identity import contact_changes
from authz.notifications import contacts
from tests.actors import Person
from tests.cast import enrol
from tests.clock import Clock
from tests.mailbox import Mailbox
from tests.standing import unit_in

NEW = "alice.nouvelle@example.org"
GOOD = "sept girafes jouent aux dames"


def reach_of(person: Person) -> contacts.Reach:
    """Return where an account is reached."""
    with unit_in(person.app):
        found = contacts.find(person.account_id)
    assert found
    return found


def test_patient_changes_the_address_with_a_code_at_both(alice: Person, clock: Clock) -> None:
    alice.signs_in()
    clock.advance(minutes=1)
    page = alice.submit(alice.get("/home/contacts/email"), "contact", address=f" {NEW} ")
    assert "Tapez le code envoyé à l’ancienne adresse" in page.text
    assert not alice.mailbox.messages(NEW)
    wrong = alice.submit(page, "contact-code", code="000000")
    assert wrong.status_code == 400
    page = alice.submit(wrong, "contact-code", code=alice.mailbox.code_for(alice.email))
    assert "Tapez le code envoyé à la nouvelle adresse" in page.text
    assert NEW in page.text
    assert reach_of(alice).email == alice.email
    done = alice.submit(page, "contact-code", code=alice.mailbox.code_for(NEW))
    assert "Désormais, nous vous écrirons là" in done.text
    assert reach_of(alice).email == NEW
    assert reach_of(alice).email_verified
    for address in (alice.email, NEW):
        assert "Coordonnées changées" in alice.mailbox.messages(address)[-1]["subject"]
    alice.email = NEW
    alice.new_browser()
    assert alice.signs_in().request.path == "/home/measures"


def test_patient_adds_and_changes_a_telephone(alice: Person, clock: Clock) -> None:
    alice.signs_in()
    page = alice.submit(alice.get("/home/contacts/sms"), "contact", address="06 39 98 03 39")
    done = alice.submit(page, "contact-code", code=alice.mailbox.code_for("+33639980339"))
    assert "+33 ••••••339" in done.text.replace("\u00a0", " ")
    clock.advance(seconds=31)
    page = alice.submit(alice.get("/home/contacts/sms"), "contact", address="+41 79 123 45 67")
    page = alice.submit(page, "contact-code", code=alice.mailbox.code_for("+33639980339"))
    alice.submit(page, "contact-code", code=alice.mailbox.code_for("+41791234567"))
    assert reach_of(alice).phone == "+41791234567"
    assert "a été changé" in alice.mailbox.messages("+33639980339")[-1]["text"]


@pytest.mark.parametrize(
    ("channel", "address", "said"),
    [
        ("email", "not an address", "Nous ne pouvons pas y écrire"),
        ("sms", "12", "Nous ne pouvons pas y écrire"),
        ("email", "Alice.Martin@example.org", "leave"),
    ],
)
def test_address_that_cannot_be_is_refused_in_words(alice: Person, channel: str, address: str, said: str) -> None:
    alice.signs_in()
    page = alice.submit(alice.get(f"/home/contacts/{channel}"), "contact", address=address)
    assert page.status_code == 400
    assert 'aria-invalid="true"' in page.text
    assert ("Vérifiez" in page.text) or said == "leave"
    assert alice.get("/home/contacts/pigeon").status_code == 404


def test_code_sent_again_and_too_soon(alice: Person, clock: Clock) -> None:
    alice.signs_in()
    soon = alice.submit(alice.get("/home/contacts/email"), "contact", address=NEW)
    assert soon.status_code == 429  # the code of the sign-in was sent a moment ago
    assert "plus de code valable" in soon.text
    clock.advance(seconds=31)
    page = alice.submit(soon, "contact-resend")
    assert "Envoyé à" in page.text
    assert alice.get("/home/contacts/code").status_code == 200


def test_change_that_is_not_open_says_so(alice: Person, mallory: Person, clock: Clock) -> None:
    alice.signs_in()
    assert "Recommencez depuis votre profil" in alice.get("/home/contacts/code").text
    with unit_in(alice.app):
        kept = contact_changes.begin(alice.account_id, "email", NEW)
        with pytest.raises(contact_changes.ChangeExpired):
            contact_changes.find(mallory.account_id, kept)
        clock.advance(minutes=31)
        with pytest.raises(contact_changes.ChangeExpired):
            contact_changes.find(alice.account_id, kept)


def test_patient_changes_the_password(alice: Person) -> None:
    alice.signs_in()
    other = alice.browser
    alice.new_browser()
    alice.signs_in()
    page = alice.get("/home/security/password")
    for current, new, said in (
        ("pas celui-là", GOOD, "Ce n’est pas votre mot de passe actuel"),
        (alice.password, "court", "Utilisez au moins 12 caractères"),
        (alice.password, "x" * 300, "Utilisez au plus 256 caractères"),
        (alice.password, "motdepasse2026", "les premiers que d’autres essaieraient"),
        (alice.password, "alice.martin chante faux", "N’y mettez ni votre nom"),
    ):
        refused = alice.submit(page, "password", current=current, new=new)
        assert refused.status_code == 400
        assert said in refused.text.replace("l’un des premiers", "les premiers"), new
    done = alice.submit(page, "password", current=alice.password, new=GOOD)
    assert "Le mot de passe est changé" in done.text
    assert other.get("/home/measures").status_code == 303
    assert alice.get("/home/measures").status_code == 200
    assert "Mot de passe changé" in alice.mailbox.messages(alice.email)[-1]["subject"]
    alice.new_browser()
    old = alice.submit(alice.get("/login"), "login", identifier=alice.identifier, password=alice.password)
    assert old.status_code == 400
    alice.password = GOOD
    assert alice.signs_in().request.path == "/home/measures"


def test_language_chosen_at_home_is_the_language_we_write_in(app: Flask, mailbox: Mailbox, clock: Clock) -> None:
    alice = enrol(app, mailbox, "alice.english")
    alice.signs_in()
    alice.submit(alice.get("/home/profile"), "language", language="en")
    assert reach_of(alice).lang == "en"
    clock.advance(minutes=1)
    alice.new_browser()
    alice.signs_in()
    assert "New sign-in" in alice.mailbox.messages(alice.email)[-1]["subject"]
    alice.submit(alice.get("/home/profile"), "language", language="tlh")
    assert reach_of(alice).lang == "en"
