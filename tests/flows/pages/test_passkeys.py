"""Passkeys at home and at the sign-in: added, used, named, removed; and the second factor that is asked first."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from authz.identity import credentials
from tests.actors import Partner, Person, params_of
from tests.attestation import Maker
from tests.authenticator import BACKED_UP, SHARED, Authenticator, options_of
from tests.cast import enrol
from tests.clock import Clock
from tests.conftest import mailbox_of
from tests.flows.passkey_owner import adds_passkey, signs_in_with
from tests.spec import spec

WEBAUTHN = "Web Authentication Level 3"


@pytest.fixture
def key(alice: Person) -> Authenticator:
    """Give Alice, signed in, a passkey."""
    alice.signs_in()
    made = Authenticator()
    adds_passkey(alice, made, name="Mon téléphone")
    return made


@spec(WEBAUTHN, "7.2", "a credential that its user verified signs in")
def test_patient_signs_in_with_a_passkey_alone(alice: Person, key: Authenticator) -> None:
    alice.new_browser()
    page = signs_in_with(alice, key)
    assert page.request.path == "/home/measures"
    journal = alice.get("/home/activity").text
    assert "Avec une clé d’accès" in journal
    assert "Une clé d’accès a été ajoutée" in journal


def test_patient_is_told_of_a_new_passkey_everywhere(app: Flask) -> None:
    mailbox = mailbox_of(app, app.extensions["settings"].data_dir)
    alice = enrol(app, mailbox, "alice.everywhere", phone="+33639980339")
    alice.signs_in()
    adds_passkey(alice, Authenticator())
    assert "Clé d’accès ajoutée" in mailbox.messages(alice.email)[-1]["subject"]
    assert "clé d’accès a été ajoutée" in mailbox.messages("+33639980339")[-1]["text"]
    assert "Clé d’accès ajoutée" in alice.get("/home/notices").text


def test_patient_sees_names_and_removes_passkeys(alice: Person, key: Authenticator) -> None:
    other = Authenticator(is_synced=True, counts=False)
    page = adds_passkey(alice, other, name="  Ordinateur\u202e  de la maison ")
    assert "Mon téléphone" in page.text
    assert "Ordinateur de la maison" in page.text
    first, second = (card.id for card in _cards(alice))
    shown = alice.get(f"/home/security/passkeys/{first}")
    assert "sur un seul appareil" in shown.text
    assert "partagent leurs clés" in alice.get(f"/home/security/passkeys/{second}").text
    renamed = alice.submit(shown, "rename", name="Clé du bureau")
    assert "Clé du bureau" in renamed.text
    gone = alice.submit(alice.get(f"/home/security/passkeys/{first}"), "remove")
    assert "Clé du bureau" not in gone.text
    assert alice.get(f"/home/security/passkeys/{first}").status_code == 404
    alice.new_browser()
    refused = signs_in_with(alice, key)
    assert refused.status_code == 400
    assert "Nous ne connaissons pas" not in refused.text
    assert "Elle a été supprimée ici" in refused.text
    assert signs_in_with(alice, other).request.path == "/home/measures"


def test_passkey_without_a_name_is_called_after_its_browser(alice: Person) -> None:
    alice.signs_in()
    adds_passkey(alice, Authenticator(), name="")
    assert [card.name for card in _cards(alice)] == ["Une clé d’accès"]


@spec(WEBAUTHN, "7.1", "a credential that is registered already is not registered again")
def test_same_passkey_is_not_added_twice(alice: Person, key: Authenticator) -> None:
    page = alice.get("/home/security/passkeys/new")
    excluded = options_of(page.text)["excludeCredentials"]
    assert len(excluded) == 1
    again = alice.submit(page, "passkey-form", answer=key.makes(page.text), name="Encore")
    assert again.status_code == 400
    assert "n’a pas été ajoutée" in again.text
    assert len(_cards(alice)) == 1


@spec(WEBAUTHN, "7.2", "the user verification, resident key and challenge that are asked for")
def test_page_asks_for_a_discoverable_key_and_a_test_of_the_user(alice: Person, key: Authenticator) -> None:
    asked = options_of(alice.get("/home/security/passkeys/new").text)
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["attestation"] == "none"
    assert asked["rp"]["id"] == "localhost"
    assert alice.identifier == asked["user"]["name"]
    alice.new_browser()
    wanted = options_of(alice.get("/login").text)
    assert wanted["userVerification"] == "required"
    assert not wanted.get("allowCredentials")


def test_passkey_takes_the_place_of_the_code(alice: Person, key: Authenticator) -> None:
    alice.new_browser()
    page = alice.submit(alice.get("/login"), "login", identifier=alice.identifier, password=alice.password)
    assert len(options_of(page.text)["allowCredentials"]) == 1
    wrong = alice.submit(page, "passkey-form", answer="{}")
    assert "La clé d’accès n’a pas fonctionné" in wrong.text
    done = alice.submit(wrong, "passkey-form", answer=key.but(user_handle=None).signs(wrong.text))
    assert done.request.path == "/home/measures"


def test_patient_without_passkeys_is_offered_none_beside_the_code(mallory: Person) -> None:
    page = mallory.submit(mallory.get("/login"), "login", identifier=mallory.identifier, password=mallory.password)
    assert "data-options" not in page.text


def test_change_asks_for_a_second_factor_that_is_recent(alice: Person, key: Authenticator, clock: Clock) -> None:
    assert alice.get("/home/security/passkeys/new").status_code == 200
    clock.advance(minutes=11)
    page = alice.get("/home/security/passkeys/new")
    assert page.request.path == "/home/confirm"
    sent = alice.submit(page, "second-factor", method="email")
    assert alice.get(sent.request.full_path).request.path == "/home/confirm"
    assert "confirmer un changement" in alice.mailbox.messages(alice.email)[-1]["subject"]
    wrong = alice.submit(sent, "second-factor", code="000000")
    assert wrong.status_code == 400
    done = alice.submit(wrong, "second-factor", code=alice.mailbox.code_for(alice.email))
    assert done.request.path == "/home/security/passkeys/new"
    assert "Vous avez confirmé" in alice.get("/home/activity").text


def test_change_is_confirmed_by_a_passkey(alice: Person, key: Authenticator, clock: Clock) -> None:
    clock.advance(minutes=11)
    page = alice.get("/home/security/passkeys/new")
    wrong = alice.submit(page, "passkey-form", answer="nonsense")
    assert "La clé d’accès n’a pas fonctionné" in wrong.text
    done = alice.submit(wrong, "passkey-form", answer=key.signs(wrong.text))
    assert done.request.path == "/home/security/passkeys/new"


def test_form_sent_too_late_does_nothing_and_comes_back_after_the_factor(
    alice: Person, key: Authenticator, clock: Clock
) -> None:
    page = alice.get(f"/home/security/passkeys/{_cards(alice)[0].id}")
    clock.advance(minutes=11)
    late = alice.submit(page, "remove")
    assert late.request.path == "/home/confirm"
    assert len(_cards(alice)) == 1


def test_confirmation_asked_twice_sends_one_code_and_unknown_ways_lead_to_the_choice(
    alice: Person, clock: Clock
) -> None:
    alice.signs_in()
    page = alice.get("/home/confirm?next=/home/security")
    soon = alice.submit(page, "second-factor", method="email")
    assert soon.status_code == 429  # the code of the sign-in was sent a moment ago
    assert "Aucun code envoyé" in soon.text
    clock.advance(seconds=31)
    alice.submit(page, "second-factor", method="email")
    again = alice.submit(page, "second-factor", method="email")
    assert 'id="code"' in again.text
    assert len([one for one in alice.mailbox.messages(alice.email) if "confirmer" in one["subject"]]) == 1
    assert 'id="m-email"' in alice.submit(page, "second-factor", method="pigeon").text


@spec("OpenID Connect Core 1.0", "5.5.1.1", "an essential level that a passkey reaches is reached by it, or refused")
def test_app_that_needs_the_surest_sign_in_gets_it_or_hears_no(
    alice: Person, key: Authenticator, clinic: Partner
) -> None:
    wish = json.dumps({"id_token": {"acr": {"essential": True, "value": "phr"}}})
    page = alice.get(clinic.address(claims=wish))
    assert page.request.path.endswith("/login")  # signed in by a code: not enough
    assert "la façon la plus sûre" in page.text
    assert 'id="password"' not in page.text
    page = alice.submit(page, "passkey-form", answer=key.signs(page.text))
    assert "code" in params_of(alice.decides(page, consents=["profile"]))
    alice.new_browser()
    page = alice.get(clinic.address(claims=wish))
    token = {"csrf_token": page.text.split('name="csrf_token" value="')[1].split('"')[0]}
    form = token | {"identifier": alice.identifier, "password": alice.password}
    page = alice._follow(alice.browser.post(page.request.path, data=form))
    page = alice.submit(page, "second-factor", method="email")
    refused = alice.submit(page, "second-factor", code=alice.mailbox.code_for(alice.email))
    assert params_of(refused)["error"] == "unmet_authentication_requirements"


def test_patient_signs_out_every_other_browser(alice: Person) -> None:
    alice.signs_in()
    others = [alice.browser]
    for _ in range(2):
        alice.new_browser()
        alice.signs_in()
        others.append(alice.browser)
    page = alice.submit(alice.get("/home/security"), "browsers")
    assert "2 navigateurs sont déconnectés" in page.text.replace("\u00a0", " ")
    assert [one.get("/home/measures").status_code for one in others] == [303, 303, 200]


def test_passkeys_have_a_limit(alice: Person, key: Authenticator) -> None:
    page = alice.get("/home/security/passkeys/new")
    for _ in range(credentials.MOST - 1):
        adds_passkey(alice, Authenticator())
    full = alice.submit(page, "passkey-form", answer=Authenticator().makes(page.text), name="Une de trop")
    assert "beaucoup de clés" in full.text
    assert "beaucoup de clés" in alice.get("/home/security/passkeys/new").text
    assert len(_cards(alice)) == credentials.MOST


@spec(WEBAUTHN, "7.1", "an attestation that policy demands is verified up to an authority that is trusted")
def test_operator_takes_only_passkeys_whose_maker_vouches(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    maker, stranger = Maker(), Maker()
    authorities = tmp_path / "makers.pem"
    authorities.write_bytes(Maker().root_pem() + maker.root_pem())
    app = make_app(passkey_attestation="required", passkey_ca=str(authorities))
    alice = enrol(app, mailbox_of(app, app.extensions["settings"].data_dir), "alice.vouched")
    alice.signs_in()
    page = alice.get("/home/security/passkeys/new")
    assert options_of(page.text)["attestation"] == "direct"
    unnamed, itself = Authenticator(), Authenticator()
    refused = alice.submit(page, "passkey-form", answer=unnamed.makes(page.text), name="Sans nom")
    assert "se porte garant" in refused.text
    refused = alice.submit(page, "passkey-form", answer=maker.vouches(itself, page.text, by_itself=True), name="x")
    assert "se porte garant" in refused.text
    refused = alice.submit(page, "passkey-form", answer=stranger.vouches(Authenticator(), page.text), name="x")
    assert refused.status_code == 400
    taken = alice.submit(page, "passkey-form", answer=maker.vouches(Authenticator(), page.text), name="Vouée")
    assert "Vouée" in taken.text


@spec(WEBAUTHN, "6.1.3", "the backup state is kept as it was last told")
def test_backup_state_follows_what_the_device_says(alice: Person) -> None:
    alice.signs_in()
    new = Authenticator(counts=False)
    new.flags |= SHARED
    adds_passkey(alice, new)
    assert [card.is_backed_up for card in _cards(alice)] == [False]
    alice.new_browser()
    new.flags |= BACKED_UP
    signs_in_with(alice, new)
    assert [card.is_backed_up for card in _cards(alice)] == [True]


def _cards(person: Person) -> list[credentials.PasskeyCard]:
    with person.app.app_context():
        return credentials.list_of_account(person.account_id)
