"""Certified client libraries meet the server as a deployment has it, behind the reference TLS front."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.actors import Person
from tests.cast import GLUCO_ENTRY, register
from tests.certificates import written_pair
from tests.peers.front import HOST, Front
from tests.peers.node import conversing
from tests.peers.walk import walking
from tests.proofs import fapi_client, holder
from tests.protocol.oauth.test_mtls import own_keys, thumbprint
from tests.registering import invited
from tests.spec import spec

ISSUER = f"https://{HOST}"
SCOPE = "openid measures.weight.write"


@dataclass(frozen=True)
class Registered:
    """What a script is told of clients that wait for it, and what it must find."""

    told: dict[str, Any]
    thumbprint: str


@pytest.fixture
def front_settings() -> dict[str, Any]:
    """Let whoever was invited register."""
    return {"registration": "token"}


@pytest.fixture
def registered(front: tuple[Front, Flask], tmp_path: Path) -> Registered:
    """Register an object, a client with a certificate, and invite another."""
    running, app = front
    entry = GLUCO_ENTRY | {"id": "scale", "oid": "1.2.250.1.999.7.9", "name": "Balance",
                           "scopes": [{"scope": "measures.weight.write"}]}  # fmt: skip
    scale = register(
        app, entry, profile="device", client_name="Balance", token_endpoint_auth_method="none", redirect_uris=[]
    )  # fmt: skip
    certificate, written = written_pair(tmp_path)
    certified = holder(
        app, token_endpoint_auth_method="self_signed_tls_client_auth", jwks=own_keys(certificate),
        tls_client_certificate_bound_access_tokens=True, grant_types=["authorization_code", "client_credentials"],
    )  # fmt: skip
    told = {
        "issuer": ISSUER, "initial": invited(app), "device": scale.client_id, "scope": SCOPE,
        "certified": certified.client_id, "front": reach(running) | {"certificate": str(written)},
    }  # fmt: skip
    return Registered(told, thumbprint(certificate))


def reach(front: Front) -> dict[str, Any]:
    """Return where a script finds the front, and what it trusts."""
    return {"port": front.port, "authority": str(front.certificate)}


def has_all_it_was_promised(found: dict[str, Any], expected: Registered) -> None:
    """Hold what a script got to what it should get."""
    assert found["registered"]["client_secret_expires_at"] == 0
    assert found["registered"]["registration_client_uri"].startswith(f"{ISSUER}/register/")
    assert set(found["granted"].split()) == set(SCOPE.split())
    assert found["userinfo"]["sub"] == found["claims"]["sub"]
    assert found["introspected"]["cnf"] == {"x5t#S256": expected.thumbprint}
    assert found["revoked"] == {"active": False}
    assert found["refusal"] == "invalid_client"


@spec("RFC 8705", "5", "a certified client library finds the aliases, proves itself and binds its token")
@spec("RFC 8628", "3", "a certified client library waits for the person and gets its tokens")
@spec("RFC 7591", "3", "a certified client library registers itself")
def test_openid_client_registers_waits_and_shows_its_certificate(
    front: tuple[Front, Flask], registered: Registered, alice: Person
) -> None:
    with conversing("openid_client_objects.mjs", **registered.told) as script:
        said = script.hears()
        with walking(alice, ISSUER, front[0]) as walker:
            walker.links(said["verification"], consents=["measures.weight.write"])
        script.says()
        found = script.hears()
    has_all_it_was_promised(found, registered)


@spec("RFC 8705", "5", "the strictest library proves itself by its certificate and is refused without")
@spec("RFC 8628", "3", "the strictest library is told to wait, and then gets its tokens")
@spec("RFC 7591", "3", "the strictest library registers itself and signs a person in as what it registered")
def test_oauth4webapi_registers_waits_and_shows_its_certificate(
    front: tuple[Front, Flask], registered: Registered, alice: Person
) -> None:
    with (
        conversing("oauth4webapi_objects.mjs", **registered.told) as script,
        walking(alice, ISSUER, front[0]) as walker,
    ):
        script.says(callback=walker.allows(script.hears()["authorize"], consents=["profile"]))
        walker.links(script.hears()["verification"], consents=["measures.weight.write"])
        script.says()
        found = script.hears()
    assert found["pending"] == "authorization_pending"
    has_all_it_was_promised(found, registered)


@spec("FAPI 2.0 Message Signing", "5", "the strictest library pushes a signed request and checks the signed answer")
@spec("RFC 9701", "5", "the strictest library asks for signed introspection and checks it")
@spec("RFC 9728", "3", "the strictest library finds the server by the resource's metadata")
@spec("RFC 9068", "4", "the strictest library checks the signed access token and its binding, as a resource server")
@spec("RFC 9449", "8", "the strictest library takes the nonce that it is asked to use")
def test_oauth4webapi_completes_the_signed_flow(front: tuple[Front, Flask], alice: Person) -> None:
    running, app = front
    client = fapi_client(
        app, require_signed_request_object=True, authorization_signed_response_alg="ES256", access_token_format="jwt",
        introspection_signed_response_alg="ES256",
    )  # fmt: skip
    told = {
        "issuer": ISSUER, "client_id": client.client_id, "key": client.signs_with.as_dict(private=True),
        "redirect_uri": client.redirect_uri, "scope": "openid profile offline_access measures.read",
        "authority": app.extensions["settings"].assign_authority, "front": reach(running),
    }  # fmt: skip
    with conversing("oauth4webapi_signed.mjs", **told) as script:
        with walking(alice, ISSUER, running) as walker:
            callback = walker.allows(script.hears()["authorize"], consents=["profile", "measures.read"])
        script.says(callback=callback)
        found = script.hears()
    assert found["agrees"] is True
    assert found["callback"] == ["response"]
    assert found["types"] == ["dpop", "dpop"]
    assert found["userinfo"]["sub"] == found["claims"]["sub"]
    assert found["resource"] == 200
    assert found["introspected"]["cnf"] == {"jkt": found["thumbprint"]}
    assert found["revoked"] == {"active": False}
    assert found["asked"] >= 1
    assert found["about"]["authorization_servers"] == [ISSUER]
    assert found["signed"]["client_id"] == client.client_id
    assert found["signed"]["cnf"] == {"jkt": found["thumbprint"]}
