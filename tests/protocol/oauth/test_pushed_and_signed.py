"""Pushed (RFC 9126) and signed (RFC 9101) requests, and the ways an answer travels (form_post, JARM)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from tests.actors import Forms, Partner, Person, claims_of, params_of
from tests.cast import register
from tests.clock import Clock
from tests.signing import KEY
from tests.spec import spec

OTHER = ECKey.generate_key("P-256", {"kid": "k1"})


@pytest.fixture
def jar(clinic: Partner) -> Partner:
    """Give a client that may sign its requests."""
    partner = register(
        clinic.app, client_id="jar", profile="oidc", redirect_uris=["https://jar.example/callback"],
        jwks={"keys": [KEY.as_dict(private=False)]}, request_object_signing_alg="ES256",
    )  # fmt: skip
    partner.scope = "openid profile"
    return partner


def params_in(address: str) -> dict[str, str]:
    """Return the parameters of an authorization address."""
    from urllib.parse import parse_qsl

    return dict(parse_qsl(address.partition("?")[2]))


def pushed(partner: Partner, **changes: str | None) -> Any:
    """Push a request."""
    return partner.post("/par", **params_in(partner.address(**changes)))


def named(partner: Partner, request_uri: str) -> str:
    """Return the address that names a pushed request."""
    return "/authorize?" + urlencode({"client_id": partner.client_id, "request_uri": request_uri})


def signed(partner: Partner, key: ECKey = KEY, alg: str = "ES256", typ: str | None = None, **changes: Any) -> str:
    """Sign a request, with parameters or claims changed or (None) left out."""
    now = int(time.time())
    about = {"iss": partner.client_id, "aud": "http://localhost", "exp": now + 300, "nbf": now, "iat": now}
    claims = {
        name: value for name, value in (params_in(partner.address()) | about | changes).items() if value is not None
    }
    header = {"alg": alg, "kid": "k1"} | ({"typ": typ} if typ else {})
    return jwt.encode(header, claims, key, algorithms=[alg])


def with_object(partner: Partner, token: str, **beside: str) -> str:
    """Return the address with a signed request in it."""
    plain = {"client_id": partner.client_id, "redirect_uri": partner.redirect_uri, "request": token}
    return "/authorize?" + urlencode(plain | beside)


@spec("RFC 9126", "2.2", "201, a request_uri and its life; then the browser brings only that and the client_id")
def test_app_pushes_its_request(alice: Person, clinic: Partner) -> None:
    answer = pushed(clinic)
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["expires_in"] == 60
    address = named(clinic, answer.json["request_uri"])
    assert alice.get(address).status_code == 200
    page = alice.passes_sign_in(alice.get(address))
    home = alice.decides(page, consents=["profile"])
    assert clinic.redeem(params_of(home)["code"]).status_code == 200
    used = alice.browser.get(address)
    assert used.status_code == 400
    assert "request_uri" in used.text


@spec("RFC 9126", "4", "a request_uri is bound to its client and expires")
def test_pushed_request_is_its_clients_for_a_minute(
    alice: Person, clinic: Partner, glucoapp: Partner, clock: Clock
) -> None:
    request_uri = pushed(clinic).json["request_uri"]
    assert alice.browser.get(named(glucoapp, request_uri)).status_code == 400
    assert alice.browser.get(named(clinic, request_uri)).status_code == 303
    clock.advance(seconds=61)
    assert alice.browser.get(named(clinic, request_uri)).status_code == 400
    assert alice.browser.get(named(clinic, request_uri + "x")).status_code == 400


@spec("RFC 9126", "2.1", "the client proves itself; request_uri is refused; the request is checked at once")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "nothing"}, "invalid_scope"),
        ({"request_uri": "urn:x"}, "invalid_request"),
        ({"request": "nonsense"}, "invalid_request_object"),
    ],
)
def test_wrong_request_is_refused_when_pushed(clinic: Partner, changes: dict[str, str | None], code: str) -> None:
    answer = pushed(clinic, **changes)
    assert answer.status_code == 400
    assert answer.json["error"] == code


def test_stranger_cannot_push(clinic: Partner) -> None:
    params = params_in(clinic.address())
    assert clinic.http.post("/par", data=params, auth=(clinic.client_id, "wrong")).status_code == 401
    assert clinic.http.put("/par", data=params).status_code == 405


def test_public_app_pushes_too(alice: Person, otherapp: Partner) -> None:
    answer = pushed(otherapp)
    assert answer.status_code == 201
    assert alice.get(named(otherapp, answer.json["request_uri"])).request.path.endswith("/arrival")


@spec("RFC 9101", "5.1", "a signed request counts, and what stands beside it does not")
@pytest.mark.parametrize("typ", [None, "JWT", "oauth-authz-req+jwt"])
def test_app_signs_its_request(alice: Person, jar: Partner, typ: str | None) -> None:
    token = signed(jar, typ=typ, state="inside", prompt="none", max_age=30)
    home = alice.browser.get(with_object(jar, token, state="outside", prompt="login"))
    assert params_of(home)["error"] == "login_required"
    assert params_of(home)["state"] == "inside"


@spec("RFC 9101", "6", "signature, algorithm, issuer, audience and dates are checked")
@pytest.mark.parametrize(
    "make",
    [
        lambda jar: signed(jar, key=OTHER),
        lambda jar: signed(jar, iss="other"),
        lambda jar: signed(jar, aud="https://evil.example"),
        lambda jar: signed(jar, exp=int(time.time()) - 60),
        lambda jar: signed(jar, exp=int(time.time()) + 4200),
        lambda jar: signed(jar, exp="soon"),
        lambda jar: signed(jar, nbf=int(time.time()) - 4200),
        lambda jar: signed(jar, nbf=int(time.time()) + 60),
        lambda jar: signed(jar, client_id="other"),
        lambda jar: signed(jar, sub=jar.client_id),
        lambda jar: signed(jar, request_uri="urn:x"),
        lambda jar: signed(jar, typ="at+jwt"),
        lambda jar: signed(jar, state=1.5),
        lambda _jar: "eyJhbGciOiJub25lIn0.e30.",
        lambda _jar: "nonsense",
    ],
)
def test_wrong_object_is_refused(alice: Person, jar: Partner, make: Callable[[Partner], str]) -> None:
    home = alice.browser.get(with_object(jar, make(jar)))
    assert params_of(home)["error"] == "invalid_request_object"


@spec("RFC 9101", "10.8", "a request object cannot be made to pass for the client's own proof")
def test_object_with_a_subject_is_refused_when_pushed_too(jar: Partner) -> None:
    pushed = jar.post("/par", request=signed(jar, sub=jar.client_id, jti="1"))
    assert (pushed.status_code, pushed.json["error"]) == (400, "invalid_request_object")


def test_object_cannot_send_a_browser_elsewhere(alice: Person, jar: Partner) -> None:
    page = alice.browser.get(with_object(jar, signed(jar, redirect_uri="https://evil.example/")))
    assert page.status_code == 400
    assert "Location" not in page.headers


def test_signed_request_is_pushed(alice: Person, jar: Partner) -> None:
    answer = jar.post("/par", request=signed(jar, state="inside"))
    assert answer.status_code == 201
    home = alice.decides(alice.passes_sign_in(alice.get(named(jar, answer.json["request_uri"]))), consents=["profile"])
    assert params_of(home)["state"] == "inside"


def test_client_that_must_sign_is_held_to_it(alice: Person, clinic: Partner) -> None:
    strict = register(
        clinic.app, client_id="strict", jwks={"keys": [KEY.as_dict(private=False)]}, request_object_signing_alg="ES256",
        require_signed_request_object=True,
    )  # fmt: skip
    assert params_of(alice.browser.get(strict.address()))["error"] == "invalid_request"
    assert pushed(strict).json["error"] == "invalid_request"


@spec("OAuth 2.0 Form Post Response Mode", "2", "the answer is posted and nothing of it is in an address")
def test_answer_is_posted(alice: Person, clinic: Partner) -> None:
    page = alice.get(clinic.address(response_mode="form_post", prompt="none"))
    assert page.status_code == 200
    form = Forms(page.text)
    assert form.actions["form-post"] == clinic.redirect_uri
    assert form.found["form-post"]["error"] == ["login_required"]
    assert form.found["form-post"]["iss"] == ["http://localhost"]
    assert form.found["form-post"]["state"] == [clinic.state]
    assert "form-action 'self' https://clinic.example" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    done = alice.decides(alice.arrives_at_consent(clinic, response_mode="form_post"), consents=["profile"])
    code = Forms(done.text).found["form-post"]["code"][0]
    assert clinic.redeem(code).status_code == 200


@spec("JARM", "2.1", "the answer is one signed JWT with iss, aud and a short life; errors too")
@pytest.mark.parametrize("mode", ["jwt", "query.jwt"])
def test_answer_is_signed(alice: Person, clinic: Partner, mode: str) -> None:
    home = alice.browser.get(clinic.address(response_mode=mode, prompt="none"))
    assert set(params_of(home)) == {"response"}
    token = params_of(home)["response"]
    published = KeySet.import_key_set(clinic.http.get("/jwks").json)
    claims = jwt.decode(token, published, algorithms=["RS256"]).claims
    assert claims["iss"] == "http://localhost"
    assert claims["aud"] == clinic.client_id
    assert 0 < claims["exp"] - time.time() <= 600
    assert claims["error"] == "login_required"
    assert claims["state"] == clinic.state


def test_signed_answer_is_posted(alice: Person, clinic: Partner) -> None:
    page = alice.get(clinic.address(response_mode="form_post.jwt", prompt="none"))
    assert claims_of(Forms(page.text).found["form-post"]["response"][0])["error"] == "login_required"


def test_what_is_over_is_forgotten(clinic: Partner, clock: Clock) -> None:
    from authz.interaction import pushed as requests
    from tests.standing import unit_in

    pushed(clinic)
    clock.advance(hours=2)
    with unit_in(clinic.app):
        assert requests.purge() == 1
