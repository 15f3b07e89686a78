"""The client credentials grant: the client's own token, and how little it opens."""

from __future__ import annotations

from tests.actors import Partner, Person
from tests.spec import spec


@spec("RFC 6749", "4.4.3", "no refresh token is given")
def test_client_gets_a_token_of_its_own(clinic: Partner) -> None:
    answer = clinic.post("/token", grant_type="client_credentials", scope="openid nonsense").json
    assert set(answer) == {"access_token", "token_type", "expires_in", "scope"}
    assert answer["scope"] == "openid"
    assert answer["expires_in"] == 600
    assert "scope" not in clinic.post("/token", grant_type="client_credentials").json


def test_token_without_a_patient_opens_nothing(alice: Person, clinic: Partner) -> None:
    token = clinic.post("/token", grant_type="client_credentials", scope="openid measures.read").json["access_token"]
    refused = clinic.call("GET", "/userinfo", token)
    assert refused.status_code == 403
    assert refused.json["error"] == "insufficient_scope"


@spec("RFC 6749", "5.2", "a client may use the grants it registered")
def test_client_not_registered_for_it_is_refused(glucoapp: Partner) -> None:
    assert glucoapp.post("/token", grant_type="client_credentials").json["error"] == "unauthorized_client"
