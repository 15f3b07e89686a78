"""Fixtures of the standing cast: Alice, Paul (parent of Zoé), Mallory, GlucoApp, OtherApp; as new for each test."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests import standing
from tests.actors import PASSWORD, Partner, Person
from tests.mailbox import Mailbox
from tests.signing import KEY

GLUCO_ENTRY: dict[str, Any] = {
    "id": "glucoapp",
    "oid": "1.2.250.1.999.7.1",
    "name": "GlucoApp",
    "publisher": "Gluco SAS",
    "host": "glucoapp.example",
    "status": "listed",
    "terms_url": "https://glucoapp.example/terms",
    "privacy_url": "https://glucoapp.example/privacy",
    "start_url": "https://glucoapp.example/connect",
    "support": "help@glucoapp.example",
    "descriptions": {"fr": "Suivi du glucose", "en": "Glucose monitoring"},
    "scopes": [{"scope": "measures.glucose.write", "required": True}, {"scope": "documents.summary.write"}],
}


def register(app: Flask, entry: dict[str, Any] | None = None, **metadata: Any) -> Partner:
    """Register a client, with a catalogue entry if one is given."""
    from authz.catalogue import entries, scopes
    from authz.clients import registry

    registration: dict[str, Any] = {
        "redirect_uris": ["https://glucoapp.example/callback"],
        "scope": " ".join(scopes.KNOWN),
        "client_name": "GlucoApp",
    } | metadata
    with standing.unit_in(app):
        if entry:
            entries.put(entry)
            registration["catalogue_entry"] = entry["id"]
        client, secret = registry.add(registration, known_scopes=scopes.KNOWN)
    return Partner(app, client.id, secret, redirect_uri=(client.redirect_uris or [""])[0])


def enrol(app: Flask, mailbox: Mailbox, identifier: str, **spec: Any) -> Person:
    """Add an account that can sign in at once."""
    from authz.identity import enrolment

    email = f"{identifier}@example.org"
    given = {"given_name": identifier.split(".")[0].capitalize(), "family_name": "Martin", "birthdate": "1984-05-03"}
    people = spec.pop("profiles", [given | {"relation": "self"}])
    with standing.unit_in(app):
        card = enrolment.add(
            {"identifier": identifier, "password": PASSWORD, "email": email, "profiles": people} | given | spec
        )
    return Person(app, mailbox, identifier, email, card["id"])


@pytest.fixture
def glucoapp(app: Flask) -> Partner:
    """Give the glucose app: confidential, in the catalogue."""
    return register(app, GLUCO_ENTRY)


@pytest.fixture
def otherapp(app: Flask) -> Partner:
    """Give another app of another publisher: public, on a phone."""
    entry = GLUCO_ENTRY | {"id": "otherapp", "oid": "1.2.250.1.999.7.2", "name": "OtherApp", "host": "otherapp.example"}
    return register(
        app, entry, client_name="OtherApp", token_endpoint_auth_method="none",
        redirect_uris=["https://otherapp.example/callback"],
    )  # fmt: skip


@pytest.fixture
def clinic(app: Flask) -> Partner:
    """Give a plain OpenID client without catalogue entry, whose users are not asked twice."""
    partner = register(
        app, profile="oidc", client_name="Clinic", redirect_uris=["https://clinic.example/callback"],
        grant_types=["authorization_code", "refresh_token", "client_credentials"],
    )  # fmt: skip
    partner.scope = "openid profile email"
    return partner


@pytest.fixture
def signer(app: Flask) -> Partner:
    """Give a client that proves itself by a signature with `tests.signing.KEY`."""
    return register(
        app, client_id="signer", token_endpoint_auth_method="private_key_jwt", redirect_uris=[],
        grant_types=["client_credentials"], jwks={"keys": [KEY.as_dict(private=False)]},
    )  # fmt: skip


@pytest.fixture
def alice(app: Flask, mailbox: Mailbox) -> Person:
    """Give a patient."""
    return enrol(app, mailbox, "alice.martin")


@pytest.fixture
def paul(app: Flask, mailbox: Mailbox) -> Person:
    """Give a parent, with his daughter Zoé."""
    people = [
        {"given_name": "Paul", "family_name": "Martin", "birthdate": "1980-01-15", "relation": "self"},
        {"given_name": "Zoé", "family_name": "Martin", "birthdate": "2017-09-02", "relation": "child"},
    ]
    return enrol(app, mailbox, "paul.martin", profiles=people)


@pytest.fixture
def mallory(app: Flask, mailbox: Mailbox) -> Person:
    """Give a stranger, with an account of her own."""
    return enrol(app, mailbox, "mallory.stranger")
