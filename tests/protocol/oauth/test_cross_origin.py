"""Apps in a browser call the endpoints that know no cookie, from their own origin, and nothing else."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.actors import Person
from tests.proofs import holder
from tests.spec import spec

ORIGIN = {"Origin": "https://app.example"}


@spec("RFC 9449", "8", "a script of another origin may send a proof and read the nonce")
def test_app_in_a_browser_asks_first_and_reads_the_answer(client: FlaskClient, alice: Person) -> None:
    asked = ORIGIN | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "dpop"}
    before = client.options("/token", headers=asked)
    assert before.status_code == 200
    assert before.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in before.headers["Access-Control-Allow-Methods"]
    assert "DPoP" in before.headers["Access-Control-Allow-Headers"]
    phone = holder(alice.app, token_endpoint_auth_method="none")
    answer = client.post("/token", data={"client_id": phone.client_id}, headers=ORIGIN)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "DPoP-Nonce" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/userinfo", "/fhir/Observation", "/measures/fhir/Observation", "/jwks"])
def test_app_in_a_browser_reads_resources(client: FlaskClient, path: str) -> None:
    assert client.get(path, headers=ORIGIN).headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "path", ["/", "/login", "/services", "/authorize", "/introspect", "/connectors/cgm", "/end_session", "/parts"]
)
def test_nothing_else_answers_another_origin(client: FlaskClient, path: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        assert "Access-Control-Allow-Origin" not in client.open(path, method=method, headers=ORIGIN).headers


def test_who_is_no_browser_is_told_nothing_of_it(client: FlaskClient) -> None:
    assert "Access-Control-Allow-Origin" not in client.post("/token").headers
