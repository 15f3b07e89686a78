"""A client of profile fapi2 from end to end (FAPI 2.0 Security Profile): what it must do, and what it gets."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.actors import Person, claims_of, params_of
from tests.clock import Clock
from tests.minting import mint_code, mint_tokens
from tests.proofs import Holder, fapi_client
from tests.spec import spec

STRONG = {"PS256", "ES256", "EdDSA", "Ed25519"}
SCOPE = "openid profile measures.read"


@pytest.fixture
def fapi(alice: Person) -> Holder:
    """Give a client of profile fapi2."""
    made = fapi_client(alice.app)
    made.scope = SCOPE
    return made


def wishes(client: Holder, **changes: str | None) -> dict[str, str]:
    """Return the parameters of a request, with some changed or (None) left out."""
    return {name: values[0] for name, values in parse_qs(urlsplit(client.address(**changes)).query).items()}


def address_of(client: Holder, **changes: str | None) -> str:
    """Push a request; returns the address to send a browser to."""
    answer = client.post("/par", **wishes(client, **changes))
    assert answer.status_code == 201, answer.text
    return "/authorize?" + urlencode({"client_id": client.client_id, "request_uri": answer.json["request_uri"]})


def agrees(person: Person, address: str, decision: str = "allow") -> dict[str, str]:
    """Walk from the address to the answer."""
    page = person.get(address)
    if page.request.path.endswith("/arrival"):
        page = person.submit(page, "arrival")
    if page.request.path.endswith("/login"):
        page = person.passes_sign_in(page)
    return params_of(person.decides(page, consents=["profile", "measures.read"], decision=decision))


@spec("FAPI 2.0", "5.3.2.2", "a pushed request, an assertion and proofs lead to bound tokens and a strong ID token")
def test_fapi_client_completes_the_flow(fapi: Holder, alice: Person) -> None:
    answer = agrees(alice, address_of(fapi))
    assert answer["iss"] == "http://localhost"
    assert answer["state"] == fapi.state
    tokens = fapi.redeem(answer["code"]).json
    assert tokens["token_type"] == "DPoP"
    assert claims_of(tokens["id_token"])["nonce"] == "n-0S6_WzA2Mj"
    assert header_of(tokens["id_token"])["alg"] == "PS256"
    assert fapi.call("GET", "/userinfo", tokens["access_token"]).json["sub"] == tokens["subject"]


def header_of(token: str) -> dict[str, Any]:
    """Read a JWT's header without checking it."""
    return claims_of(f".{token.split('.')[0]}.")


@spec("FAPI 2.0", "5.3.2.2", "a request that was not pushed is refused")
def test_plain_request_is_refused(fapi: Holder, alice: Person) -> None:
    page = alice.get(fapi.address())
    if page.status_code == 303:
        assert params_of(page)["error"] == "invalid_request"
        assert "code" not in params_of(page)
    else:
        assert page.status_code == 400


@spec("FAPI 2.0", "5.3.2.2", "PKCE with S256 is a must, and so are a registered redirect URI and the code alone")
@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"redirect_uri": None},
        {"redirect_uri": "https://glucoapp.example/callback/other"},
        {"response_type": "code id_token"},
        {"response_type": "token"},
        {"response_type": None},
    ],
)
def test_request_that_could_not_be_authorized_is_not_taken(fapi: Holder, changes: dict[str, str | None]) -> None:
    answer = fapi.post("/par", **wishes(fapi, **changes))
    assert answer.status_code == 400
    assert "request_uri" not in answer.json


@spec("FAPI 2.0", "5.3.2.2", "a pushed request needs the client's proof")
def test_push_without_an_assertion_is_refused(fapi: Holder) -> None:
    answer = fapi.http.post("/par", data=wishes(fapi))
    assert answer.json["error"] == "invalid_client"
    answer = fapi.http.post("/token", data={"grant_type": "client_credentials", "client_id": fapi.client_id})
    assert answer.json["error"] == "invalid_client"


@spec("RFC 7636", "4.6", "the verifier is needed and checked")
@pytest.mark.parametrize("verifier", [None, "x" * 43])
def test_wrong_verifier_is_refused(fapi: Holder, alice: Person, verifier: str | None) -> None:
    answer = fapi.redeem(mint_code(fapi, alice), code_verifier=verifier)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


