"""A space as it is after a while: links in every state, measures over three months, notices; for pictures and axe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import update

from authz import clock, entropy
from authz.clients import registry
from authz.clients.models import RegisteredClient
from authz.identity import credentials, profiles
from authz.identity.models import Passkey
from authz.pairing import pairings
from authz.pairing.models import Pairing
from connectors.records import reading
from connectors.records.contract import NewDocument, NewMeasure, Origin
from tests import standing
from tests.actors import Partner, Person
from tests.cast import enrol, register
from tests.mailbox import Mailbox

LOGOS = Path(__file__).parents[1] / "data/logos"
KEPT = {"fr": "3 ans, dans son propre service", "en": "3 years, in its own service"}
GLYCELIA: dict[str, Any] = {
    "id": "glycelia",
    "oid": "1.2.250.1.999.7.9",
    "name": "Glycélia",
    "publisher": "Glycélia SAS, Lyon",
    "host": "app.glycelia.example",
    "status": "listed",
    "terms_url": "https://app.glycelia.example/terms",
    "privacy_url": "https://app.glycelia.example/privacy",
    "start_url": "https://app.glycelia.example/connect",
    "descriptions": {"fr": "Suivi du glucose par capteur", "en": "Glucose monitoring by sensor"},
    "scopes": [
        {"scope": "measures.glucose.write", "required": True, "kept": KEPT},
        {"scope": "documents.summary.write", "kept": KEPT},
        {"scope": "measures.read", "kept": {"fr": "Jusqu’à la fin du lien", "en": "Until the link ends"}},
        {"scope": "measures.weight.write", "kept": KEPT},
    ],
}
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SCOPES = "openid measures.glucose.write documents.summary.write measures.read measures.weight.write"
# Name, publisher, scope it writes, and how its link stands.
OTHERS = (
    ("balaneo", "Balanéo", "Balanéo Santé", "measures.weight.write"),
    ("tensiane", "Tensiane", "Cardiome, Nantes", "measures.blood_pressure.write"),
    ("pasapas", "Pas à pas", "Foulée SARL", "measures.steps.write"),
)
WEEKS = (104, 103, 99, 101, 106, 100, 97, 95, 98, 99, 96, 97)

# An app that asks in the words of SMART, for some measures only.
NARROW = {"id": "courbe", "name": "Courbe", "publisher": "Courbe", "host": "courbe.example", "status": "unlisted",
          "oid": "1.2.250.1.999.9.9", "scopes": []}  # fmt: skip


@dataclass(frozen=True)
class Seeded:
    """Who and what the space holds."""

    camille: Person
    glycelia: Partner
    trial: Partner  # an app that registered itself, whose maker nobody has checked


def plant(app: Flask, mailbox: Mailbox) -> Seeded:
    """Make the account, the apps, the links and what they sent."""
    people = [
        {"given_name": "Camille", "family_name": "Moreau", "birthdate": "1984-06-08", "relation": "self"},
        {"given_name": "Léo", "family_name": "Moreau", "birthdate": "2017-02-11", "relation": "child"},
    ]
    contacts = {"phone": "+33639980339", "totp_secret": SECRET}
    camille = enrol(app, mailbox, "camille.moreau", profiles=people, **contacts)
    glycelia = register(app, GLYCELIA | {"logo_svg": _logo("glycelia")}, client_name="Glycélia")
    glycelia.scope = SCOPES
    for name, title, publisher, scope in OTHERS:
        entry = GLYCELIA | {"id": name, "name": title, "publisher": publisher, "host": f"{name}.example"}
        partner = register(app, entry | {"scopes": [{"scope": scope}], "logo_svg": _logo(name)}, client_name=title)
        with standing.unit_in(app):
            _link(app, camille, registry.get(partner.client_id), scope, name)
    entry = GLYCELIA | {
        "id": "pouls",
        "name": "Pouls",
        "publisher": "Pouls",
        "host": "pouls.example",
        "status": "sandbox",
    }
    trial = register(app, entry | {"scopes": []}, client_name="Pouls")
    trial.scope = "openid measures.steps.write"
    return Seeded(camille, glycelia, trial)


def fill(app: Flask, camille: Person, client_id: str) -> None:
    """Give the link with Glycélia three months of weekly figures and a document."""
    with standing.unit_in(app):
        profile_id = profiles.list_for(camille.account_id)[0].id
        pairing = pairings.find_live(profile_id, client_id)
        assert pairing is not None
        origin, now, store = Origin(profile_id, client_id, pairing.id), clock.now(), reading.store()
        for week, mean in enumerate(WEEKS):
            at = now - timedelta(days=7 * (len(WEEKS) - week) - 6, hours=2)
            for code, value in (("MED-969", float(mean)), ("MED-972", round(3.31 + 0.02392 * mean, 1))):
                store.put_measure(origin, _measure(code, value, at.isoformat(), days=14), at=at)
        letter = NewDocument(
            "Compte rendu du diabétologue", "SYNTHESE", "text/plain", b"Bonjour", now - timedelta(days=9)
        )
        store.put_document(origin, letter, at=now - timedelta(days=9))
        pairings.note_received(profile_id, pairing.id)


def protect(app: Flask, camille: Person) -> None:
    """Give the account two passkeys, of which one is blocked."""
    with standing.unit_in(app):
        for name, credential_id, is_synced in (("Téléphone", "dGVs", True), ("Clé de sécurité", "Y2xl", False)):
            row = {"id": entropy.new_id(), "public_key": "-", "aaguid": "-", "sign_count": 3}
            row |= {"credential_id": credential_id, "is_synced": is_synced, "is_backed_up": is_synced}
            credentials.keep(camille.account_id, name=name, **row)
    with standing.unit_in(app) as session:
        blocked = update(Passkey).where(Passkey.credential_id == "Y2xl")
        session.execute(blocked.values(suspected_at=clock.now(), used_at=clock.now()))


def _link(app: Flask, camille: Person, client: RegisteredClient, scope: str, name: str) -> None:
    profile_id, now = profiles.list_for(camille.account_id)[0].id, clock.now()
    ends_at = now + timedelta(days=12 if name == "tensiane" else 300)
    pairing = pairings.open_or_renew(
        client, profile_id, by=camille.account_id, decisions={scope: True}, lang="fr",
        ends_at=ends_at, app_account={"account": "c.moreau@example.org"},
    )  # fmt: skip
    pairings.activate(profile_id, pairing.id)
    _send(pairing, client, name)
    if name == "balaneo":
        pairings.pause(pairing, now + timedelta(days=14), by=camille.account_id)
    if name == "pasapas":
        pairings.end(pairing, by=camille.account_id)


def _send(pairing: Pairing, client: RegisteredClient, name: str) -> None:
    origin, now = Origin(pairing.profile_id, client.id, pairing.id), clock.now()
    for day in range(12):
        at = now - timedelta(days=26 - 2 * day)
        if name == "balaneo":
            new = _measure("29463-7", 64.9 - day * 0.06, at.isoformat())
        elif name == "tensiane":
            new = _measure("85354-9", None, at.isoformat(), components={"8480-6": 118.0 + day % 5, "8462-4": 76.0})
        else:
            new = _measure("41950-7", 6200.0 + 137 * (day * 5 % 9), at.isoformat())
        reading.store().put_measure(origin, new, at=at)
    pairings.note_received(pairing.profile_id, pairing.id)


def _measure(code: str, value: float | None, at: str, **more: Any) -> NewMeasure:
    return NewMeasure(code, datetime.fromisoformat(at), at, value, identifier=f"{code} {at}", **more)


def _logo(name: str) -> str:
    return (LOGOS / f"{name}.svg").read_text(encoding="utf-8")


def waiting_object(app: Flask) -> dict[str, Any]:
    """Let a scale without a browser wait for its person; returns its codes."""
    with standing.unit_in(app):
        client = registry.find("scale")
    scale = Partner(app, "scale", None) if client else register(
        app, client_id="scale", profile="device", client_name="Balance", token_endpoint_auth_method="none",
        redirect_uris=[], scope="measures.weight.write",
    )  # fmt: skip
    codes: dict[str, Any] = scale.post("/device_authorization", scope="measures.weight.write").json
    return codes
