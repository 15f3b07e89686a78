"""The pairing journey over the real pages, and what the app can do with it."""

from __future__ import annotations

from tests.actors import Partner, Person, claims_of, params_of


def test_patient_pairs_and_app_gets_tokens(alice: Person, glucoapp: Partner) -> None:
    tokens = alice.pairs(glucoapp, consents=["documents.summary.write"])
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 600
    assert tokens["scope"] == "openid measures.glucose.write documents.summary.write"
    assert tokens["subject"] == claims_of(tokens["id_token"])["sub"]
    userinfo = glucoapp.call("GET", "/userinfo", tokens["access_token"])
    assert userinfo.json == {"sub": tokens["subject"]}


def test_patient_refuses_and_app_is_told(alice: Person, glucoapp: Partner) -> None:
    page = alice.arrives_at_consent(glucoapp)
    home = alice.decides(page, decision="deny")
    assert params_of(home) == {
        "error": "access_denied",
        "error_description": "The patient refused.",
        "state": glucoapp.state,
        "iss": "http://localhost",
    }


def test_parent_pairs_for_the_child_and_the_token_says_so(paul: Person, glucoapp: Partner) -> None:
    tokens = paul.pairs(glucoapp, profile=paul.profile_id("Zoé"))
    claims = claims_of(tokens["id_token"])
    assert claims["act"]["sub"] != claims["sub"]
    assert claims["oid"] == "1.2.250.1.999.7.1"
