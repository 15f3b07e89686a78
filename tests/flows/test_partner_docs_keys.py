"""What the partners' guide says of keys and profiles, done as it is written."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from flask import Flask

from authz.clients.profiles import PROFILES
from tests.actors import Person
from tests.minting import mint_tokens
from tests.proofs import fapi_client, holder

GUIDE = (Path(__file__).parents[2] / "docs/partners.md").read_text(encoding="utf-8")
OPERATING = (Path(__file__).parents[2] / "docs/operating.md").read_text(encoding="utf-8")


def blocks(kind: str, word: str) -> list[str]:
    """Return the examples of a kind that have a word in them."""
    return [text for text in re.findall(rf"```{kind}\n(.*?)```", GUIDE, re.S) if word in text]


def test_registration_in_the_guide_is_taken(app: Flask, alice: Person) -> None:
    registration: dict[str, Any] = json.loads(blocks("json", '"fapi2"')[0])
    # The keys of the example are at an address that nobody answers at: here they come with the registration.
    address = registration.pop("jwks_uri")
    client = fapi_client(app, **registration)
    assert mint_tokens(client, alice, scope=registration["scope"])["token_type"] == "DPoP"
    with_address = holder(app, **registration, jwks_uri=address)
    assert with_address.secret is None


def test_answer_in_the_guide_is_the_answer(app: Flask, alice: Person) -> None:
    status, *headers, _empty, body = blocks("http", "use_dpop_nonce")[0].strip().split("\n")
    client = fapi_client(app)
    answer = client._post("/token", {"grant_type": "client_credentials"})
    assert status == f"HTTP/1.1 {answer.status}"
    assert body == answer.text
    assert {line.partition(":")[0] for line in headers} <= set(answer.headers.keys())


def test_table_of_profiles_names_what_the_profiles_say() -> None:
    for alg in PROFILES["fapi2"].id_token_algs:
        assert re.search(rf"\| ID token \| .*{alg}.* \| ", GUIDE)
    for name in PROFILES:
        assert f"`{name}`" in OPERATING
