"""Signing out of a browser that came by a provider: here first, there too, then on to where it was going."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.actors import Person, params_of
from tests.cast import register
from tests.clock import Clock
from tests.fakes.openid_provider import Upstream
from tests.flows.upstream.visits import Visitor, asked
from tests.spec import spec

RP_LOGOUT = "OpenID Connect RP-Initiated Logout 1.0"


def _signs_out(person: Person) -> Any:
    page = person.get("/home/security")
    return person.submit(page, next(form for form in ("logout", "sign-out") if f'id="{form}"' in page.text))


@pytest.fixture
def arrived(her: Visitor, upstream: Upstream) -> Visitor:
    """Give Alice, signed in by the provider."""
    her.links(upstream)
    her.starts_over()
    her.confirms(her.goes(upstream))
    return her


@spec(RP_LOGOUT, "2", "id_token_hint, state and post_logout_redirect_uri of a relying party that signs out")
def test_patient_who_came_by_a_provider_is_signed_out_of_both(arrived: Visitor, upstream: Upstream) -> None:
    page = _signs_out(arrived.person)
    assert arrived.person.browser.get("/home/measures").status_code == 303
    address = page.headers["Refresh"].removeprefix("0; url=")
    assert address.startswith(f"{upstream.url}/session/end?")
    assert address.replace("&", "&amp;") in page.text
    params = asked(address)
    assert params["id_token_hint"].count(".") == 2
    assert params["post_logout_redirect_uri"] == "http://localhost/sign-out/back"
    back = arrived.person.get(f"/sign-out/back?state={params['state']}")
    assert back.request.path.endswith("/login")
    assert "Déconnexion faite" in back.text


def test_way_back_is_for_the_browser_that_left(arrived: Visitor, upstream: Upstream) -> None:
    state = asked(_signs_out(arrived.person).headers["Refresh"].removeprefix("0; url="))["state"]
    arrived.starts_over()
    assert arrived.person.get(f"/sign-out/back?state={state}").request.path == "/sign-out/done"


@pytest.mark.parametrize("text", ["", "x", "https://evil.example", "00000000.AAAA", "é"])
def test_made_up_way_leads_nowhere(arrived: Visitor, text: str) -> None:
    for path in ("/sign-out/back?state=", "/sign-out/provider?to="):
        page = arrived.person.get(path + text)
        assert page.request.path == "/sign-out/done"
        assert "Refresh" not in page.headers


def test_patient_who_came_by_a_password_is_signed_out_here_alone(her: Visitor, upstream: Upstream) -> None:
    her.person.signs_in()
    assert _signs_out(her.person).request.path.endswith("/login")


def test_provider_that_is_down_keeps_nobody_signed_in(arrived: Visitor, upstream: Upstream, clock: Clock) -> None:
    arrived.person.app.extensions["remote_documents"].clear()
    upstream.statuses[".well-known/openid-configuration"] = 500
    assert _signs_out(arrived.person).request.path.endswith("/login")
    assert arrived.person.browser.get("/home/measures").status_code == 303


def test_provider_without_a_logout_is_left_alone(her: Visitor, other_upstream: Upstream) -> None:
    other_upstream.is_signed = False
    other_upstream.metadata = {"end_session_endpoint": None}
    her.links(other_upstream)
    her.starts_over()
    her.confirms(her.goes(other_upstream))
    assert _signs_out(her.person).request.path.endswith("/login")


def test_app_that_signs_a_patient_out_gets_them_back_by_way_of_the_provider(
    arrived: Visitor, upstream: Upstream, space: Flask
) -> None:
    clinic = register(
        space, profile="oidc", client_name="Clinic", redirect_uris=["https://clinic.example/callback"],
        post_logout_redirect_uris=["https://clinic.example/bye"],
    )  # fmt: skip
    clinic.scope = "openid"
    answer = arrived.person.decides(arrived.person.arrives_at_consent(clinic))
    token = clinic.redeem(params_of(answer)["code"]).json["id_token"]
    bye = {"id_token_hint": token, "post_logout_redirect_uri": "https://clinic.example/bye", "state": "s1"}
    page = arrived.person._follow(arrived.person.browser.get("/end_session", query_string=bye))
    state = asked(page.headers["Refresh"].removeprefix("0; url="))["state"]
    back = arrived.person.browser.get(f"/sign-out/back?state={state}")
    assert back.headers["Location"] == "https://clinic.example/bye?state=s1"


def test_what_was_kept_for_the_sign_out_is_forgotten_with_the_session(
    arrived: Visitor, clock: Clock, unit: Callable[..., Any]
) -> None:
    from authz.identity import upstream_identities

    with unit():
        assert upstream_identities.purge(clock.now()) == 0
    clock.advance(hours=13)
    with unit():
        assert upstream_identities.purge(clock.now()) == 2  # the link's own browser, and the one after it
