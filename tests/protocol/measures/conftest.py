"""What tests of the French measures interface start from: a paired app, and how it pushes and searches."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.actors import Partner, Person
from tests.standing import unit_in
from tests.unit.records import samples

BASE = "/measures/fhir"
ALL = ("measures.glucose.write", "documents.summary.write", "measures.read", "measures.weight.write")


@dataclass
class Link:
    """An app with a living link to a patient's profile."""

    partner: Partner
    patient: Person
    tokens: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """What the app calls the patient."""
        return str(self.tokens["subject"])

    @property
    def token(self) -> str:
        """The access token."""
        return str(self.tokens["access_token"])

    def push(self, content: Any, **headers: str) -> Any:
        """Push a bundle, or whatever is given in its place."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        sent = {"Content-Type": "application/fhir+json"} | {
            name.replace("_", "-"): text for name, text in headers.items()
        }
        return self.partner.call("POST", BASE, self.token, data=body, headers=sent)

    def measure(self, **changes: Any) -> Any:
        """Push the sample measure about this patient, with changes."""
        return self.push(samples.bundle(samples.observation(self.subject, **changes)))

    def search(self, **query: str) -> Any:
        """Search, all of a code unless the query says otherwise."""
        asked = {"code": "MED-969", "subject.identifier": f"{samples.AUTHORITY}|{self.subject}"} | query
        return self.partner.call("GET", f"{BASE}/Observation", self.token, query_string=asked)

    def get(self, address: str, **arguments: Any) -> Any:
        """Read an address with the access token."""
        return self.partner.call("GET", address, self.token, **arguments)

    def amend(self, app: Flask, **decisions: bool) -> None:
        """Let the patient change authorisations; names have `_` for `.`, but for blood pressure's."""
        from authz.pairing import consents, pairings

        changes = {name.replace("__", "."): is_on for name, is_on in decisions.items()}
        with unit_in(app):
            profile_id = self.patient.profile_id()
            pairing = pairings.find_live(profile_id, self.partner.client_id)
            assert pairing is not None
            consents.amend(pairing, changes, by=self.patient.account_id, lang="fr")


def said(answer: Any) -> str:
    """Return the sentence of a refusal."""
    assert answer.mimetype == "application/fhir+json"
    assert answer.json["resourceType"] == "OperationOutcome"
    return " ".join(issue["diagnostics"] for issue in answer.json["issue"])


def link_to(patient: Person, partner: Partner, *consents: str) -> Link:
    """Open a link as the pages would, without walking through them."""
    from authz import clock, entropy
    from authz.clients import registry
    from authz.pairing import pairings
    from authz.tokens import access, exchange
    from authz.tokens.models import Terms, TokenFamily

    asked = " ".join(["openid", *ALL])
    with unit_in(patient.app) as session:
        client = registry.get(partner.client_id)
        ends_at = clock.now() + timedelta(days=395)
        pairing = pairings.open_or_renew(
            client, patient.profile_id(), by=patient.account_id, decisions={name: name in consents for name in ALL},
            lang="fr", ends_at=ends_at, app_account={},
        )  # fmt: skip
        family = TokenFamily(
            id=entropy.new_id(), client_id=client.id, profile_id=pairing.profile_id, pairing_id=pairing.id,
            account_id=patient.account_id, scope=asked, auth_time=clock.epoch(), acr="", amr="", sid="", oid="",
            actor="", created_at=clock.now(), ends_at=ends_at,
        )  # fmt: skip
        session.add(family)
        dates = (clock.now(), clock.now() + timedelta(days=30))
        made = access.prepare(client.id, family_id=family.id, scope=asked, dates=dates, terms=Terms())
        exchange.keep(made)
        tokens = {"access_token": made.plain, "subject": pairing.subject}
        pairings.activate(pairing.profile_id, pairing.id)
    return Link(partner, patient, tokens)


@pytest.fixture
def link(alice: Person, glucoapp: Partner) -> Link:
    """Give GlucoApp's link to Alice, with all it asked for."""
    return link_to(alice, glucoapp, *ALL)
