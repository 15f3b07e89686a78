"""Schemathesis holds every answer to `/openapi.json`: no fault, no status, media type or shape that is not said."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from authz.openapi import Operation
from authz.protocol import described as protocol
from connectors import described as connectors
from tests.actors import Partner, Person, claims_of
from tests.cast import register
from tests.minting import mint_tokens
from tests.protocol.measures.conftest import ALL
from tests.protocol.smart.conftest import launch
from tests.unit.records import samples

EXPORT = Path(__file__).parents[1] / "data/cgm/synthetic-14d.libreview-fr-mgdl.csv"
EXAMPLES = 8  # of what is right and of what is wrong, for each operation on each database
OPERATIONS: dict[tuple[str, str], Operation] = {**protocol.OPERATIONS, **connectors.OPERATIONS}
# A form of texts of which none is needed; and two of which the address that they lead to says what is wrong.
NEVER_WRONG = {"device_authorization.authorize", "authorize.take_form", "end_session.end_session"}
# What must be known to be accepted, schemathesis cannot guess: that the right is taken, the second test shows.
NOT_HERE = [positive_data_acceptance]


@pytest.fixture
def open_app(app: Flask) -> Iterator[Flask]:
    """Give the application with registration open to anybody."""
    before = app.extensions["settings"]
    app.extensions["settings"] = replace(before, registration="open")
    yield app
    app.extensions["settings"] = before


@pytest.fixture
def paired(open_app: Flask) -> Partner:
    """Register an app that may do everything."""
    every = [
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code",
    ]
    return register(open_app, grant_types=every)


@pytest.fixture
def tokens(paired: Partner, alice: Person) -> dict[str, Any]:
    """Give the app's tokens for Alice."""
    return mint_tokens(paired, alice, scope=" ".join(["openid", "profile", "offline_access", *ALL]))


def bearer(token: str) -> dict[str, str]:
    """Return the header that brings a token."""
    return {"Authorization": f"Bearer {token}"}


def basic(partner: Partner) -> dict[str, str]:
    """Return the header by which a client proves itself."""
    proof = base64.b64encode(f"{partner.client_id}:{partner.secret}".encode()).decode()
    return {"Authorization": f"Basic {proof}"}


def operations(app: Flask, endpoint: str, method: str) -> list[Any]:
    """Return the operations of an endpoint, which may have several addresses, as schemathesis reads them."""
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    paths = [re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules(endpoint)]
    return [schema[path][method] for path in paths]


@pytest.mark.parametrize(("endpoint", "method"), sorted(OPERATIONS))
def test_no_answer_is_other_than_described(
    open_app: Flask, paired: Partner, tokens: dict[str, Any], endpoint: str, method: str
) -> None:
    told = OPERATIONS[endpoint, method]
    known = basic(paired) if told.is_proven else bearer(tokens["access_token"])
    may_be_wrong = bool(told.required or told.body) and endpoint not in NEVER_WRONG
    modes = list(GenerationMode) if may_be_wrong else [GenerationMode.POSITIVE]
    for operation in operations(open_app, endpoint, method):
        for mode in modes:

            @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None)
            @given(case=operation.as_strategy(generation_mode=mode), headers=st.sampled_from([known, {}]))
            def holds(case: Any, headers: dict[str, str]) -> None:
                case.call_and_validate(headers=headers, excluded_checks=NOT_HERE)

            holds()


