"""Rich authorization requests (RFC 9396): the type `pairing`, asked for, shown, granted, narrowed and obeyed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from authz.pairing import pairings
from tests.actors import Partner, Person, claims_of, params_of
from tests.cast import GLUCO_ENTRY, register
from tests.minting import mint_code, mint_tokens
from tests.proofs import fapi_client
from tests.protocol.oauth.test_pushed_and_signed import jar, named, params_in, signed  # noqa: F401 # a fixture
from tests.spec import spec
from tests.standing import unit_in

RFC = "RFC 9396"
PAIRING = {"type": "pairing", "account": "a.martin@gluco.example", "account_name": "Alice Martin", "months": 6}


def as_asked(*details: Any) -> str:
    """Write authorization_details."""
    return json.dumps(list(details))


def asks(person: Person, partner: Partner, *details: Any, **changes: str | None) -> Any:
    """Go to the consent page with a request that has authorization_details."""
    return person.arrives_at_consent(
        partner, **({"app_account": None, "authorization_details": as_asked(*details)} | changes)
    )


def agrees(person: Person, partner: Partner, page: Any, *, until: str) -> Any:
    """Agree to everything for so many months; returns the token response."""
    chosen: dict[str, Any] = {"profile": person.profile_id(), "scope": ["measures.read", "documents.summary.write"]}
    page = person.submit(page, "consent", decision="allow", until=until, **chosen)
    assert page.request.path.endswith("/done"), page.text
    page = person.get(f"/authorize/{page.request.path.split('/')[2]}")
    return partner.redeem(params_of(page)["code"]).json


def granted_to(partner: Partner, person: Person, detail: dict[str, Any], **request: Any) -> dict[str, Any]:
    """Return tokens of an authorization that was granted in this detail."""
    return mint_tokens(partner, person, details=json.dumps(detail), **request)


def days_ago(days: int) -> str:
    """Return a day as the granted form writes it."""
    return (datetime.now(UTC) - timedelta(days=days)).date().isoformat()


@spec(RFC, "2", "the patient is shown what is asked for")
def test_patient_reads_what_the_app_asks(glucoapp: Partner, alice: Person) -> None:
    page = asks(alice, glucoapp, PAIRING | {"history_days": 90})
    assert "Alice Martin · a.martin@gluco.example" in page.text
    assert "demande 6 mois au plus" in page.text.replace("\u00a0", " ")
    assert "aucune d’avant" in page.text
    assert '<option value="13"' not in page.text
    assert '<option value="6"' in page.text
    bare = asks(alice, glucoapp, {"type": "pairing"})
    assert "aucune d’avant" not in bare.text
    assert '<option value="13"' in bare.text


@spec(RFC, "2", "the patient reads at home how far back the app reaches")
@pytest.mark.parametrize(("detail", "is_told"), [({"history_days": 90}, True), ({}, False)])
def test_patient_reads_at_home_how_far_back_the_app_reaches(
    glucoapp: Partner, alice: Person, detail: dict[str, int], is_told: bool
) -> None:
    agrees(alice, glucoapp, asks(alice, glucoapp, PAIRING | detail), until="6")
    own = alice.profile_id()
    with unit_in(glucoapp.app):
        [link] = [pairing.id for pairing in pairings.list_of_profile(own)]
    page = alice.get(f"/home/services/{link}")
    assert (page.status_code, "aucune d’avant" in page.text) == (200, is_told)


@spec(RFC, "7", "the token response says what was granted")
@spec(RFC, "7.1", "what was granted may be less than what was asked: the patient's shorter term")
def test_patient_chooses_a_shorter_term(glucoapp: Partner, alice: Person) -> None:
    tokens = agrees(alice, glucoapp, asks(alice, glucoapp, PAIRING | {"history_days": 90}), until="1")
    [granted] = tokens["authorization_details"]
    assert granted == PAIRING | {
        "months": 1,
        "history_days": 90,
        "history_from": days_ago(90),
        "ends_at": tokens["pairing_ends_at"],
    }
    fresh = glucoapp.refresh(tokens["refresh_token"]).json
    assert fresh["authorization_details"] == [granted]


@spec(RFC, "9.2", "introspection says what was granted")
@spec(RFC, "9.1", "a signed access token says what was granted")
def test_resource_servers_are_told(app: Flask, alice: Person) -> None:
    lab = register(app, access_token_format="jwt")
    tokens = granted_to(lab, alice, PAIRING)
    [granted] = tokens["authorization_details"]
    assert granted.items() >= PAIRING.items()
    assert claims_of(tokens["access_token"])["authorization_details"] == [granted]
    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert lab.post("/introspect", token=token).json["authorization_details"] == [granted]
    plain = mint_tokens(lab, alice)
    assert "authorization_details" not in plain
    assert "authorization_details" not in claims_of(plain["access_token"])


def test_longer_term_than_was_asked_is_not_taken(glucoapp: Partner, alice: Person) -> None:
    page = asks(alice, glucoapp, PAIRING)
    chosen: dict[str, Any] = {"profile": alice.profile_id(), "scope": ["measures.read"]}
    assert alice.submit(page, "consent", decision="allow", until="13", **chosen).status_code == 400
    tokens = agrees(alice, glucoapp, page, until="")  # as long as may be
    assert tokens["authorization_details"][0]["months"] == 6


@spec(RFC, "2", "an account in the detail is what app_account is")
def test_detail_names_the_account_as_the_parameters_do(glucoapp: Partner, alice: Person) -> None:
    agrees(alice, glucoapp, asks(alice, glucoapp, PAIRING), until="6")
    with unit_in(glucoapp.app):
        kept = pairings.app_account(pairings.list_of_profile(alice.profile_id())[0])
    assert kept == {"account": PAIRING["account"], "name": PAIRING["account_name"]}
    for account, error in ((PAIRING["account"], None), ("somebody@else.example", "invalid_authorization_details")):
        answer = glucoapp.post(
            "/par", **params_in(glucoapp.address(app_account=str(account), authorization_details=as_asked(PAIRING)))
        )
        assert answer.json.get("error") == error


WRONG: list[Any] = [
    "",
    "nonsense",
    "{}",
    json.dumps(PAIRING),
    "[]",
    "[7]",
    "[[]]",
    "null",
    as_asked(PAIRING, PAIRING),
    as_asked({"account": "a"}),
    as_asked({"type": "payment_initiation"}),
    as_asked({"type": ["pairing"]}),
    as_asked({"type": None}),
    as_asked(PAIRING | {"locations": ["https://evil.example"]}),
    as_asked(PAIRING | {"actions": ["read"]}),
    as_asked(PAIRING | {"ends_at": "2099-01-01T00:00:00+00:00"}),
    as_asked(PAIRING | {"history_from": "1900-01-01"}),
    as_asked(PAIRING | {"é": 1}),
    as_asked(PAIRING | {"account": ""}),
    as_asked(PAIRING | {"account": 7}),
    as_asked(PAIRING | {"account": "a" * 255}),
    as_asked(PAIRING | {"account": "a\u202eb"}),
    as_asked(PAIRING | {"account_name": "a" * 101}),
    as_asked(PAIRING | {"account_name": ["Alice"]}),
    as_asked(PAIRING | {"months": 0}),
    as_asked(PAIRING | {"months": 14}),
    as_asked(PAIRING | {"months": "6"}),
    as_asked(PAIRING | {"months": True}),
    as_asked(PAIRING | {"months": 6.5}),
    as_asked(PAIRING | {"history_days": -1}),
    as_asked(PAIRING | {"history_days": 3661}),
    as_asked(PAIRING | {"history_days": None}),
    '[{"type": "pairing", "type": "pairing"}]',
    '[{"type": "pairing", "months": 1, "months": 13}]',
    "[" * 1000,
    '[{"type": "pairing", "months": NaN}]',
]


@spec(RFC, "5", "what is malformed, unknown or of a wrong value is invalid_authorization_details")
@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_detail_is_refused_everywhere(glucoapp: Partner, alice: Person, wrong: str) -> None:
    told = params_of(alice.get(glucoapp.address(app_account=None, authorization_details=wrong)))
    assert (told["error"], told["state"]) == ("invalid_authorization_details", glucoapp.state)
    params = params_in(glucoapp.address(app_account=None)) | {"authorization_details": wrong}
    scale = register(glucoapp.app, profile="device", token_endpoint_auth_method="none", redirect_uris=[])
    for answer in (
        glucoapp.post("/par", **params),
        scale.post("/device_authorization", scope="openid", authorization_details=wrong),
    ):
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")


def test_detail_that_is_too_long_is_refused(glucoapp: Partner) -> None:
    text = as_asked({"type": "pairing", "account": "a" * 3000})
    answer = glucoapp.post("/par", **params_in(glucoapp.address(authorization_details=text)))
    assert answer.json["error"] == "invalid_request"


@spec(RFC, "10", "the metadata name the types, and a client may be registered for some")
def test_types_are_in_the_metadata_and_with_the_client(app: Flask, glucoapp: Partner, alice: Person) -> None:
    for path in ("oauth-authorization-server", "oauth-protected-resource/fhir"):
        assert glucoapp.http.get(f"/.well-known/{path}").json["authorization_details_types_supported"] == ["pairing"]
    for types, error in ((["pairing"], None), ([], "invalid_authorization_details")):
        client = register(app, authorization_details_types=types)
        answer = client.post("/par", **params_in(client.address(authorization_details=as_asked({"type": "pairing"}))))
        assert answer.json.get("error") == error


@pytest.mark.parametrize("wrong", ["pairing", ["payment_initiation"], [7]])
def test_client_registers_types_that_there_are(app: Flask, wrong: Any) -> None:
    from authz.clients.metadata import InvalidClientMetadata

    with pytest.raises(InvalidClientMetadata, match="authorization_details_types"):
        register(app, authorization_details_types=wrong)


def test_app_registers_its_types_itself(make_app: Callable[..., Flask], app: Flask) -> None:
    other: Any = make_app(registration="open").test_client()
    body = {"redirect_uris": ["https://app.example/cb"], "authorization_details_types": ["pairing"]}
    assert other.post("/register", json=body).json["authorization_details_types"] == ["pairing"]


@spec(RFC, "3", "a pushed request, and a signed one, may have authorization_details")
def test_signed_and_pushed_request_has_details(jar: Partner, alice: Person) -> None:  # noqa: F811
    detail = PAIRING | {"months": 1}
    answer = jar.post("/par", request=signed(jar, app_account=None, authorization_details=[detail]))
    page = alice.passes_sign_in(alice.get(named(jar, answer.json["request_uri"])))
    tokens = jar.redeem(params_of(_allowed(alice, page))["code"]).json
    assert tokens["authorization_details"][0]["months"] == 1
    wrong = jar.post("/par", request=signed(jar, app_account=None, authorization_details=[detail | {"x": 1}]))
    assert wrong.json["error"] == "invalid_authorization_details"


def _allowed(person: Person, page: Any) -> Any:
    return person.submit(
        page, "consent", decision="allow", until="1", profile=person.profile_id(), scope=["profile"]
    )  # fmt: skip


@spec("FAPI 2.0", "5.3.2.2", "a client of profile fapi2 may push authorization_details, and is told what was granted")
def test_fapi_client_pushes_details(app: Flask, alice: Person) -> None:
    bank = fapi_client(app)
    params = params_in(bank.address(app_account=None, scope="openid measures.read"))
    answer = bank.post("/par", **params, authorization_details=as_asked({"type": "pairing"}))
    page = alice.get(named(bank, answer.json["request_uri"]))
    page = alice.passes_sign_in(alice.submit(page, "arrival"))
    tokens = bank.redeem(params_of(alice.decides(page, consents=["measures.read"]))["code"]).json
    assert tokens["token_type"] == "DPoP"
    assert [detail["type"] for detail in tokens["authorization_details"]] == ["pairing"]
    assert tokens["authorization_details"][0]["months"] == 13


@spec(RFC, "2", "an object without a browser may have authorization_details")
def test_object_asks_in_detail(app: Flask, alice: Person) -> None:
    from tests.protocol.oauth import test_device as objects

    asked = [{"scope": "measures.weight.write"}]
    entry = GLUCO_ENTRY | {"id": "scale", "oid": "1.2.250.1.999.7.9", "name": "Balance", "scopes": asked}
    scale = register(app, entry, profile="device", token_endpoint_auth_method="none", redirect_uris=[])
    codes = objects.begun(scale, authorization_details=as_asked(PAIRING | {"months": 13}))
    objects.agrees(alice, codes)
    tokens = objects.asks(scale, codes).json
    assert tokens["authorization_details"][0].items() >= (PAIRING | {"months": 13}).items()


@spec(RFC, "6", "a token request may ask for less than was granted")
def test_app_narrows_its_history_at_the_token_endpoint(glucoapp: Partner, alice: Person) -> None:
    granted = PAIRING | {"history_days": 90, "history_from": days_ago(90)}
    code = mint_code(glucoapp, alice, details=json.dumps(granted))
    less = as_asked({"type": "pairing", "history_days": 7})
    tokens = glucoapp.redeem(code, authorization_details=less).json
    assert (
        tokens["authorization_details"][0].items()
        >= (granted | {"history_days": 7, "history_from": days_ago(7)}).items()
    )
    told = glucoapp.post("/introspect", token=tokens["access_token"]).json
    assert told["authorization_details"] == tokens["authorization_details"]
    whole = glucoapp.refresh(tokens["refresh_token"]).json
    assert whole["authorization_details"][0]["history_days"] == 90
    same = glucoapp.refresh(whole["refresh_token"], authorization_details=json.dumps(whole["authorization_details"]))
    assert same.json["authorization_details"] == whole["authorization_details"]


def test_history_may_be_narrowed_where_it_was_not_limited(glucoapp: Partner, alice: Person) -> None:
    tokens = granted_to(glucoapp, alice, {"type": "pairing"})
    assert "history_from" not in tokens["authorization_details"][0]
    less = as_asked({"type": "pairing", "history_days": 30})
    fresh = glucoapp.refresh(tokens["refresh_token"], authorization_details=less).json
    assert fresh["authorization_details"][0]["history_from"] == days_ago(30)


@spec(RFC, "6.1", "a token request that asks for more than was granted is invalid_authorization_details")
@pytest.mark.parametrize(
    "more",
    [
        {"history_days": 91},
        {"history_days": -1},
        {"history_days": "7"},
        {"history_from": "2000-01-01"},
        {"months": 7},
        {"months": 13},
        {"account": "somebody@else.example"},
        {"ends_at": "2099-01-01T00:00:00+00:00"},
        {"locations": []},
        {"type": "payment_initiation"},
    ],
)
def test_token_request_never_widens(glucoapp: Partner, clinic: Partner, alice: Person, more: dict[str, Any]) -> None:
    granted = PAIRING | {"history_days": 90, "history_from": days_ago(90)}
    code = mint_code(glucoapp, alice, details=json.dumps(granted))
    wider = as_asked({"type": "pairing"} | more)
    assert glucoapp.redeem(code, authorization_details=wider).json["error"] == "invalid_authorization_details"
    tokens = glucoapp.redeem(code).json  # a refusal burns no code
    refused = glucoapp.refresh(tokens["refresh_token"], authorization_details=wider)
    assert (refused.status_code, refused.json["error"]) == (400, "invalid_authorization_details")
    assert glucoapp.refresh(tokens["refresh_token"]).status_code == 200


def test_where_nothing_was_granted_nothing_can_be_asked(glucoapp: Partner, clinic: Partner, alice: Person) -> None:
    tokens, asked = mint_tokens(glucoapp, alice), as_asked({"type": "pairing"})
    for answer in (
        glucoapp.refresh(tokens["refresh_token"], authorization_details=asked),
        clinic.post("/token", grant_type="client_credentials", authorization_details=asked),
    ):
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")
    for wrong in ("", "[]", "nonsense", as_asked({"history_days": 1})):
        detailed = granted_to(glucoapp, alice, PAIRING)
        answer = glucoapp.refresh(detailed["refresh_token"], authorization_details=wrong)
        assert answer.json["error"] == "invalid_authorization_details"


def test_request_in_detail_is_never_answered_from_memory(clinic: Partner, alice: Person) -> None:
    alice.decides(alice.arrives_at_consent(clinic), consents=["profile"])
    assert "code" in params_of(alice.get(clinic.address(prompt="none")))
    silent = clinic.address(prompt="none", app_account=None, authorization_details=as_asked({"type": "pairing"}))
    assert params_of(alice.get(silent))["error"] == "consent_required"


def test_history_that_was_agreed_to_holds_for_what_is_answered_from_memory(clinic: Partner, alice: Person) -> None:
    with_detail = {"app_account": None, "authorization_details": as_asked({"type": "pairing", "history_days": 30})}
    for changes, expected in ((with_detail, days_ago(30)), ({"prompt": "consent"}, None)):
        page = alice.arrives_at_consent(clinic, **changes)
        alice.decides(page, consents=["profile"])
        silent = clinic.redeem(params_of(alice.get(clinic.address(prompt="none")))["code"]).json
        again = clinic.redeem(params_of(alice.get(clinic.address()))["code"]).json
        for tokens in (silent, again):
            [granted] = tokens.get("authorization_details", [{}])
            assert granted.get("history_from") == expected


def test_what_names_somebody_is_kept_sealed(glucoapp: Partner, alice: Person) -> None:
    from sqlalchemy import select

    from authz.tokens.models import TokenFamily

    granted_to(glucoapp, alice, PAIRING)
    with unit_in(glucoapp.app) as session:
        kept = session.scalars(select(TokenFamily.details_sealed)).one()
    assert kept is not None
    assert "martin" not in kept.lower()
