"""Token exchange (RFC 8693): a back end has its own token made smaller, never larger, and never outlives it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from authz.catalogue import entries
from authz.pairing import consents, pairings
from tests.actors import ISSUER, Partner, Person, claims_of
from tests.cast import GLUCO_ENTRY, register
from tests.clock import Clock
from tests.minting import mint_tokens
from tests.proofs import fapi_client, new_key
from tests.protocol.oauth.test_details import days_ago, granted_to
from tests.spec import spec
from tests.standing import unit_in

RFC = "RFC 8693"
GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
KIND = "urn:ietf:params:oauth:token-type:access_token"
GRANTS = ["authorization_code", "refresh_token", "client_credentials", GRANT]
SCOPE = "openid profile measures.read"
FHIR, USERINFO = f"{ISSUER}/fhir", f"{ISSUER}/userinfo"


@pytest.fixture
def backend(app: Flask) -> Partner:
    """Give a partner whose back end may exchange its tokens."""
    return register(app, GLUCO_ENTRY, client_id="backend", grant_types=GRANTS)


@pytest.fixture
def tokens(backend: Partner, alice: Person) -> dict[str, Any]:
    """Give the tokens of a fresh pairing."""
    return mint_tokens(backend, alice, scope=SCOPE)


def exchange(partner: Partner, token: str | None, **changes: Any) -> Any:
    """Ask for a smaller token."""
    form: dict[str, Any] = {"grant_type": GRANT, "subject_token": token, "subject_token_type": KIND}
    return partner.post("/token", **(form | changes))


def smaller(partner: Partner, token: str, **changes: Any) -> dict[str, Any]:
    """Return the answer with a smaller token."""
    answer = exchange(partner, token, **changes)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def told(partner: Partner, token: str) -> dict[str, Any]:
    """Return what introspection says."""
    found: dict[str, Any] = partner.post("/introspect", token=token).json
    return found


def opens(partner: Partner, token: str) -> int:
    """Return how UserInfo answers to a token."""
    return int(partner.call("GET", "/userinfo", token).status_code)


def refused(answer: Any, code: str) -> None:
    """Hold an answer to be this refusal."""
    assert (answer.status_code, answer.json["error"]) == (400, code), answer.text


@spec(RFC, "2.2.1", "access_token, issued_token_type, token_type, expires_in, scope, and no refresh token")
def test_back_end_gets_a_smaller_token(backend: Partner, tokens: dict[str, Any]) -> None:
    answer = exchange(backend, tokens["access_token"], scope="openid", resource=USERINFO, requested_expiry="60")
    assert answer.headers["Cache-Control"] == "no-store"
    token = answer.json.pop("access_token")
    assert token != tokens["access_token"]
    content = {name: value for name, value in answer.json.items() if name != "access_token"}
    assert content == {"issued_token_type": KIND, "token_type": "Bearer", "expires_in": 60, "scope": "openid"}
    seen = told(backend, token)
    assert (seen["scope"], seen["aud"], seen["exp"] - seen["iat"]) == ("openid", USERINFO, 60)
    assert seen["sub"] == tokens["subject"]
    assert "act" not in seen
    assert opens(backend, token) == 200
    assert backend.call("GET", "/fhir/Observation", token).status_code == 401
    assert opens(backend, tokens["access_token"]) == 200


@spec(RFC, "2.1", "what is not asked to be smaller is as it was, and never longer")
def test_token_is_no_larger_than_what_it_was_made_of(
    backend: Partner, alice: Person, tokens: dict[str, Any], clock: Clock
) -> None:
    clock.advance(seconds=400)
    plain = smaller(backend, tokens["access_token"], requested_token_type=KIND)
    assert 0 < plain["expires_in"] <= 200
    seen, subject = told(backend, plain["access_token"]), told(backend, tokens["access_token"])
    assert seen["exp"] <= subject["exp"]
    assert {name: seen[name] for name in ("scope", "aud", "sub", "auth_time", "acr")} == {
        name: subject[name] for name in ("scope", "aud", "sub", "auth_time", "acr")
    }
    long = smaller(backend, tokens["access_token"], requested_expiry="999999999")
    assert long["expires_in"] <= 200
    clock.advance(seconds=200)
    assert opens(backend, plain["access_token"]) == 401
    refused(exchange(backend, tokens["access_token"]), "invalid_request")


@spec(RFC, "2.2.2", "a wider scope is invalid_scope, another resource invalid_target")
def test_nothing_is_ever_widened(backend: Partner, alice: Person) -> None:
    narrow = mint_tokens(backend, alice, scope="openid", resources=USERINFO)["access_token"]
    for scope in ("openid profile", "profile", "measures.read", " "):
        refused(exchange(backend, narrow, scope=scope), "invalid_scope")
    for resource in (FHIR, ISSUER, "https://elsewhere.example", [USERINFO, FHIR]):
        refused(exchange(backend, narrow, resource=resource), "invalid_target")
    for text in ("0", "-1", "1.5", "x", "9" * 10, ""):
        refused(exchange(backend, narrow, requested_expiry=text), "invalid_request")
    assert smaller(backend, narrow, scope="openid", resource=USERINFO)["scope"] == "openid"


def test_details_are_narrowed_and_never_widened(backend: Partner, alice: Person) -> None:
    granted = {"type": "pairing", "history_days": 90, "history_from": days_ago(90)}
    subject = granted_to(backend, alice, granted)
    held = subject["refresh_token"]
    less, more = (json.dumps([{"type": "pairing", "history_days": days}]) for days in (7, 91))
    week = smaller(backend, subject["access_token"], authorization_details=less)
    assert week["authorization_details"][0]["history_days"] == 7
    assert told(backend, week["access_token"])["authorization_details"] == week["authorization_details"]
    refused(exchange(backend, subject["access_token"], authorization_details=more), "invalid_authorization_details")
    month = backend.refresh(held, authorization_details=less.replace("7", "30")).json["access_token"]
    kept = smaller(backend, month)
    assert kept["authorization_details"][0]["history_days"] == 30
    refused(exchange(backend, month, authorization_details=more.replace("91", "31")), "invalid_authorization_details")


@spec(RFC, "2.2.2", "a subject_token that is unknown, another client's, over or revoked is invalid_request")
def test_token_that_is_not_the_clients_is_refused(
    backend: Partner, glucoapp: Partner, alice: Person, tokens: dict[str, Any]
) -> None:
    foreign = mint_tokens(glucoapp, alice)
    for token in (
        "nonsense",
        "",
        foreign["access_token"],
        foreign["refresh_token"],
        tokens["refresh_token"],
        tokens["id_token"],
    ):
        refused(exchange(backend, token), "invalid_request")
    assert backend.post("/revoke", token=tokens["access_token"]).status_code == 200
    refused(exchange(backend, tokens["access_token"]), "invalid_request")


@spec(RFC, "2.1", "what is not supported is refused by its name: actors, audience, other kinds of token")
@pytest.mark.parametrize(
    ("changes", "code", "word"),
    [
        ({"actor_token": "x", "actor_token_type": KIND}, "invalid_request", "actor_token"),
        ({"actor_token_type": KIND}, "invalid_request", "actor_token_type"),
        ({"audience": "https://elsewhere.example"}, "invalid_target", "audience"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request", "requested"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:id_token"}, "invalid_request", "requested"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request", "subject"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:saml2"}, "invalid_request", "subject"),
        ({"subject_token_type": None}, "invalid_request", "subject_token_type"),
        ({"subject_token": None}, "invalid_request", "subject_token"),
    ],
)
def test_part_that_is_not_supported_is_named(
    backend: Partner, tokens: dict[str, Any], changes: dict[str, Any], code: str, word: str
) -> None:
    answer = exchange(backend, tokens["access_token"], **changes)
    refused(answer, code)
    assert word in answer.json["error_description"]


def test_client_must_be_allowed_and_must_prove_itself(
    app: Flask, glucoapp: Partner, otherapp: Partner, alice: Person
) -> None:
    from authz.clients.metadata import InvalidClientMetadata

    refused(exchange(glucoapp, mint_tokens(glucoapp, alice)["access_token"]), "unauthorized_client")
    with pytest.raises(InvalidClientMetadata, match="prove itself"):
        register(app, token_endpoint_auth_method="none", grant_types=GRANTS)
    answer = exchange(otherapp, mint_tokens(otherapp, alice)["access_token"])
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert GRANT in glucoapp.http.get("/.well-known/oauth-authorization-server").json["grant_types_supported"]


@spec(RFC, "2.1", "a token that was exchanged is not exchanged again")
def test_exchanged_token_is_not_exchanged_again(backend: Partner, tokens: dict[str, Any]) -> None:
    first = smaller(backend, tokens["access_token"])["access_token"]
    answer = exchange(backend, first)
    refused(answer, "invalid_request")
    assert "already" in answer.json["error_description"]


@spec(RFC, "5", "revoking a token revokes what was made of it, and not the other way round")
def test_revocation_reaches_what_was_made_of_a_token(backend: Partner, tokens: dict[str, Any]) -> None:
    one, other = (smaller(backend, tokens["access_token"])["access_token"] for _ in range(2))
    assert backend.post("/revoke", token=one).status_code == 200
    assert [opens(backend, token) for token in (one, other, tokens["access_token"])] == [401, 200, 200]
    assert backend.post("/revoke", token=tokens["access_token"]).status_code == 200
    assert opens(backend, other) == 401
    assert told(backend, other) == {"active": False}


def test_refresh_token_takes_them_all_along(backend: Partner, tokens: dict[str, Any]) -> None:
    made = smaller(backend, tokens["access_token"])["access_token"]
    assert backend.post("/revoke", token=tokens["refresh_token"]).status_code == 200
    assert opens(backend, made) == 401
    refused(exchange(backend, tokens["access_token"]), "invalid_request")


def test_patient_ends_them_all(backend: Partner, alice: Person, tokens: dict[str, Any], app: Flask) -> None:
    made = smaller(backend, tokens["access_token"])["access_token"]
    with unit_in(app):
        link = pairings.list_of_profile(alice.profile_id())[0]
        consents.amend(link, {"profile": False}, by=alice.account_id, lang="fr")
    assert smaller(backend, tokens["access_token"])["scope"] == "openid measures.read"
    with unit_in(app):
        pairings.end(pairings.list_of_profile(alice.profile_id())[0], by=alice.account_id)
    assert opens(backend, made) == 403
    refused(exchange(backend, tokens["access_token"]), "invalid_request")


def test_paused_link_and_suspended_service_exchange_nothing(
    backend: Partner, alice: Person, tokens: dict[str, Any], app: Flask
) -> None:
    from datetime import timedelta

    from authz import clock as server_clock

    with unit_in(app):
        link = pairings.list_of_profile(alice.profile_id())[0]
        pairings.pause(link, server_clock.now() + timedelta(days=7), by=alice.account_id)
    refused(exchange(backend, tokens["access_token"]), "invalid_request")
    with unit_in(app):
        pairings.resume(pairings.list_of_profile(alice.profile_id())[0], by=alice.account_id)
        entries.put(GLUCO_ENTRY | {"status": "suspended"})
    refused(exchange(backend, tokens["access_token"]), "invalid_request")


@spec("RFC 9449", "5", "a token made of a bound one is bound to the same key, which must be proven")
def test_bound_token_keeps_its_binding(app: Flask, alice: Person) -> None:
    bank = fapi_client(app, grant_types=GRANTS)
    token = mint_tokens(bank, alice, scope=SCOPE)["access_token"]
    made = smaller(bank, token, scope="openid")
    assert made["token_type"] == "DPoP"
    assert told(bank, made["access_token"])["cnf"] == {"jkt": bank.jkt}
    assert opens(bank, made["access_token"]) == 200
    right, bank.key = bank.key, new_key()
    refused(exchange(bank, token), "invalid_request")
    bank.has_proofs = False
    refused(exchange(bank, token), "invalid_dpop_proof")
    bank.key, bank.has_proofs = right, True
    assert smaller(bank, token)["token_type"] == "DPoP"


def test_free_client_may_bind_but_never_unbind(app: Flask, alice: Person) -> None:
    from tests.proofs import holder

    free = holder(app, grant_types=GRANTS)
    bound = mint_tokens(free, alice, scope=SCOPE)["access_token"]
    free.has_proofs = False
    refused(exchange(free, bound), "invalid_request")
    loose = mint_tokens(free, alice, scope=SCOPE)["access_token"]
    free.has_proofs = True
    assert smaller(free, loose)["token_type"] == "DPoP"


def test_clients_own_token_is_made_smaller_too(backend: Partner) -> None:
    own = backend.post("/token", grant_type="client_credentials", scope="measures.read openid").json["access_token"]
    made = smaller(backend, own, scope="openid", resource=FHIR)
    assert told(backend, made["access_token"])["aud"] == FHIR
    refused(exchange(backend, own, scope="profile"), "invalid_scope")
    refused(exchange(backend, own, authorization_details='[{"type": "pairing"}]'), "invalid_authorization_details")
    assert backend.post("/revoke", token=own).status_code == 200
    assert told(backend, made["access_token"]) == {"active": False}


def test_signed_tokens_are_exchanged_for_signed_ones(app: Flask, alice: Person) -> None:
    lab = register(app, access_token_format="jwt", grant_types=GRANTS)
    subject = mint_tokens(lab, alice, scope=SCOPE)["access_token"]
    made = smaller(lab, subject, scope="openid", resource=USERINFO, requested_expiry="30")
    claims = claims_of(made["access_token"])
    assert (claims["scope"], claims["aud"], claims["exp"] - claims["iat"]) == ("openid", USERINFO, 30)
    assert claims["sub"] == claims_of(subject)["sub"]
    assert "act" not in claims
    assert opens(lab, made["access_token"]) == 200


def test_token_revoked_while_it_is_exchanged_leaves_nothing(backend: Partner, alice: Person) -> None:
    for _ in range(5):
        subject = mint_tokens(backend, alice, scope=SCOPE)["access_token"]
        acts = [lambda token=subject: exchange(backend, token)] * 4
        acts.insert(2, lambda token=subject: backend.post("/revoke", token=token))
        with ThreadPoolExecutor(5) as pool:
            answers = list(pool.map(lambda act: act(), acts))
        assert answers[2].status_code == 200
        made = [answer.json["access_token"] for answer in answers if "access_token" in (answer.json or {})]
        assert {opens(backend, token) for token in made} <= {401}
