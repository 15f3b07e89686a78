"""What tests of SMART App Launch start from: an app of that profile, and a launch walked through the real pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from tests.actors import ISSUER, Partner, Person, params_of
from tests.cast import GLUCO_ENTRY, register
from tests.protocol.measures.conftest import link_to
from tests.unit.records import samples

FHIR = f"{ISSUER}/fhir"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
VITAL, LAB = f"{OBSERVATION_CATEGORY}|vital-signs", f"{OBSERVATION_CATEGORY}|laboratory"
OWN = "openid fhirUser launch/patient offline_access online_access patient/*.cruds"


@dataclass
class Launched:
    """An app after a launch: its tokens, and reading with them."""

    partner: Partner
    tokens: dict[str, Any]

    @property
    def patient(self) -> str:
        """The patient in context."""
        return str(self.tokens["patient"])

    def get(self, path: str, **query: str) -> Any:
        """Read at the FHIR base."""
        return self.partner.call("GET", f"/fhir/{path}", self.tokens["access_token"], query_string=query)

    def ids(self, path: str, **query: str) -> list[str]:
        """Return the ids that a search finds."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return [entry["resource"]["id"] for entry in answer.json.get("entry", [])]


def smart_app(app: Flask, **metadata: Any) -> Partner:
    """Register an app of profile smart, in the catalogue, that may ask for everything."""
    entry = GLUCO_ENTRY | {"id": "smartapp", "name": "SmartApp", "host": "smart.example", "scopes": []}
    given = {"profile": "smart", "scope": OWN, "redirect_uris": ["https://smart.example/callback"]}
    return register(app, entry | {"oid": "1.2.250.1.999.7.8"}, client_name="SmartApp", **given | metadata)


def launch(
    partner: Partner, person: Person, scope: str, *, consents: Iterable[str] = (), **changes: Any
) -> dict[str, Any]:
    """Launch an app through the pages; returns the token response."""
    profile = changes.pop("profile", None)
    page = person.arrives_at_consent(partner, **({"scope": scope, "aud": FHIR} | changes))
    if page.status_code == 200:
        page = person.decides(page, consents=consents, profile=profile)
    answer = partner.redeem(params_of(page)["code"])
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json
    return tokens


@pytest.fixture
def smartapp(app: Flask) -> Partner:
    """Give an app of profile smart that keeps a secret."""
    return smart_app(app)


@pytest.fixture
def measured(alice: Person, glucoapp: Partner) -> dict[str, str]:
    """Let another app have pushed a weight (vital sign) and a glucose (laboratory) about Alice; returns their ids."""
    return measured_by(glucoapp, alice)


def measured_by(glucoapp: Partner, alice: Person) -> dict[str, str]:
    """Push a weight, a glucose and a report about a patient; returns their ids."""
    link = link_to(alice, glucoapp, "measures.glucose.write", "measures.weight.write", "documents.summary.write")
    lab = [{"coding": [{"system": OBSERVATION_CATEGORY, "code": "laboratory"}]}]
    weight = link.push(samples.bundle(samples.simple("weight", 64.2, link.subject)))
    glucose = link.push(samples.bundle(samples.observation(link.subject, category=lab), with_device=True))
    places = [answer.json["entry"][0]["response"]["location"] for answer in (weight, glucose)]
    document = link.partner.call(
        "POST", "/fhir/DocumentReference", link.token, json=samples.document(link.subject),
        headers={"Content-Type": "application/fhir+json"},
    )  # fmt: skip
    assert document.status_code == 201, document.text
    names = ("weight", "glucose", "document")
    return dict(zip(names, [*(place.rsplit("/", 1)[1] for place in places), document.json["id"]], strict=True))
