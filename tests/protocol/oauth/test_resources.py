"""Resource indicators (RFC 8707): what a token is for, named, narrowed, and held to."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from tests.actors import ISSUER, Partner, Person, params_of
from tests.cast import register
from tests.minting import mint_tokens
from tests.protocol.oauth.test_pushed_and_signed import jar, named, params_in, signed  # noqa: F401 # a fixture
from tests.spec import spec

RFC = "RFC 8707"
FHIR, MEASURES, USERINFO, CGM = (ISSUER + path for path in ("/fhir", "/measures/fhir", "/userinfo", "/connectors/cgm"))
OBSERVATIONS = "/fhir/Observation?code=29463-7&subject=x"
WRONG = (
    "https://elsewhere.example/fhir",
    "http://localhost:8000/fhir",
    "https://localhost/fhir",
    f"{FHIR}/",
    f"{FHIR}#part",
    f"{FHIR}?a=b",
    f"{FHIR}/Observation",
    f"{ISSUER}/FHIR",
    f"{ISSUER}/",
    "/fhir",
    "fhir",
    "",
    f"{FHIR} {MEASURES}",
)


def sent(partner: Partner, path: str, **form: Any) -> Any:
    """Post a form in which a parameter may come several times."""
    return partner.post(path, **form)


def aud(partner: Partner, token: str) -> Any:
    """Return what a token is for."""
    return partner.post("/introspect", token=token).json["aud"]


def is_taken(partner: Partner, path: str, token: str) -> bool:
    """Tell whether a resource takes a token; whatever else it may say of the request."""
    answer = partner.call("GET", path, token)
    assert answer.status_code != 401 or 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    return bool(answer.status_code != 401)


@spec(RFC, "2", "resource may be repeated, and the token is for those alone")
def test_app_names_two_resources(glucoapp: Partner, alice: Person) -> None:
    page = alice.get(glucoapp.address() + "&" + urlencode({"resource": [FHIR, USERINFO]}, doseq=True))
    page = alice.passes_sign_in(alice.submit(page, "arrival"))
    tokens = glucoapp.redeem(params_of(alice.decides(page, consents=["measures.read"]))["code"]).json
    token = tokens["access_token"]
    assert aud(glucoapp, token) == [FHIR, USERINFO]
    assert aud(glucoapp, tokens["refresh_token"]) == [FHIR, USERINFO]
    assert is_taken(glucoapp, "/userinfo", token)
    assert is_taken(glucoapp, OBSERVATIONS, token)
    assert not is_taken(glucoapp, OBSERVATIONS.replace("/fhir", "/measures/fhir"), token)


def test_token_for_one_resource_opens_no_other(glucoapp: Partner, alice: Person) -> None:
    doors = {
        FHIR: ("GET", OBSERVATIONS),
        MEASURES: ("POST", "/measures/fhir"),
        USERINFO: ("GET", "/userinfo"),
        CGM: ("POST", "/connectors/cgm"),
    }
    for resource in doors:
        token = mint_tokens(glucoapp, alice, resources=resource)["access_token"]
        assert aud(glucoapp, token) == resource
        taken = {name: glucoapp.call(method, path, token).status_code != 401 for name, (method, path) in doors.items()}
        assert taken == {name: name == resource for name in doors}


@spec("RFC 6750", "3.1", "a token for another resource is invalid_token")
def test_door_says_that_the_token_is_for_another(glucoapp: Partner, alice: Person) -> None:
    token = mint_tokens(glucoapp, alice, resources=FHIR)["access_token"]
    answer = glucoapp.call("GET", "/userinfo", token)
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")
    assert "another resource" in answer.headers["WWW-Authenticate"]
    outcome = glucoapp.call("GET", "/measures/fhir/Observation", token)
    assert (outcome.status_code, outcome.json["resourceType"]) == (401, "OperationOutcome")


@spec(RFC, "2", "without resource the token is for the whole server, whose name is the issuer")
def test_token_that_is_not_narrowed_is_for_the_server(glucoapp: Partner, alice: Person) -> None:
    for tokens in (mint_tokens(glucoapp, alice), mint_tokens(glucoapp, alice, resources="")):
        assert aud(glucoapp, tokens["access_token"]) == ISSUER
        assert is_taken(glucoapp, "/userinfo", tokens["access_token"])


def test_issuer_among_the_resources_is_the_whole(glucoapp: Partner, alice: Person) -> None:
    tokens = mint_tokens(glucoapp, alice)
    whole = sent(glucoapp, "/token", grant_type="refresh_token", refresh_token=tokens["refresh_token"],
                 resource=[FHIR, ISSUER]).json  # fmt: skip
    assert aud(glucoapp, whole["access_token"]) == ISSUER


@spec(RFC, "2.1", "an unknown or malformed resource is invalid_target at the authorization endpoint")
@pytest.mark.parametrize("wrong", WRONG)
def test_unknown_resource_is_told_to_the_app(glucoapp: Partner, alice: Person, wrong: str) -> None:
    for first, also in ((wrong, ""), (FHIR, "&" + urlencode({"resource": wrong}))):
        answer = params_of(alice.get(glucoapp.address(resource=first) + also))
        assert (answer["error"], answer["state"]) == ("invalid_target", glucoapp.state)


@spec(RFC, "2.2", "an unknown or malformed resource is invalid_target at the endpoints that clients call")
@pytest.mark.parametrize("wrong", WRONG)
def test_unknown_resource_is_refused_everywhere(glucoapp: Partner, clinic: Partner, alice: Person, wrong: str) -> None:
    tokens = mint_tokens(glucoapp, alice)
    scale = register(glucoapp.app, profile="device", token_endpoint_auth_method="none", redirect_uris=[])
    answers = (
        glucoapp.post("/par", **params_in(glucoapp.address()) | {"resource": wrong}),
        glucoapp.refresh(tokens["refresh_token"], resource=wrong),
        clinic.post("/token", grant_type="client_credentials", resource=wrong),
        scale.post("/device_authorization", scope="openid", resource=wrong),
    )
    assert [(answer.status_code, answer.json["error"]) for answer in answers] == [(400, "invalid_target")] * 4
    assert glucoapp.refresh(tokens["refresh_token"]).status_code == 200  # nothing was used up by that


@spec(RFC, "2.2", "a code's token may be narrowed to some of what was authorized, and to nothing else")
def test_app_narrows_at_the_token_endpoint(glucoapp: Partner, alice: Person) -> None:
    from tests.minting import mint_code

    code = mint_code(glucoapp, alice, resources=f"{FHIR} {USERINFO}")
    for wider in (MEASURES, ISSUER):
        assert glucoapp.redeem(code, resource=wider).json["error"] == "invalid_target"
    tokens = glucoapp.redeem(code, resource=FHIR).json  # a refusal burns no code
    assert aud(glucoapp, tokens["access_token"]) == FHIR
    assert aud(glucoapp, tokens["refresh_token"]) == [FHIR, USERINFO]


@spec(RFC, "2.2", "a refresh narrows, and never widens")
def test_refresh_narrows_and_never_widens(glucoapp: Partner, alice: Person) -> None:
    held = mint_tokens(glucoapp, alice, resources=f"{FHIR} {USERINFO}")["refresh_token"]
    for named_now, expected in ((USERINFO, USERINFO), (None, [FHIR, USERINFO]), (FHIR, FHIR)):
        tokens = glucoapp.refresh(held, resource=named_now).json
        held = tokens["refresh_token"]
        assert aud(glucoapp, tokens["access_token"]) == expected
    for wider in (MEASURES, ISSUER, CGM):
        assert glucoapp.refresh(held, resource=wider).json["error"] == "invalid_target"
    both = sent(glucoapp, "/token", grant_type="refresh_token", refresh_token=held, resource=[FHIR, MEASURES])
    assert both.json["error"] == "invalid_target"
    assert glucoapp.refresh(held).status_code == 200


@spec(RFC, "2.2", "a client's own token may be narrowed too")
def test_client_narrows_its_own_token(clinic: Partner) -> None:
    tokens = clinic.post("/token", grant_type="client_credentials", resource=MEASURES).json
    assert aud(clinic, tokens["access_token"]) == MEASURES
    assert aud(clinic, clinic.post("/token", grant_type="client_credentials").json["access_token"]) == ISSUER


@spec(RFC, "2.1", "a pushed request may name several resources")
def test_pushed_request_names_resources(glucoapp: Partner, alice: Person) -> None:
    form: Any = params_in(glucoapp.address()) | {"resource": [FHIR, CGM]}
    page = alice.get(named(glucoapp, glucoapp.post("/par", **form).json["request_uri"]))
    page = alice.passes_sign_in(alice.submit(page, "arrival"))
    tokens = glucoapp.redeem(params_of(alice.decides(page, consents=["measures.read"]))["code"]).json
    assert aud(glucoapp, tokens["access_token"]) == [FHIR, CGM]


@spec("RFC 9101", "4", "a signed request names its resources as a list, or one as a text")
@pytest.mark.parametrize(("claim", "expected"), [([FHIR, USERINFO], [FHIR, USERINFO]), (FHIR, FHIR)])
def test_signed_request_names_resources(jar: Partner, alice: Person, claim: Any, expected: Any) -> None:  # noqa: F811
    answer = jar.post("/par", request=signed(jar, resource=claim))
    page = alice.passes_sign_in(alice.get(named(jar, answer.json["request_uri"])))
    tokens = jar.redeem(params_of(alice.decides(page, consents=["profile"]))["code"]).json
    assert aud(jar, tokens["access_token"]) == expected
    for wrong in ([FHIR, 7], {"a": FHIR}, [[FHIR]], []):
        refused = jar.post("/par", request=signed(jar, resource=wrong)).json["error"]
        assert refused == "invalid_target"


def test_object_names_a_resource(app: Flask, alice: Person) -> None:
    from tests.protocol.oauth.test_device import agrees, asks, begun

    scale = register(app, profile="device", token_endpoint_auth_method="client_secret_basic", redirect_uris=[])
    codes = begun(scale, resource=MEASURES)
    agrees(alice, codes)
    tokens = asks(scale, codes).json
    assert aud(scale, tokens["access_token"]) == MEASURES
    assert scale.refresh(tokens["refresh_token"], resource=FHIR).json["error"] == "invalid_target"


def test_client_has_a_resource_server_of_its_own(app: Flask, clinic: Partner, alice: Person) -> None:
    own = "https://api.lab.example/results"
    lab = register(app, client_name="Lab", resource_servers=[own])
    token = mint_tokens(lab, alice, resources=own)["access_token"]
    assert aud(lab, token) == own
    assert not is_taken(lab, "/userinfo", token)
    assert not is_taken(lab, OBSERVATIONS, token)
    assert lab.post("/par", **params_in(lab.address(resource=own))).status_code == 201
    assert clinic.post("/token", grant_type="client_credentials", resource=own).json["error"] == "invalid_target"


@pytest.mark.parametrize(
    "wrong", ["https://a.example", ["http://a.example"], ["https://a.example/#x"], ["https://a b"], [7]]
)
def test_resource_server_of_a_client_is_an_https_address(app: Flask, wrong: Any) -> None:
    from authz.clients.metadata import InvalidClientMetadata

    with pytest.raises(InvalidClientMetadata, match="resource_servers"):
        register(app, resource_servers=wrong)


def test_other_parameters_still_come_once(glucoapp: Partner, alice: Person) -> None:
    assert alice.get(glucoapp.address() + "&scope=openid").status_code == 400
    form: Any = {"grant_type": ["client_credentials", "refresh_token"], "resource": [FHIR, CGM]}
    assert glucoapp.post("/token", **form).status_code == 400
