"""Revocation (RFC 7009) and introspection (RFC 7662): a client's own tokens, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest

from authz.clients import registry
from authz.pairing import consents, pairings
from tests.actors import Partner, Person
from tests.cast import register
from tests.clock import Clock
from tests.minting import mint_tokens
from tests.proofs import holder
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


def shown(partner: Partner, proof: str, *, scheme: str = "Bearer", **form: str) -> Any:
    """Ask what a token is worth, with an access token for a proof."""
    return partner.http.post("/introspect", data=form, headers={"Authorization": f"{scheme} {proof}"})


@spec("RFC 7662", "2.1", "a client may prove itself at introspection by an access token of its own")
@spec("SMART App Launch", "token introspection", "a client's own token is enough to ask about its tokens")
def test_service_asks_with_its_own_token(
    glucoapp: Partner, clinic: Partner, alice: Person, tokens: dict[str, str], clock: Clock
) -> None:
    service = register(glucoapp.app, grant_types=["authorization_code", "client_credentials"])
    own = service.post("/token", grant_type="client_credentials", scope="openid").json["access_token"]
    about = mint_tokens(service, alice)["access_token"]
    seen = shown(service, own, token=about)
    assert (seen.status_code, seen.headers["Cache-Control"], seen.json["active"]) == (200, "no-store", True)
    assert seen.json == service.post("/introspect", token=about).json
    assert shown(service, own, token=own).json["active"] is True
    assert shown(service, own, token=tokens["access_token"]).json == {"active": False}, "another client's"
    assert shown(service, own).json["error"] == "invalid_request"
    twice = shown(service, own, token=about, client_id=service.client_id, client_secret=service.secret or "")
    assert twice.json["error"] == "invalid_request"
    clock.advance(minutes=11)
    late = shown(service, own, token=about)
    assert (late.status_code, late.json["error"]) == (401, "invalid_token")
    assert late.headers["WWW-Authenticate"].startswith("Bearer ")


def test_token_that_acts_for_a_patient_proves_nothing_at_introspection(
    glucoapp: Partner, tokens: dict[str, str]
) -> None:
    for token in (tokens["access_token"], tokens["refresh_token"], tokens["id_token"], "apa_made-up", ""):
        answer = shown(glucoapp, token, token=tokens["access_token"])
        assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")


def test_suspended_service_asks_nothing_with_its_token(glucoapp: Partner) -> None:
    service = register(glucoapp.app, grant_types=["client_credentials"], redirect_uris=[])
    own = service.post("/token", grant_type="client_credentials", scope="openid").json["access_token"]
    with unit_in(glucoapp.app):
        registry.set_status(service.client_id, "suspended")
    assert shown(service, own, token=own).status_code == 401


def test_bound_token_asks_with_its_proof_only(glucoapp: Partner) -> None:
    service = holder(glucoapp.app, grant_types=["client_credentials"], redirect_uris=[], dpop_bound_access_tokens=True)
    own = service.post("/token", grant_type="client_credentials", scope="openid").json["access_token"]
    assert service.call("POST", "/introspect", own, data={"token": own}).json["active"] is True
    for scheme in ("Bearer", "DPoP"):
        assert shown(service, own, scheme=scheme, token=own).status_code == 401
