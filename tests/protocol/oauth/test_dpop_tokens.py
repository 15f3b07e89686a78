"""DPoP at the token and push endpoints (RFC 9449 §5 to §10): what is bound to which key, and nonces."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from authz.tokens import proofs
from tests.actors import ISSUER, Partner, Person
from tests.clock import Clock
from tests.minting import challenge_of, mint_code, mint_tokens
from tests.proofs import Holder, fapi_client, holder, new_key, proof, sign
from tests.signing import JWT_BEARER, assertion
from tests.spec import spec
from tests.standing import unit_in


@pytest.fixture
def keeper(alice: Person) -> Holder:
    """Give a confidential client that holds a key."""
    return holder(alice.app, dpop_bound_access_tokens=True)


@pytest.fixture
def phone(alice: Person) -> Holder:
    """Give a public client that holds a key."""
    return holder(alice.app, token_endpoint_auth_method="none")


@pytest.fixture
def fapi(alice: Person) -> Holder:
    """Give a client of profile fapi2."""
    return fapi_client(alice.app)


def refused(answer: Any, code: str) -> None:
    """Check that an answer of the token endpoint is this refusal."""
    assert (answer.status_code, answer.json["error"]) == (400, code), answer.text


@spec("RFC 9449", "5", "token_type is DPoP, and introspection names the key")
def test_holder_gets_bound_tokens(keeper: Holder, alice: Person) -> None:
    tokens = mint_tokens(keeper, alice, scope="openid profile")
    assert tokens["token_type"] == "DPoP"
    assert keeper.call("GET", "/userinfo", tokens["access_token"]).status_code == 200
    seen = keeper.post("/introspect", token=tokens["access_token"]).json
    assert (seen["token_type"], seen["cnf"]) == ("DPoP", {"jkt": keeper.jkt})
    assert "cnf" not in keeper.post("/introspect", token=tokens["refresh_token"]).json


@spec("RFC 9449", "5", "a client may bind its tokens without being made to")
def test_client_may_bind_its_tokens(alice: Person) -> None:
    free = holder(alice.app)
    assert mint_tokens(free, alice)["token_type"] == "DPoP"
    free.has_proofs = False
    assert mint_tokens(free, alice)["token_type"] == "Bearer"


@spec("RFC 9449", "5.2", "a client whose tokens must be bound gets none without a proof, for whatever grant")
def test_bound_client_gets_nothing_without_a_proof(fapi: Holder, alice: Person) -> None:
    code = mint_code(fapi, alice)
    fapi.has_proofs = False
    refused(fapi.redeem(code), "invalid_dpop_proof")
    refused(fapi.post("/token", grant_type="client_credentials"), "invalid_dpop_proof")
    fapi.has_proofs = True
    tokens = fapi.redeem(code).json  # a refusal burns no code
    fapi.has_proofs = False
    refused(fapi.refresh(tokens["refresh_token"]), "invalid_dpop_proof")


def test_client_gets_a_bound_token_of_its_own(fapi: Holder) -> None:
    tokens = fapi.post("/token", grant_type="client_credentials").json
    assert tokens["token_type"] == "DPoP"
    assert fapi.post("/introspect", token=tokens["access_token"]).json["cnf"] == {"jkt": fapi.jkt}


@spec("RFC 9449", "5", "a wrong proof is invalid_dpop_proof, 400")
def test_wrong_proof_is_refused_at_the_token_endpoint(keeper: Holder, alice: Person) -> None:
    code = mint_code(keeper, alice)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": keeper.redirect_uri,
            "code_verifier": keeper.verifier}  # fmt: skip
    auth = (keeper.client_id, keeper.secret or "")
    for shown in ("x", proof(keeper.key, "GET", "/token"), proof(keeper.key, "POST", "/par")):
        refused(keeper.http.post("/token", data=form, auth=auth, headers={"DPoP": shown}), "invalid_dpop_proof")
    shown = proof(keeper.key, "POST", "/token")
    answer = keeper.http.post("/token", data=form, auth=auth, headers={"DPoP": shown})
    assert answer.status_code == 200
    assert answer.headers["DPoP-Nonce"]
    refused(keeper.http.post("/token", data=form, auth=auth, headers={"DPoP": shown}), "invalid_dpop_proof")


@spec("RFC 9449", "10", "a code with dpop_jkt is good with that key only")
def test_code_is_bound_to_its_key(keeper: Holder, alice: Person) -> None:
    code = mint_code(keeper, alice, dpop_jkt=keeper.jkt)
    right, keeper.key = keeper.key, new_key()
    refused(keeper.redeem(code), "invalid_grant")
    keeper.has_proofs = False
    refused(keeper.redeem(code), "invalid_dpop_proof")
    keeper.key, keeper.has_proofs = right, True
    assert keeper.redeem(code).status_code == 200


def test_code_of_a_free_client_is_bound_to_its_key_too(phone: Holder, alice: Person) -> None:
    code = mint_code(phone, alice, dpop_jkt=phone.jkt)
    phone.has_proofs = False
    refused(phone.redeem(code), "invalid_grant")


@spec("RFC 9449", "10", "dpop_jkt of the authorization request binds the code, without a proof there")
def test_app_names_its_key_in_the_address(keeper: Holder, alice: Person) -> None:
    from tests.actors import params_of

    page = alice.arrives_at_consent(keeper, dpop_jkt=keeper.jkt)
    code = params_of(alice.decides(page, consents=["measures.read"]))["code"]
    right, keeper.key = keeper.key, new_key()
    refused(keeper.redeem(code), "invalid_grant")
    keeper.key = right
    assert keeper.redeem(code).status_code == 200


@spec("RFC 9449", "10.1", "a pushed request binds its code by its proof, by dpop_jkt, or by both if they agree")
def test_pushed_request_names_its_key_once(keeper: Holder, alice: Person) -> None:
    from urllib.parse import parse_qs, urlsplit

    wanted = {name: values[0] for name, values in parse_qs(urlsplit(keeper.address()).query).items()}
    assert keeper.post("/par", **wanted).status_code == 201
    assert keeper.post("/par", **wanted, dpop_jkt=keeper.jkt).status_code == 201
    refused(keeper.post("/par", **wanted, dpop_jkt="A" * 43), "invalid_dpop_proof")
    assert keeper.post("/par", **wanted, dpop_jkt="A" * 44).status_code == 400


def test_pushed_proof_binds_the_code(fapi: Holder, alice: Person) -> None:
    from urllib.parse import parse_qs, urlencode, urlsplit

    from tests.actors import params_of

    wanted = {name: values[0] for name, values in parse_qs(urlsplit(fapi.address()).query).items()}
    pushed = fapi.post("/par", **wanted).json
    page = alice.get("/authorize?" + urlencode({"client_id": fapi.client_id, "request_uri": pushed["request_uri"]}))
    if page.request.path.endswith("/arrival"):
        page = alice.passes_sign_in(alice.submit(page, "arrival"))
    code = params_of(alice.decides(page, consents=["measures.read"]))["code"]
    right, fapi.key = fapi.key, new_key()
    refused(fapi.redeem(code), "invalid_grant")
    fapi.key = right
    assert fapi.redeem(code).json["token_type"] == "DPoP"


@spec("RFC 9449", "5", "a public client's refresh token is bound to its key")
def test_public_clients_refresh_token_is_bound(phone: Holder, alice: Person) -> None:
    tokens = mint_tokens(phone, alice)
    assert phone.post("/introspect", token=tokens["access_token"]).status_code in (400, 401)
    right, phone.key = phone.key, new_key()
    refused(phone.refresh(tokens["refresh_token"]), "invalid_grant")
    phone.has_proofs = False
    refused(phone.refresh(tokens["refresh_token"]), "invalid_grant")
    phone.key, phone.has_proofs = right, True
    fresh = phone.refresh(tokens["refresh_token"]).json
    assert fresh["token_type"] == "DPoP"
    assert fresh["refresh_token"] != tokens["refresh_token"]
    phone.key = new_key()
    refused(phone.refresh(fresh["refresh_token"]), "invalid_grant")
    phone.key = right
    assert phone.refresh(fresh["refresh_token"]).status_code == 200  # nothing of that looked like theft


@spec("FAPI 2.0", "5.3.2.1", "a confidential client may change its key, and its refresh token stays the same")
def test_confidential_client_changes_its_key(fapi: Holder, alice: Person, clock: Clock) -> None:
    tokens = mint_tokens(fapi, alice)
    fapi.key = new_key()
    fresh = fapi.refresh(tokens["refresh_token"]).json
    assert fresh["refresh_token"] == tokens["refresh_token"]
    clock.advance(seconds=90)
    again = fapi.refresh(tokens["refresh_token"])
    assert again.status_code == 200
    assert fapi.call("GET", "/userinfo", again.json["access_token"]).status_code == 200


@spec("RFC 9449", "8", "a proof without the nonce is told to use it, and nothing is used up by that")
def test_nonce_is_asked_for_and_taken(fapi: Holder, alice: Person) -> None:
    code = mint_code(fapi, alice)
    first = fapi._post("/token", {"grant_type": "client_credentials"})
    refused(first, "use_dpop_nonce")
    assert first.headers["DPoP-Nonce"] == fapi.nonce
    assert first.headers["Cache-Control"] == "no-store"
    assert fapi.redeem(code).status_code == 200
    fapi.nonce = "made-up"
    refused(fapi._post("/token", {"grant_type": "client_credentials"}), "use_dpop_nonce")
    assert fapi._post("/token", {"grant_type": "client_credentials"}).status_code == 200


@spec("RFC 9449", "9", "a resource asks for its nonce with 401")
def test_resource_asks_for_the_nonce(fapi: Holder, alice: Person) -> None:
    token = mint_tokens(fapi, alice)["access_token"]
    fapi.nonce = None
    first = fapi.call("GET", "/userinfo", token)
    assert (first.status_code, first.json["error"]) == (401, "use_dpop_nonce")
    assert first.headers["WWW-Authenticate"].startswith('DPoP realm="appairage", error="use_dpop_nonce"')
    assert fapi.call("GET", "/userinfo", token).status_code == 200


@spec("RFC 9449", "8.2", "a nonce is over after some minutes, and the answer brings the next")
def test_old_nonce_is_refused(fapi: Holder, clock: Clock) -> None:
    assert fapi.post("/token", grant_type="client_credentials").status_code == 200
    clock.advance(minutes=5)
    refused(fapi._post("/token", {"grant_type": "client_credentials"}), "use_dpop_nonce")
    assert fapi._post("/token", {"grant_type": "client_credentials"}).status_code == 200


@spec("RFC 9449", "8", "the same request is good again with the nonce, its client assertion included")
@pytest.mark.parametrize("path", ["/token", "/par"])
def test_client_sends_its_assertion_again_with_the_nonce(fapi: Holder, path: str) -> None:
    sent = {
        "grant_type": "client_credentials", "client_assertion_type": JWT_BEARER, "response_type": "code",
        "redirect_uri": fapi.redirect_uri, "scope": "openid", "code_challenge": challenge_of(fapi.verifier),
        "code_challenge_method": "S256",
        "client_assertion": assertion(iss=fapi.client_id, sub=fapi.client_id, key=fapi.signs_with),
    }  # fmt: skip

    def post(nonce: str | None) -> Any:
        return fapi.http.post(path, data=sent, headers={"DPoP": proof(fapi.key, "POST", path, nonce=nonce)})

    first = post(None)
    refused(first, "use_dpop_nonce")
    refused(post("made-up"), "use_dpop_nonce")
    assert post(first.headers["DPoP-Nonce"]).status_code in (200, 201)
    again = post(first.headers["DPoP-Nonce"])
    assert again.json["error"] == "invalid_client", "now the assertion is used up"


def test_assertion_beside_what_is_no_proof_is_used_up(fapi: Holder) -> None:
    sent = {
        "grant_type": "client_credentials", "client_assertion_type": JWT_BEARER,
        "client_assertion": assertion(iss=fapi.client_id, sub=fapi.client_id, key=fapi.signs_with),
    }  # fmt: skip
    refused(fapi.http.post("/token", data=sent, headers={"DPoP": "no proof"}), "invalid_dpop_proof")
    assert fapi.http.post("/token", data=sent, headers={"DPoP": "no proof"}).json["error"] == "invalid_client"


@spec(
    "RFC 9449",
    "4.3",
    "the nonce says when a proof was made, whatever the clock of the client",
)
def test_wrong_clock_is_forgiven_with_a_nonce(alice: Person, clock: Clock) -> None:
    strict = holder(alice.app, dpop_nonce_required=True, grant_types=["client_credentials"])
    assert strict.post("/token", grant_type="client_credentials").status_code == 200

    def ask(**claims: Any) -> str:
        shown = proof(strict.key, "POST", "/token", **claims)
        auth = (strict.client_id, strict.secret or "")
        answer = strict.http.post(
            "/token", data={"grant_type": "client_credentials"}, auth=auth, headers={"DPoP": shown}
        )
        return str(answer.json.get("error"))

    an_hour = 3600
    for wrong in (-an_hour, an_hour):
        assert ask(nonce=strict.nonce, iat=int(time.time()) + wrong, jti=f"at {wrong}") == "None"
        assert ask(nonce=strict.nonce, iat=int(time.time()) + wrong, jti=f"at {wrong}") == "invalid_dpop_proof"
    assert ask(nonce=strict.nonce, iat=None) == "invalid_dpop_proof"
    assert ask(nonce=7) == "use_dpop_nonce"
    with unit_in(strict.app):
        assert proofs.purge() == 0, "a proof is remembered for as long as its nonce is taken"
    clock.advance(minutes=5)
    assert ask(nonce=strict.nonce, iat=int(time.time()), jti="at 3600") == "use_dpop_nonce"


@spec("RFC 9449", "11.1", "without a nonce a proof made an hour before or after is refused, null being no nonce")
@pytest.mark.parametrize("claims", [{}, {"nonce": None}])
def test_wrong_clock_is_not_forgiven_without_a_nonce(alice: Person, claims: dict[str, Any]) -> None:
    service = holder(alice.app, dpop_bound_access_tokens=True, grant_types=["client_credentials"])
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": service.key.as_dict(private=False)}

    def ask(wrong: int) -> Any:
        said = {"htm": "POST", "htu": f"{ISSUER}/token", "iat": int(time.time()) + wrong, "jti": str(wrong)} | claims
        return service.http.post(
            "/token",
            data={"grant_type": "client_credentials"},
            auth=(service.client_id, service.secret or ""),
            headers={"DPoP": sign(head, json.dumps(said), service.key)},
        )

    for wrong in (-3600, 3600, -70, 70):
        refused(ask(wrong), "invalid_dpop_proof")
    assert [ask(wrong).status_code for wrong in (-50, 50)] == [200, 200]


def test_proof_used_by_eight_at_once_proves_once(keeper: Holder, alice: Person) -> None:
    token = mint_tokens(keeper, alice)["access_token"]
    from tests.proofs import ath

    headers = {"Authorization": f"DPoP {token}", "DPoP": proof(keeper.key, "GET", "/userinfo", ath=ath(token))}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: keeper.http.get("/userinfo", headers=headers).status_code, range(8)))
    assert sorted(answers) == [200] + [401] * 7


def test_used_proofs_are_forgotten_when_too_old(keeper: Holder, alice: Person, clock: Clock) -> None:
    mint_tokens(keeper, alice)
    with unit_in(keeper.app):
        assert proofs.purge() == 0
    clock.advance(minutes=10)
    with unit_in(keeper.app):
        assert proofs.purge() == 1


def test_client_without_a_proof_pays_nothing(glucoapp: Partner, alice: Person, sql_counter: Any) -> None:
    token = mint_tokens(glucoapp, alice, scope="openid")["access_token"]
    glucoapp.call("GET", "/userinfo", token)
    with sql_counter() as seen:
        glucoapp.call("GET", "/userinfo", token)
    assert not [statement for statement in seen if "seen_proof" in statement]
