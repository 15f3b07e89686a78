"""Signing in by a provider: what it is asked, and where one gets with what it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from authz.identity.models import Account, BrowserSession
from tests.actors import claims_of, params_of
from tests.cast import GLUCO_ENTRY, register
from tests.clock import Clock
from tests.fakes.openid_provider import SECRET, Upstream
from tests.flows.upstream.visits import Visitor, asked
from tests.spec import spec
from tests.standing import unit_in

CORE = "OpenID Connect Core 1.0"


@spec(CORE, "3.1.2.1", "the request of a relying party: code, nonce, state, acr_values, prompt, and PKCE")
def test_provider_is_asked_for_what_its_preset_says(her: Visitor, upstream: Upstream) -> None:
    address = her.leaves(her.person.get("/login"), upstream)
    assert address.startswith(f"{upstream.url}/authorize?")
    params = asked(address)
    assert params["response_type"] == "code"
    assert params["scope"] == "openid given_name family_name gender birthdate birthplace birthcountry"
    assert (params["acr_values"], params["prompt"]) == ("eidas1", "login consent")
    assert params["redirect_uri"] == "http://localhost/sign-in/fc/callback"
    assert params["code_challenge_method"] == "S256"
    assert len(params["nonce"]) == len(params["code_challenge"]) + 21 == 64
    assert "max_age" not in params


def test_linked_patient_signs_in_with_one_factor_there_and_one_here(her: Visitor, upstream: Upstream) -> None:
    her.links(upstream)
    her.starts_over()
    page = her.goes(upstream)
    assert page.request.path.endswith("/second-factor")
    assert her.confirms(page).request.path == "/home/measures"
    with unit_in(her.person.app) as session:
        assert "fed otp" in session.scalars(select(BrowserSession.amr)).all()
    assert her.linked[0].used_at is not None


@pytest.mark.parametrize("acr", ["eidas2", "eidas3"])
def test_surer_level_there_counts_as_two_factors(her: Visitor, upstream: Upstream, acr: str) -> None:
    her.links(upstream)
    her.starts_over()
    upstream.acr = acr
    assert her.goes(upstream).request.path == "/home/measures"
    with unit_in(her.person.app) as session:
        assert ("fed mfa", "aal2") in session.execute(select(BrowserSession.amr, BrowserSession.acr)).all()


def test_passkey_or_code_may_be_the_second_factor_but_not_somebody_elses(
    her: Visitor, visitor: Callable[..., Visitor], upstream: Upstream
) -> None:
    her.links(upstream)
    mallory = visitor("mallory.stranger")
    her.starts_over()
    page = her.goes(upstream)
    page = her.person.submit(page, "second-factor", method="email")
    code = mallory.person.mailbox.code_for(her.person.email)
    assert her.person.submit(page, "second-factor", code=str(int(code) ^ 1).zfill(6)).status_code == 400
    assert her.person.submit(page, "second-factor", code=code).request.path == "/home/measures"


def test_app_is_linked_by_way_of_the_provider(her: Visitor, upstream: Upstream, space: Flask) -> None:
    """The whole journey: arrival, provider, second factor, consent, and the app's tokens say how it was."""
    her.links(upstream)
    her.starts_over()
    partner = register(space, GLUCO_ENTRY)
    page = her.person.submit(her.person.get(partner.address()), "arrival")
    page = her.confirms(her.goes(upstream, page))
    assert page.request.path.endswith("/consent")
    tokens: Any = partner.redeem(params_of(her.person.decides(page, consents=["measures.glucose.write"]))["code"]).json
    assert claims_of(tokens["id_token"])["amr"] == ["fed", "otp"]
    assert claims_of(tokens["id_token"])["acr"] == "aal2"


def test_app_that_wishes_a_new_sign_in_gets_one_there_too(her: Visitor, upstream: Upstream, space: Flask) -> None:
    partner = register(space, GLUCO_ENTRY)
    page = her.person.submit(her.person.get(partner.address(max_age="60")), "arrival")
    assert asked(her.leaves(page, upstream))["prompt"] == "login consent"


def test_generic_provider_is_asked_for_a_recent_sign_in(her: Visitor, other_upstream: Upstream, space: Flask) -> None:
    params = asked(her.leaves(her.person.get("/login"), other_upstream))
    assert params["max_age"] == "300"
    assert "prompt" not in params
    assert "acr_values" not in params
    partner = register(space, GLUCO_ENTRY)
    page = her.person.submit(her.person.get(partner.address(prompt="login")), "arrival")
    anew = asked(her.leaves(page, other_upstream))
    assert (anew["prompt"], anew["max_age"]) == ("login", "0")


