"""DPoP at a resource (RFC 9449 §7): which proofs are taken, and which are not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.actors import Partner, Person
from tests.minting import mint_tokens
from tests.proofs import Holder, ath, holder, new_key, proof, sign
from tests.spec import spec

PATH = "/userinfo"
NOW = int(time.time())
RSA = RSAKey.generate_key(2048)
SHORT = {"kty": "RSA", "e": "AQAB", "n": "u1W2" * 40}


@pytest.fixture
def keeper(alice: Person) -> Holder:
    """Give a client that holds a key."""
    return holder(alice.app, dpop_bound_access_tokens=True)


@pytest.fixture
def token(keeper: Holder, alice: Person) -> str:
    """Give its access token, bound to the key."""
    return str(mint_tokens(keeper, alice, scope="openid profile")["access_token"])


def show(keeper: Holder, token: str, shown: str | None, scheme: str = "DPoP") -> Any:
    """Call a resource with a token and a header of one's own making."""
    headers = {"Authorization": f"{scheme} {token}"} | ({} if shown is None else {"DPoP": shown})
    return keeper.http.get(PATH, headers=headers)


def made(keeper: Holder, token: str, **changes: Any) -> str:
    """Make a proof for the token, with some of it changed."""
    return proof(changes.pop("key", keeper.key), "GET", PATH, **({"ath": ath(token)} | changes))


@spec("RFC 9449", "7.1", "a bound token comes with a proof for it, whatever the case of the scheme's name")
@pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP"])
def test_holder_reads_with_its_proof(keeper: Holder, token: str, scheme: str) -> None:
    answer = show(keeper, token, made(keeper, token), scheme)
    assert answer.status_code == 200
    assert answer.headers["DPoP-Nonce"]


@spec("RFC 9449", "4.3", "query and fragment of htu do not count, nor how its address is written, nor further claims")
@pytest.mark.parametrize(
    "changes",
    [
        {"htu": "http://localhost/userinfo?x=1"},
        {"htu": "http://localhost/userinfo#there"},
        {"htu": "HTTP://LOCALHOST:80/user%69nfo"},
        {"nbf": NOW - 5, "exp": NOW + 60},
        {"iat": NOW - 10},
        {"iat": NOW + 10},
    ],
)
def test_proof_written_another_way_is_taken(keeper: Holder, token: str, changes: dict[str, Any]) -> None:
    changes = {name: value - NOW + int(time.time()) if name == "iat" else value for name, value in changes.items()}
    assert show(keeper, token, made(keeper, token, **changes)).status_code == 200


@spec("RFC 9449", "4.3", "each claim and header member is needed and checked")
@pytest.mark.parametrize(
    "changes",
    [
        *({name: None} for name in ("jti", "htm", "htu", "iat", "ath")),
        *({"header": {name: None}} for name in ("typ", "alg", "jwk")),
        {"header": {"alg": "none"}},
        {"header": {"alg": "None"}},
        {"header": {"b64": False, "crit": ["b64"]}},
        {"header": {"typ": "JWT"}},
        {"header": {"jwk": "x"}},
        {"header": {"jwk": {"kty": "EC"}}},
        {"header": {"jwk": {"kty": "oct", "k": "c2VjcmV0"}}},
        {"header": {"jwk": SHORT}},
        {"header": {"jwk": {"kty": "RSA", "e": "AQAB", "n": "é"}}},
        {"header": {"jwk": new_key().as_dict(private=False)}},
        {"header": {"crit": ["exp"], "exp": 1}},
        {"htm": "POST"},
        {"htm": "get"},
        {"htu": "http://localhost/token"},
        {"htu": "https://localhost/userinfo"},
        {"htu": "http://localhost.evil.example/userinfo"},
        {"htu": "http://localhost:99999/userinfo"},
        {"htu": "http://localhost:8080/userinfo"},
        {"htu": "/userinfo"},
        {"htu": 7},
        {"ath": "x"},
        {"ath": 7},
        {"iat": NOW - 3600},
        {"iat": NOW + 3600},
        {"iat": "now"},
        {"iat": True},
        {"iat": 10**20},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 201},
    ],
)
def test_wrong_proof_is_refused(keeper: Holder, token: str, changes: dict[str, Any]) -> None:
    answer = show(keeper, token, made(keeper, token, **changes))
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_dpop_proof")
    assert answer.headers["WWW-Authenticate"].startswith('DPoP realm="appairage", error="invalid_dpop_proof"')
    assert 'algs="PS256 ES256 EdDSA Ed25519"' in answer.headers["WWW-Authenticate"]


@spec("RFC 9449", "4.3", "the proof is one well-formed JWT signed with an asymmetric key, public in its header")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda good: f"{good},{good}",
        lambda good: f"{good}, {good}",
        lambda good: "",
        lambda good: "a.b.c",
        lambda good: good[:-8] + "AAAAAAAA",
        lambda good: good.rpartition(".")[0] + ".",
        lambda good: good.partition(".")[2],
        lambda good: good + "A" * 9000,
        lambda good: "eyJhbGciOiJub25lIiwidHlwIjoiZHBvcCtqd3QifQ." + good.split(".")[1] + ".",
    ],
)
def test_what_is_no_proof_is_refused(keeper: Holder, token: str, spoil: Callable[[str], str]) -> None:
    answer = show(keeper, token, spoil(made(keeper, token)))
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_dpop_proof")


