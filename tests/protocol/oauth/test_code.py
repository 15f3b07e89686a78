"""The authorization code grant: one use, bound to client, redirect URI and PKCE proof."""

from __future__ import annotations

import pytest

from tests.actors import Partner, Person
from tests.clock import Clock
from tests.minting import mint_code, mint_tokens
from tests.spec import spec


@spec("RFC 6749", "5.1", "the token response is JSON and not stored")
def test_app_redeems_its_code(alice: Person, glucoapp: Partner) -> None:
    answer = glucoapp.redeem(mint_code(glucoapp, alice))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    assert set(answer.json) == {
        "access_token", "token_type", "expires_in", "scope", "refresh_token", "refresh_token_expires_in", "id_token",
        "pairing_id", "pairing_ends_at", "subject", "subject_system",
    }  # fmt: skip
    assert answer.json["expires_in"] == 600


@spec("RFC 6749", "4.1.2", "a code used twice is refused and its tokens are revoked")
def test_replayed_code_kills_what_came_of_it(alice: Person, glucoapp: Partner) -> None:
    code = mint_code(glucoapp, alice)
    tokens = glucoapp.redeem(code).json
    again = glucoapp.redeem(code)
    assert again.status_code == 400
    assert again.json["error"] == "invalid_grant"
    assert glucoapp.call("GET", "/userinfo", tokens["access_token"]).status_code == 401
    assert glucoapp.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"


@spec("RFC 6749", "4.1.2", "a code lives sixty seconds here")
def test_code_dies_after_a_minute(alice: Person, glucoapp: Partner, clock: Clock) -> None:
    code = mint_code(glucoapp, alice)
    clock.advance(seconds=61)
    assert glucoapp.redeem(code).json["error"] == "invalid_grant"


@spec("RFC 6749", "4.1.3", "a code is bound to its client")
def test_other_app_cannot_redeem_and_does_not_burn_the_code(
    alice: Person, glucoapp: Partner, otherapp: Partner
) -> None:
    code = mint_code(glucoapp, alice)
    assert otherapp.redeem(code, code_verifier=glucoapp.verifier).json["error"] == "invalid_grant"
    assert glucoapp.redeem(code).status_code == 200


@spec("RFC 7636", "4.6", "the verifier must match, and a wrong one does not burn the code")
@pytest.mark.parametrize("verifier", [None, "short", "x" * 43, "é" * 43, "x" * 129])
def test_thief_without_the_verifier_gets_nothing(alice: Person, glucoapp: Partner, verifier: str | None) -> None:
    code = mint_code(glucoapp, alice)
    refused = glucoapp.redeem(code, code_verifier=verifier)
    assert refused.status_code == 400
    assert refused.json["error"] == "invalid_grant"
    assert glucoapp.redeem(code).status_code == 200


@spec("RFC 9700", "4.8.2", "a verifier for a request without a challenge is refused")
def test_downgrade_by_omission_is_refused(alice: Person, clinic: Partner) -> None:
    from tests.cast import register

    relaxed = register(clinic.app, profile="oidc", pkce_required=False)
    relaxed.scope = "openid"
    page = alice.arrives_at_consent(relaxed, code_challenge=None, code_challenge_method=None)
    from tests.actors import params_of

    code = params_of(alice.decides(page))["code"]
    assert relaxed.redeem(code).json["error"] == "invalid_grant"
    assert relaxed.redeem(code, code_verifier=None).status_code == 200


def test_other_client_is_not_relaxed_by_a_nonce(alice: Person, clinic: Partner) -> None:
    from tests.actors import params_of

    home = alice.browser.get(clinic.address(code_challenge=None, code_challenge_method=None))
    assert params_of(home)["error"] == "invalid_request"


@spec("RFC 6749", "4.1.3", "redirect_uri must be the one of the authorization request")
@pytest.mark.parametrize("redirect_uri", [None, "https://glucoapp.example/other"])
def test_wrong_redirect_uri_at_the_token_endpoint_is_refused(
    alice: Person, glucoapp: Partner, redirect_uri: str | None
) -> None:
    code = mint_code(glucoapp, alice)
    assert glucoapp.redeem(code, redirect_uri=redirect_uri).json["error"] == "invalid_grant"
    assert glucoapp.redeem(code).status_code == 200


@spec("RFC 6749", "3.2", "POST only, parameters in the form, each once")
def test_token_endpoint_takes_forms_only(alice: Person, glucoapp: Partner) -> None:
    code = mint_code(glucoapp, alice)
    auth = (glucoapp.client_id, glucoapp.secret or "")
    assert glucoapp.http.get("/token", auth=auth).status_code == 405
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": glucoapp.redirect_uri}
    form["code_verifier"] = glucoapp.verifier
    in_address = glucoapp.http.post("/token", query_string=form, auth=auth)
    assert in_address.json["error"] == "invalid_request"
    twice = glucoapp.http.post("/token", data=form | {"scope": ["a", "b"]}, auth=auth)
    assert twice.json["error"] == "invalid_request"
    assert glucoapp.http.post("/token", data=form, auth=auth).status_code == 200


@spec("RFC 6749", "5.2", "an unsupported grant type is named so")
@pytest.mark.parametrize("grant_type", ["password", "implicit", None, "urn:x"])
def test_other_grant_types_are_refused(glucoapp: Partner, grant_type: str | None) -> None:
    answer = glucoapp.post("/token", grant_type=grant_type, username="a", password="b")
    assert answer.status_code == 400
    assert answer.json["error"] == "unsupported_grant_type"


def test_code_of_a_link_ended_meanwhile_is_refused(alice: Person, glucoapp: Partner) -> None:
    from authz.pairing import pairings
    from tests.standing import unit_in

    code = mint_code(glucoapp, alice)
    with unit_in(glucoapp.app):
        pairings.end(pairings.list_of_profile(alice.profile_id())[0], by=alice.account_id)
    refused = glucoapp.redeem(code)
    assert refused.json == {
        "error": "invalid_grant",
        "error_description": "The link is ended.",
        "pairing_state": "ended",
    }


def test_client_without_refresh_grant_gets_no_refresh_token(alice: Person, glucoapp: Partner) -> None:
    from tests.cast import register

    short = register(glucoapp.app, grant_types=["authorization_code"], client_id="short-lived")
    assert "refresh_token" not in mint_tokens(short, alice)
