"""The npm library `openid-client`, which nobody here wrote, pairs with the server and ends the link."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.actors import Partner, Person
from tests.peers.served import Space
from tests.peers.walk import walking

SCRIPT = Path(__file__).with_name("openid_client.mjs")
SCOPE = "openid profile email offline_access measures.glucose.write"


def completes(space: Space, client: Partner, person: Person) -> dict[str, Any]:
    """Run the script, walking the pages where it asks for a browser."""
    told = {
        "issuer": space.issuer,
        "client_id": client.client_id,
        "client_secret": client.secret,
        "redirect_uri": client.redirect_uri,
        "scope": SCOPE,
    }
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(["node", str(SCRIPT)], text=True, cwd=SCRIPT.parent, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(told) + "\n")
        process.stdin.flush()
        said = process.stdout.readline()
        assert said, process.communicate()[1]
        with walking(person, space.issuer) as walker:
            callback = walker.allows(json.loads(said)["authorize"], consents=["profile", "email"])
        last, trouble = process.communicate(json.dumps({"callback": callback}) + "\n", timeout=60)
    assert process.returncode == 0, trouble
    found: dict[str, Any] = json.loads(last)
    return found


def test_openid_client_completes_everything_it_knows(space: Space, glucoapp: Partner, alice: Person) -> None:
    found = completes(space, glucoapp, alice)
    subject = found["claims"]["sub"]
    assert found["claims"]["iss"] == space.issuer
    assert found["userinfo"]["sub"] == subject
    assert found["userinfo"]["email"] == alice.email
    assert found["refreshed"]["sub"] == subject
    assert found["introspected"]["active"] is True
    assert found["introspected"]["sub"] == subject
    assert found["revoked"] == {"active": False}
    assert found["refusal"] == "invalid_grant"
