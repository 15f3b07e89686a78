"""The SMART configuration and the CapabilityStatement: what is claimed is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from authz.clients.metadata import InvalidClientMetadata
from connectors.fhir_api.searching import KNOWN, PAGING
from tests.actors import ISSUER, Partner, Person
from tests.protocol.smart.conftest import smart_app
from tests.spec import spec

SMART = "SMART App Launch"
PATH = "/fhir/.well-known/smart-configuration"


def configuration(client: FlaskClient, **headers: str) -> Any:
    return client.get(PATH, headers={name.replace("_", "-"): text for name, text in headers.items()})


@spec(SMART, "conformance", "the configuration is JSON whatever is accepted, with every required member")
def test_anybody_reads_the_configuration(client: FlaskClient) -> None:
    answer = configuration(client, Accept="application/fhir+xml")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    found = answer.json
    assert found["issuer"] == ISSUER
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["grant_types_supported"] == ["authorization_code", "refresh_token"]
    assert {"client_secret_basic", "private_key_jwt"} == set(found["token_endpoint_auth_methods_supported"])
    assert {"ES384", "RS384"} == set(found["token_endpoint_auth_signing_alg_values_supported"])
    assert found["response_types_supported"] == ["code"]
    assert "registration_endpoint" not in found


@spec(SMART, "conformance", "capabilities name what there is, and no launch from a record, no user scopes")
def test_capabilities_are_those_that_are_there(client: FlaskClient) -> None:
    capabilities = set(configuration(client).json["capabilities"])
    assert {
        "launch-standalone",
        "context-standalone-patient",
        "permission-patient",
        "permission-v1",
        "permission-v2",
    } <= (capabilities)
    assert capabilities.isdisjoint({"launch-ehr", "context-ehr-patient", "permission-user", "context-style"})


@spec(SMART, "conformance", "each address of the configuration answers")
def test_every_address_leads_somewhere(client: FlaskClient, make_app: Callable[..., Flask]) -> None:
    found: Any = make_app(registration="open").test_client().get(PATH).json
    places = {name: text for name, text in found.items() if name.endswith(("_endpoint", "_uri"))}
    assert set(places) >= {
        "management_endpoint",
        "introspection_endpoint",
        "revocation_endpoint",
        "registration_endpoint",
    }
    assert {name for name, text in places.items() if client.get(urlsplit(text).path).status_code == 404} == set()


@spec(SMART, "conformance", "a script of any origin reads it")
def test_app_in_a_browser_reads_the_configuration(client: FlaskClient) -> None:
    answer = configuration(client, Origin="https://app.example")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    asked = client.options("/fhir/Patient/x", headers={"Origin": "https://app.example"})
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]


@spec(SMART, "conformance", "every scope of the list can be registered and asked for")
def test_scopes_of_the_list_are_taken(app: Flask, client: FlaskClient, alice: Person) -> None:
    scopes = configuration(client).json["scopes_supported"]
    partner = smart_app(app, scope=" ".join(scopes))
    page = alice.arrives_at_consent(partner, scope=" ".join(scopes), aud=f"{ISSUER}/fhir")
    assert page.request.path.endswith("/consent")


@spec(SMART, "scopes", "user/ and system/ scopes are refused at registration with the reason")
@pytest.mark.parametrize("scope", ["user/*.rs", "system/*.rs", "openid system/Observation.read"])
def test_scopes_without_a_meaning_here_are_not_registered(app: Flask, scope: str) -> None:
    with pytest.raises(InvalidClientMetadata, match="only patient/ scopes are given"):
        smart_app(app, scope=scope)


@spec(SMART, "backend services", "system/ scopes are refused at the token endpoint")
def test_backend_service_is_told_no(clinic: Partner) -> None:
    answer = clinic.post("/token", grant_type="client_credentials", scope="system/*.rs")
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")
    assert "patient/ scopes" in answer.json["error_description"]


def test_capability_statement_says_where_to_authorize_and_what_to_search_by(client: FlaskClient) -> None:
    statement: Any = client.get("/fhir/metadata").json
    rest = statement["rest"][0]
    places = {one["url"]: one["valueUri"] for one in rest["security"]["extension"][0]["extension"]}
    assert places == {
        name: f"{ISSUER}/{path}"
        for name, path in {
            "authorize": "authorize", "token": "token", "introspect": "introspect", "revoke": "revoke",
            "manage": "home/services",
        }.items()
    }  # fmt: skip
    searched = {one["type"]: [param["name"] for param in one.get("searchParam", [])] for one in rest["resource"]}
    for kind, known in KNOWN.items():
        assert set(searched[kind]) == set(known) - {*PAGING, "_include"}
