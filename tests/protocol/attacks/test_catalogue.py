"""The field's catalogue of attacks on authorization servers, as far as no other test has them: all over HTTP alone."""

from __future__ import annotations

import re
import select
import socket
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask

from authz.notifications import worker
from tests.actors import Forms, Partner, Person, claims_of, params_of
from tests.minting import mint_code, mint_tokens
from tests.registering import invited, registers
from tests.spec import spec

MODES = ["query", "form_post", "jwt", "form_post.jwt"]


def answer_of(page: Any, mode: str) -> dict[str, str]:
    """Return what an app is told, whichever way."""
    if mode.startswith("form_post"):
        (fields,) = Forms(page.text).found.values()
        answer = {name: values[0] for name, values in fields.items()}
    else:
        answer = params_of(page)
    return claims_of(answer["response"]) if mode.endswith("jwt") else answer


@spec(
    "RFC 9700",
    "4.4",
    "each answer names its issuer in each mode, errors too: an answer of another server is told apart",
)
@pytest.mark.parametrize("mode", MODES)
def test_mixed_up_app_is_told_whose_answer_it_is(alice: Person, clinic: Partner, mode: str) -> None:
    error = alice.browser.get(clinic.address(response_mode=mode, prompt="none"))
    assert answer_of(error, mode)["iss"] == "http://localhost"
    alice.decides(alice.arrives_at_consent(clinic), consents=["profile", "email"])
    given = alice.browser.get(clinic.address(response_mode=mode, prompt="none"))
    answer = answer_of(given, mode)
    assert answer["code"]
    assert answer["iss"] == "http://localhost"
    assert answer["state"] == clinic.state


@spec("RFC 9700", "4.5", "a code of one session is no use in another: its verifier is not there")
def test_injected_code_is_refused(alice: Person, mallory: Person, glucoapp: Partner) -> None:
    stolen = mint_code(glucoapp, alice)
    own = mint_code(glucoapp, mallory)  # the app now holds the verifier of Mallory's session
    assert glucoapp.redeem(stolen).json["error"] == "invalid_grant"
    assert glucoapp.redeem(own).status_code == 200


@spec("RFC 6749", "10.12", "a code that was planted in the request does not come back")
def test_planted_answer_does_not_come_back(alice: Person, clinic: Partner) -> None:
    alice.decides(alice.arrives_at_consent(clinic), consents=["profile", "email"])
    planted = {"code": "planted", "iss": "https://evil.example", "error": "planted"}
    home = alice.browser.get(clinic.address(prompt="none", **planted)).headers["Location"]
    pairs = parse_qsl(urlsplit(home).query)
    assert [name for name, _ in pairs] == ["code", "state", "iss"]
    assert "planted" not in home
    assert "evil.example" not in home


@spec("RFC 9126", "4", "what stands in the address beside a pushed request does not count")
def test_pushed_request_is_not_changed_in_the_address(alice: Person, clinic: Partner) -> None:
    sent = {name: values[0] for name, values in parse_qs(urlsplit(clinic.address()).query).items()}
    named = {"client_id": clinic.client_id, "request_uri": clinic.post("/par", **sent).json["request_uri"]}
    beside = {"redirect_uri": "https://evil.example/", "state": "evil", "scope": "openid phone", "response_mode": "jwt"}
    alice.signs_in()
    page = alice.get("/authorize?" + urlencode(named | beside))
    home = alice.decides(page, consents=["profile", "email"])
    assert home.headers["Location"].startswith(clinic.redirect_uri)
    assert params_of(home)["state"] == clinic.state
    assert "phone" not in clinic.redeem(params_of(home)["code"]).json["scope"]


@spec("RFC 6749", "2.3.1", "a secret in the address is refused, right as it may be")
@pytest.mark.parametrize("path", ["/token", "/introspect", "/revoke", "/par", "/device_authorization"])
def test_secret_in_the_address_is_refused(clinic: Partner, path: str) -> None:
    proof = {"client_id": clinic.client_id, "client_secret": clinic.secret}
    answer = clinic.http.post(path, query_string=proof, data={"grant_type": "client_credentials", "token": "x"})
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@spec("RFC 6749", "6", "a confidential client refreshes only by proving itself")
def test_thief_of_a_refresh_token_has_no_secret(alice: Person, glucoapp: Partner) -> None:
    token = mint_tokens(glucoapp, alice)["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": glucoapp.client_id}
    for proof in ({}, {"client_secret": ""}, {"client_secret": "x" * 40}):
        answer = glucoapp.http.post("/token", data=form | proof)
        assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert glucoapp.refresh(token).status_code == 200


