"""Revocation (RFC 7009) and introspection (RFC 7662): a client's own tokens, and nobody else's."""

from __future__ import annotations

import pytest

from authz.pairing import consents, pairings
from tests.actors import Partner, Person
from tests.clock import Clock
from tests.minting import mint_tokens
from tests.spec import spec
from tests.standing import unit_in


@pytest.fixture
def tokens(alice: Person, glucoapp: Partner) -> dict[str, str]:
    """Give the tokens of a fresh pairing."""
    return mint_tokens(glucoapp, alice)


@spec("RFC 7009", "2.1", "a revoked refresh token takes its access tokens along")
def test_app_gives_up_its_refresh_token(glucoapp: Partner, tokens: dict[str, str]) -> None:
    assert glucoapp.post("/revoke", token=tokens["refresh_token"]).status_code == 200
    assert glucoapp.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert glucoapp.call("GET", "/userinfo", tokens["access_token"]).status_code == 401


@spec("RFC 7009", "2.1", "an access token can be revoked")
def test_app_gives_up_one_access_token(glucoapp: Partner, tokens: dict[str, str]) -> None:
    assert glucoapp.post("/revoke", token=tokens["access_token"], token_type_hint="access_token").status_code == 200
    assert glucoapp.call("GET", "/userinfo", tokens["access_token"]).status_code == 401
    assert glucoapp.refresh(tokens["refresh_token"]).status_code == 200


@spec("RFC 7009", "2.2", "an unknown token is revoked already")
def test_unknown_token_is_revoked_already(glucoapp: Partner) -> None:
    assert glucoapp.post("/revoke", token="nonsense").status_code == 200


@spec("RFC 7009", "2.1", "a token is bound to its client, which must prove itself")
def test_stranger_cannot_revoke(glucoapp: Partner, otherapp: Partner, tokens: dict[str, str]) -> None:
    assert otherapp.post("/revoke", token=tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert glucoapp.http.post("/revoke", data={"token": tokens["refresh_token"]}).status_code == 401
    assert glucoapp.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("path", ["/revoke", "/introspect"])
def test_missing_token_or_odd_hint_is_named(glucoapp: Partner, path: str) -> None:
    assert glucoapp.post(path).json["error"] == "invalid_request"
    assert glucoapp.post(path, token="x", token_type_hint="cookie").json["error"] == "unsupported_token_type"


def test_public_app_gives_up_its_token(alice: Person, otherapp: Partner) -> None:
    tokens = mint_tokens(otherapp, alice)
    assert otherapp.post("/revoke", token=tokens["refresh_token"]).status_code == 200
    assert otherapp.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"


@spec("RFC 7662", "2.2", "an active token is described")
def test_app_asks_about_its_tokens(glucoapp: Partner, tokens: dict[str, str]) -> None:
    answer = glucoapp.post("/introspect", token=tokens["access_token"])
    assert answer.headers["Cache-Control"] == "no-store"
    seen = answer.json
    assert seen["active"] is True
    assert seen["client_id"] == glucoapp.client_id
    assert seen["sub"] == tokens["subject"]
    assert seen["scope"] == tokens["scope"]
    assert seen["token_type"] == "Bearer"
    assert seen["exp"] - seen["iat"] == 600
    assert glucoapp.post("/introspect", token=tokens["refresh_token"]).json["token_type"] == "refresh_token"


@spec("RFC 7662", "2.2", "anything else is not active, and no more is said")
def test_other_tokens_are_not_active(
    glucoapp: Partner, otherapp: Partner, clinic: Partner, tokens: dict[str, str], clock: Clock
) -> None:
    assert glucoapp.post("/introspect", token="nonsense").json == {"active": False}
    assert clinic.post("/introspect", token=tokens["access_token"]).json == {"active": False}
    assert otherapp.post("/introspect", token=tokens["access_token"]).json["error"] == "invalid_client"
    fresh = glucoapp.refresh(tokens["refresh_token"]).json
    assert glucoapp.post("/introspect", token=tokens["refresh_token"]).json == {"active": False}
    clock.advance(minutes=11)
    assert glucoapp.post("/introspect", token=fresh["access_token"]).json == {"active": False}


def test_what_the_patient_changes_shows_at_once(alice: Person, glucoapp: Partner, tokens: dict[str, str]) -> None:
    with unit_in(glucoapp.app):
        pairing = pairings.list_of_profile(alice.profile_id())[0]
        consents.amend(pairing, {"measures.read": False}, by=alice.account_id, lang="fr")
    assert "measures.read" not in glucoapp.post("/introspect", token=tokens["access_token"]).json["scope"]
    with unit_in(glucoapp.app):
        pairing = pairings.list_of_profile(alice.profile_id())[0]
        consents.amend(pairing, {"measures.read": True}, by=alice.account_id, lang="fr")
    assert "measures.read" in glucoapp.post("/introspect", token=tokens["access_token"]).json["scope"]


def test_token_of_the_client_itself_is_described(clinic: Partner) -> None:
    token = clinic.post("/token", grant_type="client_credentials", scope="openid").json["access_token"]
    seen = clinic.post("/introspect", token=token).json
    assert seen["active"] is True
    assert "sub" not in seen
    assert clinic.post("/revoke", token=token).status_code == 200
    assert clinic.post("/introspect", token=token).json == {"active": False}
