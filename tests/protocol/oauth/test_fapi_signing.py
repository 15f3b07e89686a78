"""FAPI 2.0 Message Signing: what a client that must sign may push, what it may not, and how it is answered."""

from __future__ import annotations

import base64
import json
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.actors import ISSUER, Person, claims_of, params_of
from tests.proofs import Holder, fapi_client, sign
from tests.spec import spec

DOCUMENT = "FAPI 2.0 Message Signing"
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
SCOPE = "openid profile measures.read"


@pytest.fixture
def signing(alice: Person) -> Holder:
    """Give a client that must sign its requests and is answered by signed ones, with keys of three kinds."""
    key = ECKey.generate_key("P-256", {"kid": "ec"})
    made = fapi_client(
        alice.app, require_signed_request_object=True, authorization_signed_response_alg="ES256",
        jwks={"keys": [one.as_dict(private=False) for one in (key, RSA, ED)]},
    )  # fmt: skip
    made.signs_with, made.scope = key, SCOPE
    return made


def wishes(client: Holder, **changes: str | None) -> dict[str, str]:
    """Return the parameters of a request for a signed answer."""
    address = client.address(response_mode="jwt", **changes)
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def signed(client: Holder, *, key: Any = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """Sign a request, with claims changed or (None) left out."""
    now = int(time.time())
    about = {"iss": client.client_id, "aud": ISSUER, "exp": now + 300, "nbf": now, "iat": now}
    said = {name: value for name, value in (wishes(client) | about | claims).items() if value is not None}
    key = key or client.signs_with
    return sign({"alg": "ES256", "kid": key.kid} | (header or {}), json.dumps(said), key)


def answered(client: Holder, person: Person, request: str, decision: str = "allow", **beside: str) -> dict[str, str]:
    """Push a signed request and walk to the answer; returns the parameters of the redirect."""
    pushed = client.post("/par", request=request, **beside)
    assert pushed.status_code == 201, pushed.text
    named = {"client_id": client.client_id, "request_uri": pushed.json["request_uri"]}
    page = person.submit(person.get("/authorize?" + urlencode(named)), "arrival")
    page = person.passes_sign_in(page)
    return params_of(person.decides(page, consents=["profile", "measures.read"], decision=decision))


def soon(seconds: int) -> int:
    """Return an instant some seconds from now."""
    return int(time.time()) + seconds


@spec(DOCUMENT, "5.4.2", "the answer is one JWT: iss, aud, ten minutes at most, PS256, ES256 or EdDSA, and the state")
@spec(DOCUMENT, "5.3.2", "what stands beside the signed request does not count")
def test_signed_request_is_answered_signed(signing: Holder, alice: Person) -> None:
    answer = answered(signing, alice, signed(signing), state="outside", nonce="outside", scope="openid phone")
    assert set(answer) == {"response"}
    header, claims = claims_of(f".{answer['response'].split('.')[0]}."), claims_of(answer["response"])
    assert header["alg"] == "ES256"
    assert header["kid"]
    assert (claims["iss"], claims["aud"], claims["state"]) == (ISSUER, signing.client_id, signing.state)
    assert 0 < claims["exp"] - time.time() <= 600
    tokens = signing.redeem(claims["code"]).json
    assert "phone" not in tokens["scope"]
    assert claims_of(tokens["id_token"])["nonce"] == "n-0S6_WzA2Mj"


@spec(DOCUMENT, "5.4.2", "a refusal is signed too")
def test_refusal_is_answered_signed(signing: Holder, alice: Person) -> None:
    answer = answered(signing, alice, signed(signing), decision="deny")
    assert set(answer) == {"response"}
    claims = claims_of(answer["response"])
    assert (claims["error"], claims["state"]) == ("access_denied", signing.state)


@spec(DOCUMENT, "5.3.1", "typ, several audiences, a clock some seconds ahead, and each strong algorithm are taken")
@pytest.mark.parametrize(
    "change",
    [
        lambda: {"header": {"typ": "oauth-authz-req+jwt"}},
        lambda: {"aud": [ISSUER, "https://other.example"]},
        lambda: {"nbf": soon(8), "iat": soon(8)},
        lambda: {"exp": soon(3500)},
        lambda: {"nbf": soon(-3500)},
        lambda: {"key": RSA, "header": {"alg": "PS256"}},
        lambda: {"key": ED, "header": {"alg": "EdDSA"}},
        lambda: {"key": ED, "header": {"alg": "Ed25519"}},
        lambda: {"state": None},
        lambda: {"nonce": "n" * 64, "state": "s" * 384},
    ],
)
def test_right_object_is_taken(signing: Holder, change: Any) -> None:
    answer = signing.post("/par", request=signed(signing, **change()))
    assert answer.status_code == 201, answer.text


@spec(
    DOCUMENT, "5.3.1", "exp and nbf are needed and within an hour; audience, algorithm, signature and key are checked"
)
@pytest.mark.parametrize(
    "change",
    [
        lambda: {"exp": None},
        lambda: {"nbf": None},
        lambda: {"exp": soon(-60)},
        lambda: {"exp": soon(70 * 60)},
        lambda: {"nbf": soon(-70 * 60)},
        lambda: {"nbf": soon(120)},
        lambda: {"aud": None},
        lambda: {"aud": "https://other.example"},
        lambda: {"iss": "other"},
        lambda: {"client_id": "other"},
        lambda: {"key": RSA, "header": {"alg": "RS256"}},
        lambda: {"header": {"alg": "none"}},
        lambda: {"header": {"alg": "HS256"}},
        lambda: {"key": ECKey.generate_key("P-256", {"kid": "ec"})},
        lambda: {"request_uri": "urn:ietf:params:oauth:request_uri:x"},
        lambda: {"request": "a.b.c"},
    ],
)
def test_wrong_object_is_refused(signing: Holder, change: Any) -> None:
    answer = signing.post("/par", request=signed(signing, **change()))
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request_object")


@spec(DOCUMENT, "5.3.1", "an object with its signature spoiled or cut off, or of another client, is refused")
def test_spoiled_object_is_refused(signing: Holder) -> None:
    head, body, signature = signed(signing).split(".")
    other = fapi_client(signing.app)
    bare = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    for token in (f"{head}.{body}.", f"{head}.{body}.{signature[:-6]}AAAAAA", f"{bare}.{body}.", signed(other)):
        assert signing.post("/par", request=token).json["error"] == "invalid_request_object"


@spec(DOCUMENT, "5.3.1", "a request that is not signed, or not pushed, is refused")
def test_unsigned_request_is_refused(signing: Holder, alice: Person) -> None:
    assert signing.post("/par", **wishes(signing)).json["error"] == "invalid_request"
    plain = {"client_id": signing.client_id, "redirect_uri": signing.redirect_uri, "request": signed(signing)}
    page = alice.browser.get("/authorize?" + urlencode(plain))
    assert "code=" not in page.headers.get("Location", "")
    assert page.status_code in (303, 400)


@spec(DOCUMENT, "5.3.1", "the object alone is pushed: parameters in the form do not stand in for those it lacks")
@pytest.mark.parametrize("name", ["redirect_uri", "code_challenge", "response_type"])
def test_what_the_object_lacks_is_lacking(signing: Holder, name: str) -> None:
    value = wishes(signing)[name]
    answer = signing.post("/par", request=signed(signing, **{name: None}), **{name: value})
    assert answer.status_code == 400
    assert "request_uri" not in answer.json
