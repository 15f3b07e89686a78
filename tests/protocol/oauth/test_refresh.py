"""The refresh grant: rotation, the grace for a lost answer, death on theft, and what ends it."""

from __future__ import annotations

import pytest

from authz.pairing import pairings
from tests.actors import Partner, Person
from tests.clock import Clock
from tests.mailbox import Mailbox
from tests.minting import mint_tokens
from tests.spec import spec
from tests.standing import unit_in


@pytest.fixture
def tokens(alice: Person, glucoapp: Partner) -> dict[str, str]:
    """Give the tokens of a fresh pairing."""
    return mint_tokens(glucoapp, alice)


@spec("RFC 9700", "4.14.2", "refresh tokens rotate")
def test_app_refreshes_and_gets_a_successor(glucoapp: Partner, tokens: dict[str, str], clock: Clock) -> None:
    clock.advance(minutes=2)
    fresh = glucoapp.refresh(tokens["refresh_token"]).json
    assert fresh["refresh_token"] != tokens["refresh_token"]
    assert fresh["access_token"] != tokens["access_token"]
    assert glucoapp.call("GET", "/userinfo", fresh["access_token"]).status_code == 200
    clock.advance(minutes=2)
    assert glucoapp.refresh(fresh["refresh_token"]).status_code == 200


def test_app_that_lost_the_answer_gets_the_same_successor(
    glucoapp: Partner, tokens: dict[str, str], clock: Clock
) -> None:
    first = glucoapp.refresh(tokens["refresh_token"]).json
    clock.advance(seconds=59)
    second = glucoapp.refresh(tokens["refresh_token"]).json
    assert second["refresh_token"] == first["refresh_token"]
    assert glucoapp.call("GET", "/userinfo", first["access_token"]).status_code == 200
    assert glucoapp.call("GET", "/userinfo", second["access_token"]).status_code == 200


@spec("RFC 9700", "4.14.2", "reuse of an old refresh token ends the family")
def test_stolen_token_suspends_the_link_and_the_patient_is_told(
    alice: Person, glucoapp: Partner, tokens: dict[str, str], clock: Clock, mailbox: Mailbox
) -> None:
    fresh = glucoapp.refresh(tokens["refresh_token"]).json
    clock.advance(seconds=61)
    stolen = glucoapp.refresh(tokens["refresh_token"])
    assert stolen.status_code == 400
    assert stolen.json["error"] == "invalid_grant"
    assert glucoapp.refresh(fresh["refresh_token"]).json["error"] == "invalid_grant"
    refused = glucoapp.call("GET", "/userinfo", fresh["access_token"])
    assert refused.status_code == 403
    assert refused.json["error"] == "pairing_suspended"
    assert any("suspend" in message["subject"] for message in mailbox.messages(alice.email))


def test_old_token_is_theft_once_its_successor_was_used(glucoapp: Partner, tokens: dict[str, str]) -> None:
    fresh = glucoapp.refresh(tokens["refresh_token"]).json
    assert glucoapp.refresh(fresh["refresh_token"]).status_code == 200
    assert glucoapp.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"


def test_no_grace_after_a_deliberate_revocation(glucoapp: Partner, tokens: dict[str, str]) -> None:
    glucoapp.refresh(tokens["refresh_token"])
    assert glucoapp.post("/revoke", token=tokens["refresh_token"]).status_code == 200
    assert glucoapp.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"


@spec("RFC 6749", "6", "a refresh token is bound to its client")
def test_other_app_cannot_refresh(glucoapp: Partner, otherapp: Partner, tokens: dict[str, str]) -> None:
    assert otherapp.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert glucoapp.refresh(tokens["refresh_token"]).status_code == 200


@spec("RFC 6749", "6", "the scope may be narrowed and never widened")
def test_app_narrows_its_scope_and_cannot_widen_it(glucoapp: Partner, tokens: dict[str, str]) -> None:
    wider = glucoapp.refresh(tokens["refresh_token"], scope="openid email")
    assert wider.json["error"] == "invalid_scope"
    narrow = glucoapp.refresh(tokens["refresh_token"], scope="measures.read").json
    assert narrow["scope"] == "measures.read"
    assert "id_token" not in narrow


@spec("OpenID Connect Core", "12.2", "an ID token on refresh keeps iss, sub, aud and auth_time, and has no nonce")
def test_id_token_on_refresh_is_the_same_person(glucoapp: Partner, tokens: dict[str, str], clock: Clock) -> None:
    from tests.actors import claims_of

    clock.advance(minutes=1)
    before = claims_of(tokens["id_token"])
    after = claims_of(glucoapp.refresh(tokens["refresh_token"]).json["id_token"])
    assert {name: after[name] for name in ("iss", "sub", "aud", "auth_time", "sid")} == {
        name: before[name] for name in ("iss", "sub", "aud", "auth_time", "sid")
    }
    assert after["iat"] > before["iat"]
    assert "nonce" not in after


def test_idle_token_is_over_after_ninety_days(glucoapp: Partner, tokens: dict[str, str], clock: Clock) -> None:
    clock.advance(days=89)
    fresh = glucoapp.refresh(tokens["refresh_token"]).json
    clock.advance(days=91)
    assert glucoapp.refresh(fresh["refresh_token"]).json["error"] == "invalid_grant"


@pytest.mark.parametrize("state", ["ended", "suspended"])
def test_link_that_is_over_cannot_be_refreshed(
    alice: Person, glucoapp: Partner, tokens: dict[str, str], state: str
) -> None:
    with unit_in(glucoapp.app):
        pairing = pairings.list_of_profile(alice.profile_id())[0]
        if state == "ended":
            pairings.end(pairing, by=alice.account_id)
        else:
            pairings.suspend(pairing.profile_id, pairing.id, reason="operator")
    refused = glucoapp.refresh(tokens["refresh_token"])
    assert refused.status_code == 400
    assert refused.json == {
        "error": "invalid_grant",
        "error_description": f"The link is {state}.",
        "pairing_state": state,
    }


@pytest.mark.parametrize("token", [None, "", "nonsense", "apr_" + "0" * 64])
def test_unknown_refresh_token_is_refused(glucoapp: Partner, token: str | None) -> None:
    answer = glucoapp.post("/token", grant_type="refresh_token", refresh_token=token)
    assert answer.status_code == 400
    assert answer.json["error"] == ("invalid_request" if token is None else "invalid_grant")


def test_client_with_a_key_of_its_own_keeps_its_refresh_token(alice: Person, glucoapp: Partner, clock: Clock) -> None:
    from tests.cast import register

    keeper = register(glucoapp.app, client_id="keeper", rotate_refresh_tokens=False)
    tokens = mint_tokens(keeper, alice)
    clock.advance(days=60)
    fresh = keeper.refresh(tokens["refresh_token"]).json
    assert fresh["refresh_token"] == tokens["refresh_token"]
    clock.advance(days=60)
    assert keeper.refresh(tokens["refresh_token"]).status_code == 200
