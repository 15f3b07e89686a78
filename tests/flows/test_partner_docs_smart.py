"""What the partners' guide says of SMART on FHIR, done as it is written."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from authz.catalogue import scopes
from tests.actors import ISSUER, Person
from tests.cast import register
from tests.flows.test_partner_docs_keys import GUIDE, blocks
from tests.protocol.smart.conftest import launch
from tests.spec import spec

PLACE = "https://space.example"


@spec("SMART App Launch", "app launch", "the request in the guide is answered as the guide says")
def test_launch_in_the_guide_is_answered_so(app: Flask, alice: Person) -> None:
    registration: dict[str, Any] = json.loads(blocks("json", '"Pulse"')[0])
    pulse = register(app, client_id="pulse", **registration)
    (request,) = blocks("http", "aud=")
    query = parse_qs(urlsplit(request.split()[1]).query)
    asked = {name: values[0].replace(PLACE, ISSUER) for name, values in query.items()}
    told: dict[str, Any] = json.loads(blocks("json", "need_patient_banner")[0])
    # The challenge of the example belongs to nobody's verifier: the app of the test has its own.
    tokens = launch(pulse, alice, asked["scope"], consents=["profile", "measures.read"], aud=asked["aud"])
    assert set(told) <= set(tokens)
    assert (tokens["scope"], tokens["need_patient_banner"]) == (told["scope"], told["need_patient_banner"])
    assert asked["client_id"] == pulse.client_id
    assert asked["redirect_uri"] == pulse.redirect_uri


@pytest.mark.parametrize(
    ("scope", "units"),
    [
        ("patient/Patient.rs", ["profile"]),
        ("patient/Observation.rs", ["measures.read"]),
        ("patient/DocumentReference.rs", ["documents.read"]),
        ("patient/DocumentReference.c", ["documents.summary.write"]),
    ],
)
def test_table_of_the_guide_is_what_patients_are_asked(scope: str, units: list[str]) -> None:
    row = next(line for line in GUIDE.splitlines() if line.startswith(f"| `{scope}`"))
    assert scopes.asked(scope) == units
    assert all(f"`{unit}`" in row for unit in units)