@spec("RFC 6749", "4.1.2", "a code is its client's alone, for a minute, and once; a second use ends what came of it")
def test_code_is_good_once_for_its_client_and_a_minute(fapi: Holder, alice: Person, clock: Clock) -> None:
    other = fapi_client(fapi.app)
    code = mint_code(fapi, alice, scope=SCOPE)
    other.verifier = fapi.verifier
    assert other.redeem(code).json["error"] == "invalid_grant"
    tokens = fapi.redeem(code).json
    assert fapi.call("GET", "/userinfo", tokens["access_token"]).status_code == 200
    assert fapi.redeem(code).json["error"] == "invalid_grant"
    assert fapi.call("GET", "/userinfo", tokens["access_token"]).status_code == 401
    late = mint_code(fapi, alice, scope=SCOPE)
    clock.advance(seconds=62)
    assert fapi.redeem(late).json["error"] == "invalid_grant"


@spec("RFC 9449", "7", "a token of one client is no use to another that proves its own key")
def test_token_of_another_client_is_refused(fapi: Holder, alice: Person) -> None:
    token = mint_tokens(fapi, alice, scope=SCOPE)["access_token"]
    other = fapi_client(fapi.app)
    other.nonce = fapi.nonce
    assert other.call("GET", "/userinfo", token).json["error"] == "invalid_token"
    assert other.refresh(mint_tokens(fapi, alice)["refresh_token"]).json["error"] == "invalid_grant"


@spec("RFC 6749", "4.1.2", "a long state comes back whole, and none where none was sent")
def test_state_comes_back_as_it_was(fapi: Holder, alice: Person) -> None:
    assert agrees(alice, address_of(fapi, state="s" * 384))["state"] == "s" * 384
    assert "state" not in agrees(alice, address_of(fapi, state=None))


@spec("OpenID Connect Core", "3.1.2.1", "without openid in the scope there is no ID token, without nonce none in it")
def test_plain_oauth_and_no_nonce(fapi: Holder, alice: Person) -> None:
    assert "id_token" not in mint_tokens(fapi, alice, scope="measures.read")
    assert "nonce" not in claims_of(mint_tokens(fapi, alice, scope=SCOPE)["id_token"])
    assert claims_of(mint_tokens(fapi, alice, scope=SCOPE, nonce="n" * 64)["id_token"])["nonce"] == "n" * 64


@spec("FAPI 2.0", "5.3.2.2", "a refusal goes home with state and issuer")
def test_patient_refuses(fapi: Holder, alice: Person) -> None:
    answer = agrees(alice, address_of(fapi), decision="deny")
    assert (answer["error"], answer["state"], answer["iss"]) == ("access_denied", fapi.state, "http://localhost")


@spec("FAPI 2.0", "5.3.2.2", "a pushed request may be opened twice before it is answered, and not after")
def test_address_may_be_opened_twice(fapi: Holder, alice: Person) -> None:
    address = address_of(fapi)
    alice.get(address)
    code = agrees(alice, address)["code"]
    assert fapi.redeem(code).status_code == 200
    again = alice.get(address)
    assert again.status_code != 303 or "code" not in params_of(again)


@spec("FAPI 2.0", "5.3.2.1", "metadata names what the profile needs")
def test_metadata_names_what_fapi_needs(fapi: Holder) -> None:
    found: dict[str, Any] = fapi.http.get("/.well-known/oauth-authorization-server").json
    assert "code" in found["response_types_supported"]
    assert found["authorization_response_iss_parameter_supported"] is True
    assert found["pushed_authorization_request_endpoint"].endswith("/par")
    assert isinstance(found["require_pushed_authorization_requests"], bool)
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert "private_key_jwt" in found["token_endpoint_auth_methods_supported"]
    for name in ("token_endpoint_auth", "dpop", "id_token", "request_object"):
        listed = found[f"{name}_signing_alg_values_supported"]
        assert STRONG & set(listed)
        assert not {"none", "HS256"} & set(listed)
