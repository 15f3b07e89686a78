"""The npm library `openid-client`, which nobody here wrote, pairs with the server in each way that it knows."""

from __future__ import annotations

import pytest

from tests.actors import Partner, Person
from tests.peers.node import conversing
from tests.peers.served import Space
from tests.peers.walk import walking
from tests.proofs import fapi_client
from tests.spec import spec


def test_openid_client_completes_everything_it_knows(space: Space, glucoapp: Partner, alice: Person) -> None:
    told = {
        "issuer": space.issuer, "client_id": glucoapp.client_id, "client_secret": glucoapp.secret,
        "redirect_uri": glucoapp.redirect_uri, "scope": "openid profile email offline_access measures.glucose.write",
    }  # fmt: skip
    with conversing("openid_client.mjs", **told) as script:
        with walking(alice, space.issuer) as walker:
            callback = walker.allows(script.hears()["authorize"], consents=["profile", "email"])
        script.says(callback=callback)
        found = script.hears()
    subject = found["claims"]["sub"]
    assert found["claims"]["iss"] == space.issuer
    assert found["userinfo"]["sub"] == subject
    assert found["userinfo"]["email"] == alice.email
    assert found["refreshed"]["sub"] == subject
    assert found["introspected"]["active"] is True
    assert found["introspected"]["sub"] == subject
    assert found["revoked"] == {"active": False}
    assert found["refusal"] == "invalid_grant"


@spec("FAPI 2.0", "5.3", "a certified client library completes the flow, whichever key it proves to hold")
@spec("FAPI 2.0 Message Signing", "5", "a certified client library signs its request and checks the signed answer")
@pytest.mark.parametrize(("alg", "signs"), [("ES256", False), ("PS256", True), ("Ed25519", False)])
def test_openid_client_completes_the_fapi_flow(space: Space, alice: Person, alg: str, signs: bool) -> None:
    client = fapi_client(space.app, require_signed_request_object=signs, authorization_signed_response_alg="ES256")
    told = {
        "issuer": space.issuer, "client_id": client.client_id, "key": client.signs_with.as_dict(private=True),
        "redirect_uri": client.redirect_uri, "scope": "openid profile offline_access measures.glucose.write",
        "dpop_alg": alg, "signs": signs,
    }  # fmt: skip
    with conversing("fapi_client.mjs", **told) as script:
        said = script.hears()
        with walking(alice, space.issuer) as walker:
            callback = walker.allows(said["authorize"], consents=["profile"])
        script.says(callback=callback)
        found = script.hears()
    assert ("request" in said["pushed"]) is signs
    assert ("response=" in callback) is signs
    assert ("code=" in callback) is not signs
    assert "request_uri" in found["address"]
    assert "scope" not in found["address"]
    assert found["types"] == ["dpop", "dpop", "dpop"]
    assert found["userinfo"]["sub"] == found["claims"]["sub"]
    assert found["is_kept"] is True
    assert found["introspected"]["cnf"] == {"jkt": found["thumbprint"]}
    assert (found["bearer"], found["refusal"]) == (401, "invalid_grant")