class Asked:
    """Makes requests that are right, each held to its description."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.done: set[tuple[str, str]] = set()

    def ask(self, endpoint: str, method: str, **parts: Any) -> Any:
        """Make a request; returns what came back."""
        self.done.add((endpoint, method))
        operation = operations(self.app, endpoint, method)[0]
        answer = operation.Case(**parts).call_and_validate()
        assert answer.status_code < 400, answer.text
        return answer.json() if "json" in answer.headers.get("content-type", [""])[0] else answer.text


@pytest.fixture
def asked(open_app: Flask) -> Asked:
    """Give somebody who asks."""
    return Asked(open_app)


FORM = {"media_type": protocol.FORM}
FHIR = {"media_type": connectors.FHIR}


def test_right_requests_of_the_protocol_are_taken_as_described(
    asked: Asked, paired: Partner, tokens: dict[str, Any], alice: Person
) -> None:
    proven: dict[str, Any] = {"headers": basic(paired)} | FORM
    for endpoint in ("described.description", "discovery.metadata", "discovery.jwks", "resource_metadata.whole",
                     "smart.configuration", "health.process", "health.ready"):  # fmt: skip
        asked.ask(endpoint, "GET")
    asked.ask("resource_metadata.one", "GET", path_parameters={"path": "fhir"})
    asked.ask("authorize.authorize", "GET", query={"client_id": paired.client_id, "redirect_uri": paired.redirect_uri})
    asked.ask("authorize.take_form", "POST", body={"client_id": paired.client_id}, **FORM)
    hint = {"id_token_hint": tokens["id_token"]}
    asked.ask("end_session.end_session", "GET", query=hint)
    asked.ask("end_session.end_session", "POST", body=hint, **FORM)
    wishes = {"response_type": "code", "redirect_uri": paired.redirect_uri, "scope": "openid",
              "code_challenge": "x" * 43, "code_challenge_method": "S256"}  # fmt: skip
    asked.ask("par.push", "POST", body=wishes, **proven)
    asked.ask("device_authorization.authorize", "POST", body={"scope": "openid"}, **proven)
    asked.ask("introspect.introspect", "POST", body={"token": tokens["access_token"]}, **proven)
    grant = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    renewed = asked.ask("token.issue", "POST", body=grant, **proven)
    reads = {"headers": bearer(renewed["access_token"])}
    for method in ("GET", "POST"):
        shared = asked.ask("userinfo.userinfo", method, **reads)
        assert shared["sub"] == claims_of(tokens["id_token"])["sub"]
    asked.ask("revoke.revoke", "POST", body={"token": renewed["access_token"]}, **proven)
    as_json: dict[str, Any] = {"media_type": "application/json"}
    wish = {"redirect_uris": ["https://new.example/callback"], "client_name": "New"}
    made = asked.ask("registration.register", "POST", body=wish, **as_json)
    manages = {
        "headers": bearer(made["registration_access_token"]),
        "path_parameters": {"client_id": made["client_id"]},
    }
    asked.ask("registration.read", "GET", **manages)
    asked.ask("registration.replace", "PUT", body=wish | {"client_id": made["client_id"]}, **manages, **as_json)
    asked.ask("registration.delete", "DELETE", **manages)
    assert asked.done == set(protocol.OPERATIONS)


def test_right_requests_of_resources_are_taken_as_described(
    asked: Asked, tokens: dict[str, Any], paired: Partner, paul: Person
) -> None:
    reads: dict[str, Any] = {"headers": bearer(tokens["access_token"])}
    asked.ask("fhir_api.metadata", "GET")
    bundle = samples.bundle(samples.observation(tokens["subject"]), with_device=True)
    asked.ask("measures_api.write", "POST", body=bundle, **reads, **FHIR)
    query = {"code": "MED-969", "subject.identifier": f"{samples.AUTHORITY}|{tokens['subject']}"}
    found = asked.ask("measures_api.search", "GET", query=query, **reads)
    asked.ask("fhir_api.search", "GET", query=query, **reads)
    by_form: dict[str, Any] = {"path_parameters": {"kind": "Observation"}} | FORM
    asked.ask("fhir_api.search_by_form", "POST", body=query, **by_form, **reads)
    measure = asked.ask("fhir_api.search", "GET", query={"category": "vital-signs"}, **reads)["entry"][0]["resource"]
    device = {"device_id": measure["device"]["reference"].removeprefix("Device/")}
    asked.ask("fhir_api.read_device", "GET", path_parameters=device, **reads)
    asked.ask(
        "fhir_api.add_observation", "POST", body=samples.simple("weight", 64.2, tokens["subject"]), **reads, **FHIR
    )
    asked.ask("fhir_api.search_patients", "GET", **reads)
    asked.ask("fhir_api.read_patient", "GET", path_parameters={"patient_id": tokens["subject"]}, **reads)
    named = {"measure_id": found["entry"][0]["resource"]["id"]}
    asked.ask("fhir_api.read_observation", "GET", path_parameters=named, **reads)
    document = asked.ask("fhir_api.deposit", "POST", body=samples.document(tokens["subject"]), **reads, **FHIR)
    named = {"document_id": document["id"]}
    asked.ask("fhir_api.read_document", "GET", path_parameters=named, **reads)
    asked.ask("fhir_api.read_binary", "GET", path_parameters=named, **reads)
    asked.ask("fhir_api.search_documents", "GET", **reads)
    child = launch(paired, paul, "openid fhirUser profile", consents=["profile"], profile=paul.profile_id("Zoé"))
    person = {"person_id": claims_of(child["id_token"])["fhirUser"].rpartition("/")[2]}
    asked.ask("fhir_api.read_related", "GET", path_parameters=person, headers=bearer(child["access_token"]))
    export = EXPORT.read_text(encoding="utf-8")
    asked.ask("intake.accept", "POST", path_parameters={"name": "cgm"}, body=export, media_type="text/csv", **reads)
    assert asked.done == set(connectors.OPERATIONS)
