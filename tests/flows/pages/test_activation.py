"""A newcomer opens a prepared space: from the letter to the signed-in home, and with an app that waits."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from authz.identity import accounts, civil, profiles
from authz.identity.civil_models import Activation, PreparedSpace
from authz.notifications import contacts
from tests import standing
from tests.actors import PASSWORD, Partner, Person
from tests.clock import Clock
from tests.flows.newcomer import EMAIL, NIR, PHONE, Newcomer, prepare
from tests.mailbox import Mailbox


@pytest.fixture
def jeanne(app: Flask, mailbox: Mailbox) -> Newcomer:
    """Give somebody whose space is prepared."""
    return Newcomer(app, mailbox, prepare(app))


def test_newcomer_opens_the_space_and_is_signed_in(app: Flask, jeanne: Newcomer, mailbox: Mailbox) -> None:
    page = jeanne.proves()
    assert page.request.path.endswith("/access")
    assert "Jeanne" in page.text
    page = jeanne.chooses(page)
    assert f'value="{EMAIL}"' in page.text, "the address that the operator knows is proposed"
    page = jeanne.gives_email(page)
    assert f'value="{PHONE}"' in page.text
    page = jeanne.submit(page, "address-form", address=PHONE)
    assert PHONE not in page.text
    page = jeanne.submit(page, "code-form", code=mailbox.code_for(PHONE))
    assert page.request.path == "/home/measures"
    assert "Votre espace de santé est ouvert" in page.text
    with app.app_context():
        card = accounts.find_card("jeanne.1958")
        assert card is not None
        assert card.name == "Jeanne Lefèvre"
        reach = contacts.find(card.id)
        assert reach == contacts.Reach("fr", EMAIL, email_verified=True, phone=PHONE, phone_verified=True)
        [own] = profiles.list_for(card.id)
        assert (own.is_self, own.birthdate and own.birthdate.isoformat()) == (True, "1958-04-12")
        assert civil.find_by_nir(NIR) == own.id
    assert "est ouvert" in mailbox.messages(EMAIL)[-1]["subject"]
    with standing.unit_in(app) as session:
        kept = session.scalars(select(Activation)).one()
        assert (kept.password_hash, kept.email_sealed, kept.phone_sealed) == (None, None, None)
        assert session.scalars(select(PreparedSpace)).one().profile_id == own.id


def test_newcomer_signs_in_later_with_what_was_chosen(app: Flask, jeanne: Newcomer, mailbox: Mailbox) -> None:
    jeanne.opens()
    with app.app_context():
        card = accounts.find_card("jeanne.1958")
    assert card is not None
    later = Person(app, mailbox, "jeanne.1958", EMAIL, card.id)
    assert later.signs_in().request.path == "/home/measures"


def test_app_that_waits_is_linked_after_the_space_is_open(jeanne: Newcomer, glucoapp: Partner) -> None:
    page = jeanne.submit(jeanne.get(glucoapp.address()), "arrival")
    assert page.request.path.endswith("/login")
    link = page.text.partition('href="/activate')[2].partition('"')[0]
    start = jeanne.get("/activate" + link)
    assert "GlucoApp" in start.text
    page = jeanne.opens(start)
    assert page.request.path.endswith("/consent")
    assert "GlucoApp" in page.text


def test_app_that_waited_too_long_does_not_stop_the_newcomer(jeanne: Newcomer, glucoapp: Partner, clock: Clock) -> None:
    page = jeanne.submit(jeanne.get(glucoapp.address()), "arrival")
    start = jeanne.get("/activate" + page.text.partition('href="/activate')[2].partition('"')[0])
    page = jeanne.chooses(jeanne.proves(start))
    clock.advance(minutes=40)
    page = jeanne.submit(jeanne.gives_email(page), "address-form", skip="1")
    assert page.request.path == "/home/measures"


def test_another_languages_newcomer_is_written_to_in_it(app: Flask, jeanne: Newcomer, mailbox: Mailbox) -> None:
    jeanne.get("/activate?lang=en")
    jeanne.opens()
    assert "code to open your space" in mailbox.messages(EMAIL)[0]["text"]
    with app.app_context():
        card = accounts.find_card("jeanne.1958")
        assert card is not None
        assert card.lang == "en"


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("code", "BCDF-GH23", "12 lettres et chiffres"),
        ("code", "BCDF-GH23-JK4!", "12 lettres et chiffres"),
        ("nir", NIR[:13], "15 caractères, tous des chiffres"),
        ("nir", NIR[:13] + "00", "les deux derniers vérifient"),
        ("card", "123", "11 derniers chiffres"),
        ("birthdate", "31/02/1958", "Tapez le jour"),
        ("birthdate", "12/04/3000", "Tapez le jour"),
        ("birthdate", "avril", "Tapez le jour"),
    ],
)
def test_mistyped_field_is_named_and_the_rest_is_kept(jeanne: Newcomer, field: str, typed: str, told: str) -> None:
    page = jeanne.proves(None, **{field: typed})
    assert page.status_code == 400
    assert told in page.text
    assert f'id="{field}-err"' in page.text
    assert NIR not in page.text
    assert 'value="12345678901"' not in page.text
    if field != "birthdate":
        assert 'value="12/04/1958"' in page.text
    assert jeanne.opens(page).request.path == "/home/measures"


@pytest.mark.parametrize("typed", ["12/04/1958", "12.4.1958", "12 04 1958", "12041958", "1958-04-12", " 12-4-1958 "])
def test_birth_date_is_understood_as_people_write_it(jeanne: Newcomer, typed: str) -> None:
    assert jeanne.proves(birthdate=typed).request.path.endswith("/access")


@pytest.mark.parametrize(
    ("identifier", "password", "told"),
    [
        ("jeanne", PASSWORD, "au moins 8 caractères"),
        (NIR, PASSWORD, "numéro de sécurité sociale ou de compte"),
        ("alice.martin", PASSWORD, "déjà cet identifiant"),
        ("jeanne.1958", "court", "12 caractères"),
        ("jeanne.1958", "azertyuiop123456", "premiers que d’autres essaieraient"),
        ("jeanne.1958", "vive Lefevre toujours", "N’y mettez ni votre nom"),
        ("jeanne.1958", "le 12041958 au matin", "N’y mettez ni votre nom"),
    ],
)
def test_identifier_and_password_under_the_rules(
    alice: Person, jeanne: Newcomer, identifier: str, password: str, told: str
) -> None:
    page = jeanne.chooses(jeanne.proves(), identifier, password)
    assert page.status_code == 400
    assert told in page.text
    assert f'value="{identifier}"' in page.text
    assert jeanne.chooses(page).request.path.endswith("/email")


def test_address_is_another_than_the_operator_knew_and_that_one_is_told(jeanne: Newcomer, mailbox: Mailbox) -> None:
    page = jeanne.chooses(jeanne.proves())
    page = jeanne.submit(page, "address-form", address="not an address")
    assert page.status_code == 400
    jeanne.submit(jeanne.gives_email(page, "new@example.org"), "address-form", skip="1")
    assert "est ouvert" in mailbox.messages(EMAIL)[-1]["subject"]
    assert "est ouvert" in mailbox.messages("new@example.org")[-1]["subject"]


def test_code_goes_again_once_a_moment_has_passed(jeanne: Newcomer, mailbox: Mailbox, clock: Clock) -> None:
    page = jeanne.submit(jeanne.chooses(jeanne.proves()), "address-form", address=EMAIL)
    early = jeanne.submit(page, "form-1", again="1")
    assert early.status_code == 429
    first = mailbox.code_for(EMAIL)
    clock.advance(seconds=31)
    page = jeanne.submit(page, "form-1", again="1")
    assert page.status_code == 200
    second = mailbox.code_for(EMAIL)
    if first != second:
        assert jeanne.submit(page, "code-form", code=first).status_code == 400
    assert jeanne.submit(page, "code-form", code=second).request.path.endswith("/phone")


def test_code_is_too_old(jeanne: Newcomer, mailbox: Mailbox, clock: Clock) -> None:
    page = jeanne.submit(jeanne.chooses(jeanne.proves()), "address-form", address=EMAIL)
    code = mailbox.code_for(EMAIL)
    clock.advance(minutes=16)
    page = jeanne.submit(page, "code-form", code=code)
    assert page.status_code == 400
    assert "plus de code valable" in page.text
    page = jeanne.submit(page, "form-1", again="1")
    assert jeanne.submit(page, "code-form", code=mailbox.code_for(EMAIL)).request.path.endswith("/phone")


def test_back_reload_and_second_tab_lead_on_and_do_nothing_twice(
    app: Flask, jeanne: Newcomer, mailbox: Mailbox
) -> None:
    proven = jeanne.proves()
    base = proven.request.path.removesuffix("/access")
    assert jeanne.get(f"{base}/phone").request.path.endswith("/access"), "no step is left out"
    chosen = jeanne.chooses(proven)
    assert jeanne.get(f"{base}/access").status_code == 200, "what was chosen may be changed"
    asked = jeanne.submit(chosen, "address-form", address=EMAIL)
    assert jeanne.submit(chosen, "address-form", address=EMAIL).request.path.endswith("/email-code")
    assert len(mailbox.messages(EMAIL)) == 1, "sent twice, it is one code"
    confirmed = jeanne.submit(asked, "code-form", code=mailbox.code_for(EMAIL))
    assert jeanne.submit(asked, "code-form", code="000000").request.path.endswith("/phone")
    tab = jeanne.send(confirmed, "address-form", skip="1")
    again = jeanne.send(confirmed, "address-form", skip="1")
    assert {tab.status_code, again.status_code} <= {303, 400}
    assert jeanne.get(f"{base}/access").request.path == "/home/measures"
    with standing.unit_in(app) as session:
        assert len(session.scalars(select(PreparedSpace)).all()) == 1


def test_newcomer_who_leaves_has_used_up_nothing(app: Flask, jeanne: Newcomer, mailbox: Mailbox, clock: Clock) -> None:
    page = jeanne.chooses(jeanne.proves())
    clock.advance(hours=2)
    late = jeanne.submit(page, "address-form", address=EMAIL)
    assert late.status_code == 400
    assert "recommencez avec votre code" in late.text
    assert Newcomer(app, mailbox, jeanne.code).opens().request.path == "/home/measures"