def test_proof_with_its_private_key_is_refused(keeper: Holder, token: str) -> None:
    answer = show(keeper, token, made(keeper, token, header={"jwk": keeper.key.as_dict(private=True)}))
    assert answer.json["error"] == "invalid_dpop_proof"


@spec("FAPI 2.0", "5.4.1", "PS256, ES256 and EdDSA are taken, and RS256 is not")
@pytest.mark.parametrize(
    ("key", "alg", "error"),
    [
        (RSA, "PS256", "invalid_token"),
        (RSA, "RS256", "invalid_dpop_proof"),
        (ECKey.generate_key("P-384"), "ES384", "invalid_dpop_proof"),
        (OKPKey.generate_key("Ed25519"), "EdDSA", "invalid_token"),
        (OKPKey.generate_key("Ed25519"), "Ed25519", "invalid_token"),
    ],
)
def test_key_of_another_is_refused(keeper: Holder, token: str, key: Any, alg: str, error: str) -> None:
    # A good proof of a wrong key says nothing about the proof.
    header = {"alg": alg, "jwk": key.as_dict(private=False)}
    answer = show(keeper, token, made(keeper, token, key=key, header=header))
    assert (answer.status_code, answer.json["error"]) == (401, error)


@spec("RFC 9449", "11.1", "a proof is good for one use")
def test_replayed_proof_is_refused(keeper: Holder, token: str) -> None:
    shown = made(keeper, token)
    assert show(keeper, token, shown).status_code == 200
    answer = show(keeper, token, shown)
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_dpop_proof")


@spec("RFC 9449", "7.2", "a bound token is no bearer token, nor is a bearer token a bound one")
def test_scheme_must_be_the_tokens_own(keeper: Holder, token: str, glucoapp: Partner, alice: Person) -> None:
    as_bearer = show(keeper, token, made(keeper, token), "Bearer")
    assert (as_bearer.status_code, as_bearer.json["error"]) == (401, "invalid_token")
    assert as_bearer.headers["WWW-Authenticate"].startswith("DPoP ")
    assert show(keeper, token, None, "Bearer").status_code == 401
    loose = mint_tokens(glucoapp, alice, scope="openid")["access_token"]
    assert show(keeper, loose, made(keeper, loose)).json["error"] == "invalid_token"
    assert show(keeper, loose, made(keeper, loose), "Bearer").status_code == 200


@spec("RFC 9449", "7.1", "without a proof a bound token is refused, and both schemes are named where no token is")
def test_missing_proof_or_token_is_told(keeper: Holder, token: str) -> None:
    assert show(keeper, token, None).json["error"] == "invalid_dpop_proof"
    bare = keeper.http.get(PATH)
    where = 'resource_metadata="http://localhost/.well-known/oauth-protected-resource/userinfo"'
    assert bare.headers.getlist("WWW-Authenticate") == [
        f'Bearer realm="appairage", {where}',
        f'DPoP realm="appairage", {where}, algs="PS256 ES256 EdDSA Ed25519"',
    ]


@spec("RFC 9700", "4.3.2", "an access token is never taken from the address or a form")
def test_token_in_the_address_is_refused(keeper: Holder, token: str) -> None:
    assert keeper.http.get(f"{PATH}?access_token={token}").status_code == 401
    assert keeper.http.post(PATH, data={"access_token": token}).status_code == 401


@pytest.mark.parametrize("path", ["/fhir/DocumentReference", "/measures/fhir", "/connectors/cgm"])
def test_every_resource_wants_the_proof(keeper: Holder, token: str, path: str) -> None:
    headers = {"Authorization": f"DPoP {token}"}
    answer = keeper.http.post(path, headers=headers, json={})
    assert answer.status_code == 401
    assert 'error="invalid_dpop_proof"' in answer.headers["WWW-Authenticate"]
    shown = proof(keeper.key, "POST", path, ath=ath(token))
    assert keeper.http.post(path, headers=headers | {"DPoP": shown}, json={}).status_code in (400, 403, 415, 422)


def test_proof_of_a_number_for_claims_is_refused(keeper: Holder, token: str) -> None:
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": keeper.key.as_dict(private=False)}
    for payload in ("7", "[]", "null", '"x"', "[" * 20_000):
        shown = sign(header, payload, keeper.key)
        assert show(keeper, token, shown[:8000]).json["error"] == "invalid_dpop_proof"


def test_proof_signed_with_the_public_key_as_a_secret_is_refused(keeper: Holder, token: str) -> None:
    from joserfc.jwk import OctKey

    public = keeper.key.as_dict(private=False)
    secret = OctKey.import_key(str(public["x"]) + str(public["y"]))
    claims = {"htm": "GET", "htu": "http://localhost/userinfo", "iat": int(time.time()), "jti": "1", "ath": ath(token)}
    head = {"typ": "dpop+jwt", "alg": "HS256", "jwk": public}
    shown = jwt.encode(head, claims, secret, algorithms=["HS256"])
    assert show(keeper, token, shown).json["error"] == "invalid_dpop_proof"