@spec("RFC 8725", "2.7", "no token passes for one of another kind")
def test_tokens_of_one_kind_are_no_other(alice: Person, clinic: Partner) -> None:
    tokens = mint_tokens(clinic, alice, scope="openid profile offline_access")
    code = mint_code(clinic, alice, scope="openid profile")
    for other in (tokens["refresh_token"], tokens["id_token"], code):
        assert clinic.call("GET", "/userinfo", other).status_code == 401
        assert clinic.post("/introspect", token=other).json.get("token_type") != "Bearer"
    for other in (tokens["access_token"], tokens["id_token"], code):
        assert clinic.refresh(other).json["error"] == "invalid_grant"
    for other in (tokens["access_token"], tokens["refresh_token"], tokens["id_token"]):
        assert clinic.redeem(other).json["error"] == "invalid_grant"
    assert clinic.redeem(code).status_code == 200


@spec("RFC 6749", "10.10", "nothing that opens a door can be guessed: 160 bits or more of chance in each")
def test_secrets_cannot_be_guessed(alice: Person, clinic: Partner, make_app: Callable[..., Flask]) -> None:
    tokens = mint_tokens(clinic, alice, scope="openid offline_access")
    sent = {name: values[0] for name, values in parse_qs(urlsplit(clinic.address()).query).items()}
    told = registers(make_app(registration="open"))
    secrets = [mint_code(clinic, alice), tokens["access_token"], tokens["refresh_token"], clinic.secret,
               clinic.post("/par", **sent).json["request_uri"].rpartition(":")[2], told.json["client_secret"],
               told.json["registration_access_token"], invited(alice.app)]  # fmt: skip
    for secret in secrets:
        drawn = str(secret).partition("_")[2] if re.match("^ap[a-z]*_", str(secret)) else str(secret)
        assert len(drawn) * 6 >= 160, drawn
    assert len({str(secret)[-20:] for secret in secrets}) == len(secrets)


@spec("RFC 9700", "4.16", "no page on the way of a request shows in a frame or tells its address to others")
@pytest.mark.parametrize("mode", MODES)
def test_no_page_of_a_request_shows_in_a_frame(alice: Person, clinic: Partner, mode: str) -> None:
    page = alice.get(clinic.address(response_mode=mode))
    seen = [page, alice.passes_sign_in(page)]
    seen.append(alice.decides(seen[-1], consents=["profile", "email"]))
    seen.append(alice.browser.get(clinic.address(redirect_uri="https://evil.example/")))
    for page in seen:
        assert page.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
        assert page.headers["Cache-Control"] == "no-store"


@pytest.fixture
def inner() -> Iterator[socket.socket]:
    """Give a listener inside, which nobody outside should be able to make the server call."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener


PLACES = ["jwks_uri", "sector_identifier_uri", "backchannel_logout_uri", "logo_uri", "client_uri", "tos_uri",
          "policy_uri", "initiate_login_uri", "redirect_uris", "post_logout_redirect_uris", "request_uris"]  # fmt: skip


@spec("RFC 9700", "4.11", "no address that a client registers or sends makes the server call inside")
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("place", PLACES)
def test_registered_address_makes_nobody_call_inside(
    make_app: Callable[..., Flask], inner: socket.socket, alice: Person, place: str, scheme: str
) -> None:
    app = make_app(registration="open")
    inside = f"{scheme}://127.0.0.1:{inner.getsockname()[1]}/x"
    value = [inside] if place.endswith("s") else inside
    wish: dict[str, Any] = {place: value} | (
        {"token_endpoint_auth_method": "private_key_jwt"} if "jwks" in place else {}
    )
    answer = registers(app, **wish)
    if answer.status_code == 201:
        _uses(app, alice, answer.json, inside)
    worker.run(app, once=True)
    assert select.select([inner], [], [], 0)[0] == [], "somebody called"


def _uses(app: Flask, person: Person, told: dict[str, Any], inside: str) -> None:
    """Do what would make a server call an address of a client: ask for consent, prove a client, sign somebody out."""
    partner = Partner(app, told["client_id"], told.get("client_secret"), told["redirect_uris"][0], scope="openid")
    person.get(partner.address(request_uri=inside))
    page = person.arrives_at_consent(partner)
    code = params_of(person.decides(page))["code"]
    assertion = "eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.e30.AAAA"
    partner.post("/token", client_assertion=assertion, grant_type="client_credentials")
    partner.post("/par", request_uri=inside)
    partner.redeem(code)
    person.get("/end_session")


@spec("RFC 9101", "10.4", "a request object is never fetched, from inside or elsewhere")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_request_uri_is_never_fetched(alice: Person, clinic: Partner, inner: socket.socket, scheme: str) -> None:
    inside = f"{scheme}://127.0.0.1:{inner.getsockname()[1]}/x"
    home = alice.browser.get(clinic.address(request_uri=inside))
    assert params_of(home)["error"] == "request_uri_not_supported"
    assert clinic.post("/par", request_uri=inside).json["error"] == "invalid_request"
    assert select.select([inner], [], [], 0)[0] == []
