"""What a client may wish of a sign-in: whom it expects, which account, which level, which language, which display."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete

from authz import keys
from authz.clients.metadata import InvalidClientMetadata
from authz.identity.models import Delegation
from tests.actors import Forms, Partner, Person, claims_of, params_of
from tests.cast import register
from tests.clock import Clock
from tests.protocol.oidc.conftest import agreed
from tests.spec import spec
from tests.standing import unit_in

CORE = "OpenID Connect Core"


@pytest.fixture
def clinic(app: Flask) -> Partner:
    """Give an OpenID client whose users are asked nothing but to sign in."""
    partner = register(app, profile="oidc", client_name="Clinic", redirect_uris=["https://clinic.example/callback"])
    partner.scope = "openid"
    return partner


def tokens_of(person: Person, partner: Partner, **changes: str) -> dict[str, Any]:
    """Sign somebody in to an app."""
    page = agreed(person, person.arrives_at_consent(partner, **changes))
    tokens: dict[str, Any] = partner.redeem(params_of(page)["code"]).json
    return tokens


def tokens_for(person: Person, partner: Partner, name: str, **changes: str) -> dict[str, Any]:
    """Link one of somebody's family to an app."""
    page = person.decides(
        person.arrives_at_consent(partner, **changes), consents=["profile"], profile=person.profile_id(name)
    )
    tokens: dict[str, Any] = partner.redeem(params_of(page)["code"]).json
    return tokens


@spec(CORE, "3.1.2.1", "an ID token of who is signed in is answered silently, expired too; of somebody else it is not")
def test_hint_names_who_is_expected(alice: Person, paul: Person, clinic: Partner, clock: Clock) -> None:
    hint = tokens_of(alice, clinic)["id_token"]
    clock.advance(minutes=20)
    assert "code" in params_of(alice.get(clinic.address(prompt="none", id_token_hint=hint)))
    other = tokens_of(paul, clinic)["id_token"]
    assert params_of(alice.get(clinic.address(prompt="none", id_token_hint=other)))["error"] == "login_required"
    alice.new_browser()
    assert params_of(alice.get(clinic.address(prompt="none", id_token_hint=hint)))["error"] == "login_required"
    alice.signs_in()  # another session of the same person
    assert "code" in params_of(alice.get(clinic.address(prompt="none", id_token_hint=hint)))


@spec(CORE, "3.1.2.1", "whom the hint names is asked to sign in; if somebody else does, the client is told")
def test_somebody_else_than_the_hint_is_turned_away(alice: Person, paul: Person, clinic: Partner, clock: Clock) -> None:
    hint = tokens_of(alice, clinic)["id_token"]
    tokens_of(paul, clinic)
    page = paul.get(clinic.address(id_token_hint=hint))
    assert page.request.path.endswith("/login")
    alice.browser = paul.browser
    assert "code" in params_of(agreed(alice, alice.passes_sign_in(page)))
    clock.advance(minutes=5)  # a code can be asked for anew
    page = alice.get(clinic.address(id_token_hint=hint, prompt="login"))
    paul.browser = alice.browser
    refused = params_of(paul.passes_sign_in(page))
    assert refused["error"] == "login_required"
    assert refused["state"] == clinic.state


def test_parent_is_known_by_a_hint_about_the_child(paul: Person, alice: Person, app: Flask) -> None:
    partner = register(app, redirect_uris=["https://clinic.example/callback"])
    partner.scope = "openid measures.read"
    page = paul.decides(paul.arrives_at_consent(partner), consents=["measures.read"], profile=paul.profile_id("Zoé"))
    hint = partner.redeem(params_of(page)["code"]).json["id_token"]
    assert "act" in claims_of(hint)
    paul.new_browser()
    paul.signs_in()
    assert params_of(paul.get(partner.address(prompt="none", id_token_hint=hint)))["error"] == "consent_required"
    alice.signs_in()
    assert params_of(alice.get(partner.address(prompt="none", id_token_hint=hint)))["error"] == "login_required"


@spec(
    CORE, "3.1.2.1", "a hint about a child is answered about that child, though the parent has an answer of their own"
)
def test_hint_about_the_child_is_answered_about_nobody_else(paul: Person, clinic: Partner, clock: Clock) -> None:
    clinic.scope = "openid profile"
    own = tokens_for(paul, clinic, "Paul")["subject"]
    told = tokens_for(paul, clinic, "Zoé", prompt="consent")
    hint = told["id_token"]
    assert claims_of(hint)["act"]["sub"] == own
    clock.advance(minutes=5)
    assert params_of(paul.get(clinic.address(prompt="none", id_token_hint=hint)))["error"] == "consent_required"
    page = paul.get(clinic.address(id_token_hint=hint))
    assert 'data-name="Zoé"' in page.text
    assert 'data-name="Paul"' not in page.text
    forged = paul.submit(page, "consent", decision="allow", scope=["profile"], profile=paul.profile_id("Paul"))
    assert forged.status_code == 403
    home = paul.decides(page, consents=["profile"], profile=paul.profile_id("Zoé"))
    assert clinic.redeem(params_of(home)["code"]).json["subject"] == told["subject"]


