"""Who and what the demonstration is about: synthetic people, and the glucose app as a registered client."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from flask import Flask

from authz import db
from authz.cli.clients import register
from authz.cli.migrating import bring_up
from authz.clients import registry
from authz.identity import accounts, enrolment, prepared_import
from authz.identity.prepared_import import Way
from authz.identity.register_lines import Line

HERE = Path(__file__).parent
NEWCOMER = {  # nobody was born in a commune numbered 000
    "given_name": "Jeanne",
    "family_name": "Petit",
    "birthdate": "1958-04-12",
    "nir": "258046900000111",
    "card_serial": "80250000012345678901",
    "email": "j.petit@example.org",
}


def people() -> list[dict[str, Any]]:
    """Return the synthetic people, as the command `account add` takes them."""
    found: list[dict[str, Any]] = json.loads((HERE / "people.json").read_text(encoding="utf-8"))
    return found


def introduce_newcomer(space: str) -> str:
    """Say what somebody needs who has no account yet, and where the code is."""
    nir, card, born = NEWCOMER["nir"], NEWCOMER["card_serial"][-11:], "/".join(NEWCOMER["birthdate"].split("-")[::-1])
    return (
        f"Jeanne Petit has no account yet: {space}/activate\n"
        f"      number {nir}, card {card}, born {born}; the code is in the e-mail to {NEWCOMER['email']}"
    )


def prepare(app: Flask, partner_url: str, secret_file: Path) -> str:
    """Make what is missing of database, people and app; returns the app's client_id."""
    bring_up(app)
    with db.unit_of_work():
        for person in people():
            if accounts.find_card(person["identifier"]) is None:
                enrolment.add(person)
    prepared_import.run(
        iter([Line(1, NEWCOMER)]), Way("email", renews=True), refuse=lambda *_: None, progress=lambda _: None
    )
    return _prepare_client(partner_url, secret_file)


def _prepare_client(partner_url: str, secret_file: Path) -> str:
    # One client for each port: a redirect address is exact, and the next start may be on another port.
    client_id = f"glycelia-{partner_url.rpartition(':')[2]}"
    with db.unit_of_work():
        if registry.find(client_id) is None:
            secret = register(_registration(client_id, partner_url))[1] or ""
        elif not secret_file.exists():
            secret = registry.rotate_secret(client_id)
        else:
            return client_id
    # After the commit: killed in between, the next start finds no file and gives the app a new secret.
    _write_privately(secret_file, secret)
    return client_id


def _registration(client_id: str, partner_url: str) -> dict[str, Any]:
    registration: dict[str, Any] = json.loads((HERE / "partner.json").read_text(encoding="utf-8"))
    entry = registration["catalogue_entry"] | {"host": partner_url.partition("://")[2], "start_url": f"{partner_url}/"}
    own = {"client_id": client_id, "redirect_uris": [f"{partner_url}/callback"], "catalogue_entry": entry}
    return registration | own


def _write_privately(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as target:
        target.write(text)
    part.replace(file)
