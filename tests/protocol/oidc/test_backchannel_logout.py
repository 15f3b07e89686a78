"""Back-channel logout: apps hear by a signed token which session is over, and the patient never waits for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import select

from authz import clock as wall
from authz.clients import registry
from authz.clients.metadata import InvalidClientMetadata
from authz.identity import sessions
from authz.notifications import worker
from authz.notifications.models import Message
from tests.actors import Partner, Person, claims_of, params_of
from tests.cast import GLUCO_ENTRY, register
from tests.clock import Clock
from tests.fakes.relying_party import RelyingParty
from tests.protocol.oidc.conftest import Verified
from tests.spec import spec
from tests.standing import unit_in

DOCUMENT = "OpenID Connect Back-Channel Logout"
HOME = "https://clinic.example/bye"
EVENTS: dict[str, dict[str, str]] = {"http://schemas.openid.net/event/backchannel-logout": {}}


@pytest.fixture
def listener(app: Flask, party: RelyingParty) -> Partner:
    """Give an OpenID client that wants to hear of logouts."""
    partner = register(
        app, profile="oidc", client_name="Clinic", redirect_uris=["https://clinic.example/callback"],
        post_logout_redirect_uris=[HOME], backchannel_logout_uri=party.url + "/bye",
        id_token_signed_response_alg="ES256", backchannel_logout_session_required=True,
    )  # fmt: skip
    partner.scope = "openid profile"
    return partner


def tokens_of(person: Person, partner: Partner) -> dict[str, Any]:
    """Sign somebody in to an app."""
    page = person.arrives_at_consent(partner)
    if page.status_code == 200:
        page = person.decides(page, consents=["profile"])
    tokens: dict[str, Any] = partner.redeem(params_of(page)["code"]).json
    return tokens


@spec(DOCUMENT, "2.4", "iss, aud, iat, exp, jti, the one event, sub and sid, no nonce, typ logout+jwt")
@spec(DOCUMENT, "2.5", "posted as the only parameter, after an RP-initiated logout that did not wait for it")
@spec(DOCUMENT, "2.1", "the session is named by sid, as in the ID token; both are advertised")
def test_app_hears_of_the_logout(alice: Person, listener: Partner, party: RelyingParty, verified: Verified) -> None:
    found = listener.http.get("/.well-known/openid-configuration").json
    assert found["backchannel_logout_supported"] is True
    assert found["backchannel_logout_session_supported"] is True
    id_token = tokens_of(alice, listener)["id_token"]
    tokens_of(alice, listener)  # a second one in the same session changes nothing
    query = urlencode({"id_token_hint": id_token, "post_logout_redirect_uri": HOME})
    assert alice.get("/end_session?" + query).headers["Location"] == HOME
    assert party.posts == []
    worker.run(alice.app, once=True)
    header, claims = verified(listener, party.logout_tokens[0])
    assert len(party.posts) == 1
    assert header["typ"] == "logout+jwt"
    assert header["alg"] == "ES256"
    signed_in = claims_of(id_token)
    assert claims["iss"] == "http://localhost"
    assert claims["aud"] == listener.client_id
    assert claims["events"] == EVENTS
    assert claims["sub"] == signed_in["sub"]
    assert claims["sid"] == signed_in["sid"]
    assert claims["jti"]
    assert 0 < claims["exp"] - claims["iat"] <= 120
    assert "nonce" not in claims


@spec(
    DOCUMENT, "2.7", "refresh tokens without offline_access end with the session; those that the patient linked do not"
)
def test_sign_in_ends_and_the_link_stays(alice: Person, listener: Partner, glucoapp: Partner) -> None:
    tokens = tokens_of(alice, listener)
    listener.scope = "openid profile offline_access"
    kept = tokens_of(alice, listener)
    linked = alice.pairs(glucoapp, consents=["measures.glucose.write"])
    alice.submit(alice.get("/end_session"), "logout", decision="leave")
    assert listener.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert listener.call("GET", "/userinfo", tokens["access_token"]).status_code == 401
    assert listener.refresh(kept["refresh_token"]).status_code == 200
    assert glucoapp.refresh(linked["refresh_token"]).status_code == 200


@spec(
    DOCUMENT, "2.5", "whichever way the session ends: from another browser, by the operator, by somebody else's sign-in"
)
@pytest.mark.parametrize("way", ["another browser", "all", "somebody else", "own button"])
def test_each_end_of_a_session_is_told(
    alice: Person, paul: Person, listener: Partner, party: RelyingParty, way: str
) -> None:
    sid = claims_of(tokens_of(alice, listener)["id_token"])["sid"]
    with alice.app.test_request_context():
        session_id = sessions.list_of_account(alice.account_id)[0].id
    if way == "another browser":
        alice.new_browser()
        alice.signs_in()
        page = alice.get("/home/security")
        alice.submit(page, f"browser-{session_id}")
    elif way == "all":
        with alice.app.test_request_context(), unit_in(alice.app):
            assert sessions.end_all(alice.account_id) == 1
    elif way == "somebody else":
        page = alice.get(listener.address(prompt="login"))
        paul.browser = alice.browser
        paul.passes_sign_in(page)
    else:
        page = alice.get("/home/profile")
        token = page.text.split('action="/logout"')[1].split('value="')[1].split('"')[0]
        alice.browser.post("/logout", data={"csrf_token": token})
    worker.run(alice.app, once=True)
    assert [claims_of(token)["sid"] for token in party.logout_tokens] == [sid]


def test_proving_oneself_anew_is_no_logout(alice: Person, listener: Partner, party: RelyingParty, clock: Clock) -> None:
    before = claims_of(tokens_of(alice, listener)["id_token"])
    clock.advance(minutes=1)
    page = alice.passes_sign_in(alice.get(listener.address(prompt="login")))
    after = claims_of(listener.redeem(params_of(page)["code"]).json["id_token"])
    assert after["sid"] == before["sid"]
    assert after["auth_time"] > before["auth_time"]
    worker.run(alice.app, once=True)
    assert party.posts == []


def test_parent_of_two_subjects_is_named_by_the_session_alone(paul: Person, app: Flask, party: RelyingParty) -> None:
    partner = register(app, GLUCO_ENTRY, backchannel_logout_uri=party.url)
    for name in ("Paul", "Zoé"):
        paul.pairs(partner, consents=["measures.glucose.write"], profile=paul.profile_id(name))
    paul.submit(paul.get("/end_session"), "logout", decision="leave")
    worker.run(app, once=True)
    assert [set(claims_of(token)) & {"sub", "sid"} for token in party.logout_tokens] == [{"sid"}]


@spec(DOCUMENT, "2.8", "200 is taken; 400 is final; what may be mended is tried again, with a token that is fresh")
def test_slow_app_is_told_again(
    alice: Person, listener: Partner, party: RelyingParty, clock: Clock, unit: Callable[..., Any]
) -> None:
    tokens_of(alice, listener)
    party.status = 503
    alice.submit(alice.get("/end_session"), "logout", decision="leave")
    worker.run(alice.app, once=True)
    clock.advance(minutes=5)
    party.status = 204
    worker.run(alice.app, once=True)
    clock.advance(minutes=5)
    worker.run(alice.app, once=True)
    first, second = map(claims_of, party.logout_tokens)
    assert second["exp"] > wall.epoch() - 300 > first["exp"]
    assert first["jti"] != second["jti"]
    tokens_of(alice, listener)
    party.status = 400
    alice.submit(alice.get("/end_session"), "logout", decision="leave")
    worker.run(alice.app, once=True)
    clock.advance(hours=2)
    worker.run(alice.app, once=True)
    assert len(party.posts) == 3
    with unit() as session:
        failed = session.scalars(select(Message.failure).where(Message.channel == "webhook")).all()
    assert set(failed) == {None, "outbound: status 400"}


def test_app_gone_meanwhile_is_not_called(
    alice: Person, listener: Partner, party: RelyingParty, unit: Callable[..., Any]
) -> None:
    tokens_of(alice, listener)
    alice.submit(alice.get("/end_session"), "logout", decision="leave")
    with unit():
        registry.set_status(listener.client_id, "suspended")
    worker.run(alice.app, once=True)
    assert party.posts == []
    with unit():
        registry.set_status(listener.client_id, "active")
    tokens_of(alice, listener)
    alice.submit(alice.get("/end_session"), "logout", decision="leave")
    alice.app.extensions["settings"] = replace(alice.app.extensions["settings"], outbound_allow=())
    worker.run(alice.app, once=True)
    with unit() as session:
        failed = session.scalars(select(Message.failure).where(Message.channel == "webhook")).all()
    assert sorted(map(str, failed)) == ["nobody to call", "outbound: not https"]


@spec(DOCUMENT, "2.2", "the address is one that this server may call, without a fragment")
@pytest.mark.parametrize(
    "uri", ["http://clinic.example/bye", "https://clinic.example/bye#x", "https://u@clinic.example/", "nonsense", 7]
)
def test_odd_logout_addresses_are_refused(app: Flask, uri: object) -> None:
    with pytest.raises(InvalidClientMetadata, match="backchannel_logout_uri"):
        register(app, backchannel_logout_uri=uri)


@spec(
    "OpenID Connect RP-Initiated Logout", "3.1", "the addresses after a logout are held to the rules of redirect URIs"
)
@pytest.mark.parametrize("uris", [["http://clinic.example/"], ["https://clinic.example/#x"], "https://x.example/", [7]])
def test_odd_addresses_after_a_logout_are_refused(app: Flask, uris: object) -> None:
    with pytest.raises(InvalidClientMetadata, match="post_logout_redirect_uri"):
        register(app, post_logout_redirect_uris=uris)