def test_app_that_needs_a_passkey_offers_no_provider(her: Visitor, upstream: Upstream, space: Flask) -> None:
    partner = register(space, GLUCO_ENTRY)
    demand = '{"id_token":{"acr":{"essential":true,"value":"phr"}}}'
    page = her.person.submit(her.person.get(partner.address(claims=demand)), "arrival")
    assert "provider?name=" not in page.text


def test_unknown_person_signs_in_here_once_and_is_asked_whether_to_link(her: Visitor, upstream: Upstream) -> None:
    page = her.goes(upstream)
    assert page.request.path.endswith("/login")
    assert "FranceConnect vous connaît" in page.text or "FranceConnect knows you" in page.text
    page = her.person.passes_sign_in(page)
    assert page.request.path.endswith("/link")
    assert "Alice Élodie MARTIN" in page.text
    assert "3\u00a0mai\u00a01984" in page.text
    assert her.person.submit(page, "link", decision="link").request.path == "/home/measures"
    assert [one.name for one in her.linked] == ["Alice Élodie MARTIN"]
    her.starts_over()
    assert her.goes(upstream).request.path.endswith("/second-factor")


def test_patient_may_leave_the_two_apart(her: Visitor, upstream: Upstream) -> None:
    page = her.person.passes_sign_in(her.goes(upstream))
    assert her.person.submit(page, "link", decision="leave").request.path == "/home/measures"
    assert her.linked == []


def test_question_to_link_comes_before_the_consent_and_once(her: Visitor, upstream: Upstream, space: Flask) -> None:
    partner = register(space, GLUCO_ENTRY)
    page = her.person.submit(her.person.get(partner.address()), "arrival")
    page = her.person.passes_sign_in(her.goes(upstream, page))
    assert page.request.path.endswith("/link")
    page = her.person.submit(page, "link", decision="link")
    assert page.request.path.endswith("/consent")
    assert her.person.get(page.request.path.replace("/consent", "/link")).request.path.endswith("/consent")


def test_proof_that_is_too_old_is_not_offered(her: Visitor, upstream: Upstream, clock: Clock) -> None:
    page = her.goes(upstream)
    clock.advance(minutes=11)
    assert her.person.passes_sign_in(page).request.path == "/home/measures"
    assert her.linked == []


def test_person_may_go_on_as_somebody_else(her: Visitor, visitor: Callable[..., Visitor], upstream: Upstream) -> None:
    """The first factor that a provider vouched for is forgotten with the account that it was for."""
    her.links(upstream)
    other = visitor("paul.martin")
    her.starts_over()
    page = her.person.submit(her.goes(upstream), "someone-else")
    assert page.request.path.endswith("/login")
    other.person.browser = her.person.browser
    assert other.person.passes_sign_in(page).request.path == "/home/measures"
    with unit_in(her.person.app) as session:
        query = select(BrowserSession.account_id, BrowserSession.amr).order_by(BrowserSession.id.desc()).limit(1)
        assert session.execute(query).one() == (other.person.account_id, "pwd otp")


def test_new_device_is_told_and_the_journal_has_its_lines(her: Visitor, upstream: Upstream) -> None:
    her.links(upstream)
    her.starts_over()
    her.confirms(her.goes(upstream))
    page = her.person.get("/home/activity")
    assert "Vous êtes passé par le service que vous avez relié" in page.text
    assert "Un autre service a été relié" in page.text
    subjects = [mail["subject"] for mail in her.person.mailbox.messages(her.person.email)]
    assert any(subject.startswith("Nouvelle connexion") for subject in subjects)


@pytest.mark.parametrize("name", ["", "nobody", "FC"])
def test_provider_that_is_not_set_is_not_known(her: Visitor, name: str) -> None:
    interaction_id = her.person.get("/login").request.path.split("/")[2]
    assert her.person.browser.get(f"/pair/{interaction_id}/provider?name={name}").status_code == 404
    assert her.person.browser.get(f"/sign-in/{name or 'x'}/callback?state=x").status_code == 404


def test_provider_gets_our_secret_in_the_form(her: Visitor, upstream: Upstream) -> None:
    her.goes(upstream)
    form = upstream.forms[-1]
    assert (form["client_id"], form["client_secret"]) == ("appairage", SECRET)
    assert len(form["code_verifier"]) == 64


def test_closed_account_is_not_signed_in_to(her: Visitor, upstream: Upstream, clock: Clock) -> None:
    her.links(upstream)
    with unit_in(her.person.app) as session:
        session.execute(update(Account).values(closed_at=clock.now()))
    her.starts_over()
    assert her.goes(upstream).request.path.endswith("/login")
