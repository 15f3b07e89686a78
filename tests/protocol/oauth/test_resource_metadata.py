"""What a protected resource says of itself (RFC 9728), and how a client finds that."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from authz.pairing import pairings
from tests.actors import ISSUER, Partner, Person
from tests.minting import mint_tokens
from tests.spec import spec
from tests.standing import unit_in

RFC = "RFC 9728"
WELL_KNOWN = "/.well-known/oauth-protected-resource"
PATHS = ("", "/userinfo", "/fhir", "/measures/fhir", "/connectors/cgm")
CALLS = {
    "/userinfo": ("GET", "/userinfo"),
    "/fhir": ("GET", "/fhir/Observation"),
    "/measures/fhir": ("POST", "/measures/fhir"),
    "/connectors/cgm": ("POST", "/connectors/cgm"),
}


@spec(RFC, "3.3", "resource is the address that the well-known path was made from")
@pytest.mark.parametrize("path", PATHS)
def test_resource_describes_itself(glucoapp: Partner, path: str) -> None:
    answer = glucoapp.http.get(WELL_KNOWN + path)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json["resource"] == ISSUER + path
    assert answer.json["authorization_servers"] == [ISSUER]
    assert answer.json["bearer_methods_supported"] == ["header"]
    assert answer.json["scopes_supported"]
    assert not {"signed_metadata", "mtls_endpoint_aliases"} & set(answer.json)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@spec(RFC, "2", "scopes_supported are those that open something there")
def test_resource_names_its_scopes(glucoapp: Partner) -> None:
    found = {path: set(glucoapp.http.get(WELL_KNOWN + path).json["scopes_supported"]) for path in PATHS}
    assert found["/userinfo"] == {"openid", "profile", "email", "phone", "address"}
    assert found["/connectors/cgm"] == {"measures.glucose.write", "documents.summary.write"}
    assert "documents.summary.write" not in found["/measures/fhir"]
    assert {"measures.read", "measures.weight.write"} <= found["/measures/fhir"]
    assert found["/fhir"] <= found[""]
    assert "offline_access" in found[""]


@pytest.mark.parametrize("path", ["/fhirx", "/fhir/", "/fhir/Observation", "/x", "/connectors", "/connectors/x"])
def test_there_are_no_others(glucoapp: Partner, path: str) -> None:
    answer = glucoapp.http.get(WELL_KNOWN + path)
    assert (answer.status_code, answer.json["error"]) == (404, "not_found")


@spec(RFC, "4", "the authorization server names its protected resources")
@pytest.mark.parametrize("document", ["openid-configuration", "oauth-authorization-server"])
def test_server_names_its_resources(glucoapp: Partner, document: str) -> None:
    named = glucoapp.http.get(f"/.well-known/{document}").json["protected_resources"]
    assert set(named) == {ISSUER + path for path in PATHS}
    for address in named:
        path = address.removeprefix(ISSUER)
        assert glucoapp.http.get(WELL_KNOWN + path).json["resource"] == address


@spec(RFC, "5.1", "every challenge of a resource says where its metadata are")
@pytest.mark.parametrize("path", CALLS)
def test_every_challenge_says_where(glucoapp: Partner, alice: Person, path: str) -> None:
    where = f'resource_metadata="{ISSUER}{WELL_KNOWN}{path}"'
    method, address = CALLS[path]
    bare = glucoapp.http.open(address, method=method)
    assert [header.split()[0] for header in bare.headers.getlist("WWW-Authenticate")] == ["Bearer", "DPoP"]
    wrong = glucoapp.call(method, address, "apa_wrong")
    by_key = glucoapp.http.open(address, method=method, headers={"Authorization": "DPoP apa_wrong"})
    for answer in (bare, wrong, by_key):
        assert answer.status_code == 401
        assert all(where in header for header in answer.headers.getlist("WWW-Authenticate"))
    token = mint_tokens(glucoapp, alice)["access_token"]
    with unit_in(glucoapp.app):
        pairings.end(pairings.list_of_profile(alice.profile_id())[0], by=alice.account_id)
    over = glucoapp.call(method, address, token)
    assert (over.status_code, where in over.headers["WWW-Authenticate"]) == (403, True)


@spec("RFC 6750", "3.1", "insufficient_scope is challenged")
def test_missing_consent_is_challenged(glucoapp: Partner, alice: Person) -> None:
    token = mint_tokens(glucoapp, alice, scope="measures.read")["access_token"]
    answer = glucoapp.call("GET", "/userinfo", token)
    assert answer.status_code == 403
    assert re.match(r'Bearer .*error="insufficient_scope".*resource_metadata=', answer.headers["WWW-Authenticate"])


def test_other_endpoints_name_no_resource(glucoapp: Partner) -> None:
    for path in ("/introspect", "/token", "/register"):
        answer = glucoapp.http.post(path, data={"token": "x", "grant_type": "client_credentials"})
        assert "resource_metadata" not in answer.headers.get("WWW-Authenticate", "")


def test_resources_say_whether_certificates_count(make_app: Callable[..., Flask]) -> None:
    app = make_app(mtls_header="X-Client-Cert", trusted_proxies=1)
    found = app.test_client().get(f"{WELL_KNOWN}/fhir").json
    assert found is not None
    assert found["tls_client_certificate_bound_access_tokens"] is True
