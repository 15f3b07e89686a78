"""The step-up challenge (RFC 9470): what may be read after a sure and recent sign-in only, and how to come to one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from authz.identity import levels
from authz.settings import Settings
from tests.actors import Partner, Person, claims_of, params_of
from tests.clock import Clock
from tests.minting import mint_tokens
from tests.protocol.oauth.test_details_obeyed import SCOPE, document
from tests.spec import spec
from tests.unit.records import samples

RFC = "RFC 9470"


@pytest.fixture
def hospital(make_app: Callable[..., Flask], glucoapp: Partner) -> Callable[..., Partner]:
    """Give the glucose app at a server whose operator wants more of a sign-in."""

    def at(*policies: str) -> Partner:
        app = make_app(step_up=policies)
        return Partner(app, glucoapp.client_id, glucoapp.secret)

    return at


def challenge(answer: Any) -> dict[str, str]:
    """Return the parameters of the challenge of a refusal."""
    assert answer.status_code == 401, answer.text
    return dict(re.findall(r'(\w+)="([^"]*)"', answer.headers["WWW-Authenticate"]))


def reads(partner: Partner, tokens: dict[str, Any]) -> dict[str, Any]:
    """Read a document twice, a measure by search and by id, and who the person is."""
    deposited = document(partner, tokens, 1)
    assert deposited.status_code == 201, deposited.text
    query = f"code=29463-7&subject.identifier={samples.AUTHORITY}|{tokens['subject']}"
    paths = {
        "document": f"/fhir/DocumentReference/{deposited.json['id']}",
        "binary": f"/fhir/Binary/{deposited.json['id']}",
        "search": f"/fhir/Observation?{query}",
        "documents": "/fhir/DocumentReference",
        "device": f"/fhir/Device/{'0' * 32}",
        "french": f"/measures/fhir/Observation?{query}",
        "measure": f"/fhir/Observation/{'0' * 32}",
        "userinfo": "/userinfo",
    }
    return {name: partner.call("GET", path, tokens["access_token"]) for name, path in paths.items()}


@spec(RFC, "3", "a token of too weak a sign-in is insufficient_user_authentication, with acr_values")
def test_hospital_wants_documents_read_after_a_passkey_only(hospital: Callable[..., Partner], alice: Person) -> None:
    partner = hospital("documents=phr")
    answers = reads(partner, mint_tokens(partner, alice, scope=SCOPE))
    for name in ("document", "binary"):
        said = challenge(answers[name])
        assert (said["error"], said["acr_values"]) == ("insufficient_user_authentication", "phr")
        assert "max_age" not in said
        assert said["resource_metadata"].endswith("/fhir")
        assert answers[name].json["issue"][0]["code"] == "login"
    assert [answers[name].status_code for name in ("search", "french", "measure", "userinfo")] == [200, 200, 404, 200]


@spec(RFC, "3", "a token of too old a sign-in is challenged with max_age")
def test_hospital_wants_a_recent_sign_in(hospital: Callable[..., Partner], alice: Person, clock: Clock) -> None:
    partner = hospital("measures=aal2/300", "userinfo=/400")
    tokens = mint_tokens(partner, alice, scope=SCOPE)
    clock.advance(seconds=299)
    assert [reads(partner, tokens)[name].status_code for name in ("search", "userinfo")] == [200, 200]
    clock.advance(seconds=10)
    answers = reads(partner, tokens)
    for name in ("search", "french", "measure"):
        said = challenge(answers[name])
        assert (said["acr_values"], said["max_age"]) == ("aal2", "300")
    assert [answers[name].status_code for name in ("document", "userinfo")] == [200, 200]
    clock.advance(seconds=100)
    late = reads(partner, tokens)["userinfo"]
    assert (challenge(late)["max_age"], late.json["error"]) == ("400", "insufficient_user_authentication")
    assert "acr_values" not in challenge(late)


def test_refresh_is_no_sign_in(hospital: Callable[..., Partner], alice: Person, clock: Clock) -> None:
    partner = hospital("userinfo=/60")
    tokens = mint_tokens(partner, alice, scope=SCOPE)
    clock.advance(seconds=61)
    fresh = partner.refresh(tokens["refresh_token"]).json
    assert challenge(partner.call("GET", "/userinfo", fresh["access_token"]))["max_age"] == "60"


def test_writing_needs_no_more_than_before(hospital: Callable[..., Partner], alice: Person, clock: Clock) -> None:
    partner = hospital("documents=phr", "measures=phr/1", "userinfo=phr")
    tokens = mint_tokens(partner, alice, scope=SCOPE)
    clock.advance(seconds=100)
    assert document(partner, tokens, 1).status_code == 201


@spec(RFC, "5", "an authorization request with max_age leads to a new sign-in, whose token is taken")
def test_app_answers_the_challenge(glucoapp: Partner, make_app: Any, alice: Person, clock: Clock) -> None:
    partner = Partner(make_app(step_up=("userinfo=/60",)), glucoapp.client_id, glucoapp.secret)
    alice.app = partner.app
    alice.new_browser()
    first = alice.pairs(partner)
    clock.advance(seconds=90)
    said = challenge(partner.call("GET", "/userinfo", first["access_token"]))
    page = alice.get(partner.address(max_age=said["max_age"]))
    page = alice.submit(page, "arrival")
    assert page.request.path.endswith("/login")
    page = alice.decides(alice.passes_sign_in(page))
    second = partner.redeem(params_of(page)["code"]).json
    assert partner.call("GET", "/userinfo", second["access_token"]).status_code == 200


@spec(RFC, "5", "acr_values that the present sign-in does not reach lead to a new one, and the token says which it was")
def test_weaker_sign_in_is_made_anew_once(clinic: Partner, alice: Person, clock: Clock) -> None:
    alice.decides(alice.arrives_at_consent(clinic), consents=["profile", "email"])
    silent = params_of(alice.get(clinic.address(prompt="none", acr_values="aal2")))
    assert "code" in silent
    assert params_of(alice.get(clinic.address(prompt="none", acr_values="phr")))["error"] == "login_required"
    page = alice.get(clinic.address(acr_values="phr"))
    assert page.request.path.endswith("/login")
    clock.advance(seconds=60)  # so that the newest code is the newest message
    page = alice.passes_sign_in(page)  # with a code again: a wish is no condition (OpenID Connect Core §5.5.1.1)
    tokens = clinic.redeem(params_of(page)["code"]).json
    assert claims_of(tokens["id_token"])["acr"] == "aal2"
    assert clinic.post("/introspect", token=tokens["access_token"]).json["acr"] == "aal2"


def test_unknown_level_asks_for_nothing(clinic: Partner, alice: Person) -> None:
    alice.decides(alice.arrives_at_consent(clinic), consents=["profile", "email"])
    assert "code" in params_of(alice.get(clinic.address(prompt="none", acr_values="gold platinum")))


@spec(RFC, "6.2", "introspection says how and when the person signed in")
def test_resource_server_elsewhere_may_decide_by_itself(glucoapp: Partner, alice: Person) -> None:
    told = glucoapp.post("/introspect", token=mint_tokens(glucoapp, alice)["access_token"]).json
    assert (told["acr"], type(told["auth_time"])) == ("aal2", int)


@pytest.mark.parametrize(
    "policy",
    ["documents", "documents=", "documents=gold", "documents=phr/", "letters=phr", "documents=phr/x", "=phr", "/5"],
)
def test_policy_that_says_nothing_is_no_setting(policy: str) -> None:
    assert any("STEP_UP" in problem for problem in Settings(step_up=(policy,)).problems())


@pytest.mark.parametrize("policy", ["documents=phr", "measures=aal2/3600", "userinfo=/600"])
def test_policies_of_the_readme_are_settings(policy: str) -> None:
    assert Settings(step_up=(policy,)).problems() == []


def test_policies_know_every_level() -> None:
    for level in levels.LEVELS:
        assert Settings(step_up=(f"documents={level}",)).problems() == []


def test_without_a_policy_nothing_is_asked(glucoapp: Partner, alice: Person, clock: Clock) -> None:
    tokens = mint_tokens(glucoapp, alice, scope=SCOPE)
    clock.advance(seconds=500)
    assert 401 not in {answer.status_code for answer in reads(glucoapp, tokens).values()}
