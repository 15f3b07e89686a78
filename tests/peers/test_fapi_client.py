"""The npm library `openid-client` as a FAPI 2.0 client: PAR, private_key_jwt and DPoP, as it does them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.actors import Person
from tests.peers.served import Space
from tests.peers.walk import walking
from tests.proofs import fapi_client
from tests.spec import spec

SCRIPT = Path(__file__).with_name("fapi_client.mjs")


@spec("FAPI 2.0", "5.3", "a certified client library completes the flow, whichever key it proves to hold")
@pytest.mark.parametrize("alg", ["ES256", "PS256", "Ed25519"])
def test_openid_client_completes_the_fapi_flow(space: Space, alice: Person, alg: str) -> None:
    client = fapi_client(space.app)
    told = {
        "issuer": space.issuer, "client_id": client.client_id, "key": client.signs_with.as_dict(private=True),
        "redirect_uri": client.redirect_uri, "scope": "openid profile offline_access measures.glucose.write",
        "dpop_alg": alg,
    }  # fmt: skip
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(["node", str(SCRIPT)], text=True, cwd=SCRIPT.parent, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(told) + "\n")
        process.stdin.flush()
        said = process.stdout.readline()
        assert said, process.communicate()[1]
        with walking(alice, space.issuer) as walker:
            callback = walker.allows(json.loads(said)["authorize"], consents=["profile"])
        last, trouble = process.communicate(json.dumps({"callback": callback}) + "\n", timeout=60)
    assert process.returncode == 0, trouble
    found: dict[str, Any] = json.loads(last)
    assert "request_uri" in found["address"]
    assert "scope" not in found["address"]
    assert found["types"] == ["dpop", "dpop", "dpop"]
    assert found["userinfo"]["sub"] == found["claims"]["sub"]
    assert found["is_kept"] is True
    assert found["introspected"]["cnf"] == {"jkt": found["thumbprint"]}
    assert (found["bearer"], found["refusal"]) == (401, "invalid_grant")