@spec(CORE, "3.1.2.1", "who may no longer act for the person of a hint is not who is expected")
def test_hint_of_a_right_that_ended_brings_nothing(paul: Person, clinic: Partner, clock: Clock) -> None:
    clinic.scope = "openid profile"
    own = tokens_for(paul, clinic, "Paul")["id_token"]
    hint = tokens_for(paul, clinic, "Zoé", prompt="consent")["id_token"]
    with unit_in(paul.app) as session:
        session.execute(delete(Delegation).where(Delegation.profile_id == paul.profile_id("Zoé")))
    assert params_of(paul.get(clinic.address(prompt="none", id_token_hint=hint)))["error"] == "login_required"
    clock.advance(minutes=5)  # a code can be asked for anew
    page = paul.get(clinic.address(id_token_hint=hint))
    assert page.request.path.endswith("/login")
    assert params_of(paul.passes_sign_in(page))["error"] == "login_required"
    assert "code" in params_of(paul.get(clinic.address(prompt="none", id_token_hint=own)))


@spec(CORE, "3.1.2.1", "a hint that is no ID token of this client is refused")
def test_hint_that_is_not_ours_is_refused(alice: Person, clinic: Partner, otherapp: Partner) -> None:
    mine = tokens_of(alice, clinic)["id_token"]
    with unit_in(alice.app):
        foreign = keys.sign(claims_of(mine) | {"aud": otherapp.client_id}, alg="RS256")
    for hint in ("nonsense", mine[:-6] + "AAAAAA", foreign):
        assert params_of(alice.get(clinic.address(id_token_hint=hint)))["error"] == "invalid_request"


@spec(CORE, "3.1.2.1", "prompt=select_account asks which account; the one that is there, or another")
def test_patient_chooses_the_account(alice: Person, paul: Person, clinic: Partner) -> None:
    first = tokens_of(alice, clinic)["subject"]
    page = alice.get(clinic.address(prompt="select_account"))
    assert page.request.path.endswith("/account")
    assert "Alice Martin" in page.text
    home = alice.submit(page, "account", account="same")
    assert clinic.redeem(params_of(home)["code"]).json["subject"] == first
    page = alice.submit(alice.get(clinic.address(prompt="select_account")), "account", account="other")
    assert page.request.path.endswith("/login")
    paul.browser = alice.browser
    home = agreed(paul, paul.passes_sign_in(page))
    assert clinic.redeem(params_of(home)["code"]).json["subject"] != first
    page = paul.get(clinic.address(prompt="select_account"))
    assert params_of(paul.submit(page, "account", to=page.request.path.replace("/account", "/cancel")))["error"]


@spec(CORE, "3.1.2.6", "prompt=select_account and nobody signed in: the sign-in is the choice")
def test_sign_in_is_a_choice_of_account(alice: Person, clinic: Partner) -> None:
    page = alice.get(clinic.address(prompt="select_account"))
    assert page.request.path.endswith("/login")
    assert "code" in params_of(agreed(alice, alice.passes_sign_in(page)))
    assert params_of(alice.get(clinic.address(prompt="none select_account")))["error"] == "invalid_request"


@spec(CORE, "3.1.2.1", "login_hint fills the field; display, ui_locales and claims_locales are never an error")
@pytest.mark.parametrize(
    "wish",
    [
        {"display": "page"}, {"display": "popup"}, {"display": "touch"}, {"display": "unheard"},
        {"ui_locales": "en"}, {"ui_locales": "se xx-YY"}, {"claims_locales": "se"}, {"extra": "foobar"},
    ],
)  # fmt: skip
def test_small_wishes_are_never_an_error(alice: Person, clinic: Partner, wish: dict[str, str]) -> None:
    page = alice.get(clinic.address(login_hint="alice.martin", **wish))
    assert page.status_code == 200
    assert 'value="alice.martin"' in page.text
    assert ('lang="en"' in page.text.split("<head>")[0]) == (wish.get("ui_locales") == "en")
    assert "code" in params_of(agreed(alice, alice.passes_sign_in(page)))


@spec(CORE, "3.1.2.1", "acr_values are wishes: every level that is advertised is one that is reached and told")
def test_advertised_levels_are_reached(alice: Person, clinic: Partner) -> None:
    levels = clinic.http.get("/.well-known/openid-configuration").json["acr_values_supported"]
    signed = claims_of(tokens_of(alice, clinic, acr_values=" ".join(levels))["id_token"])
    assert signed["acr"] in levels
    assert signed["amr"] == ["pwd", "otp"]
    assert claims_of(tokens_of(alice, clinic, acr_values="1 2")["id_token"])["acr"] in levels


@spec(
    "OpenID Connect Registration", "2", "default_max_age and default_acr_values stand in for what a request leaves out"
)
def test_registered_defaults_count(alice: Person, app: Flask, clock: Clock) -> None:
    partner = register(
        app,
        profile="oidc",
        redirect_uris=["https://strict.example/cb"],
        default_max_age=60,
        default_acr_values=["aal2"],
    )
    partner.scope = "openid"
    assert claims_of(tokens_of(alice, partner)["id_token"])["acr"] == "aal2"
    clock.advance(minutes=2)
    assert alice.get(partner.address()).request.path.endswith("/login")
    assert "code" in params_of(alice.get(partner.address(max_age="1000")))
    for wrong in ({"default_max_age": "60"}, {"default_max_age": True}, {"default_acr_values": "aal2"}):
        with pytest.raises(InvalidClientMetadata):
            register(app, **wrong)


@spec(CORE, "3.1.2.1", "prompt=login and a wrong account: the form is the same page, without script")
def test_account_page_works_for_apps_of_the_catalogue(alice: Person, glucoapp: Partner) -> None:
    alice.signs_in()
    page = alice.get(glucoapp.address(prompt="select_account"))
    assert "account" in Forms(page.text).found
    page = alice.submit(page, "account", account="same")
    assert page.request.path.endswith("/consent")
