"""`appairage pairing`: links between profiles and apps, as the operator sees them: ids and dates, nobody's name."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy import select

from authz import clock, db
from authz.cli import terminal
from authz.cli.composition import operation
from authz.pairing import pairings, state
from authz.pairing.models import Consent, Pairing


@click.group("pairing")
def command() -> None:
    """Links between profiles and apps: list, show, end."""


@command.command("list")
@click.option("--profile", metavar="ID", help="Only those of one profile.")
@click.option("--client", metavar="ID", help="Only those of one app.")
@terminal.as_json
def list_all(profile: str | None, client: str | None, as_json: bool) -> None:
    """List links, the newest first."""
    query = select(Pairing).order_by(Pairing.opened_at.desc())
    if profile:
        query = query.where(Pairing.profile_id == profile)
    if client:
        query = query.where(Pairing.client_id == client)
    with operation():
        rows = [_facts(row) for row in db.session().scalars(query)]
    terminal.table(rows, "id", "profile_id", "client_id", "state", "opened_at", "ends_at", as_json=as_json)


@command.command("show")
@click.argument("pairing_id")
@terminal.as_json
def show(pairing_id: str, as_json: bool) -> None:
    """Show one link and the decisions on its scopes, oldest first."""
    with operation():
        row = _get(pairing_id)
        decisions = db.session().scalars(
            select(Consent)
            .where(Consent.profile_id == row.profile_id, Consent.pairing_id == row.id)
            .order_by(Consent.decided_at, Consent.id)
        )
        shown = _facts(row) | {"consents": [_decision(consent) for consent in decisions]}
    terminal.show(shown, as_json=as_json)


@command.command("end")
@click.argument("pairing_id")
@click.option(
    "--afterwards", type=click.Choice(["keep", "hide", "delete"]), default="keep", show_default=True,
    help="What becomes of the data that came through the link.",
)  # fmt: skip
@terminal.as_json
def end(pairing_id: str, afterwards: pairings.Afterwards, as_json: bool) -> None:
    """End a link: the app's next request is refused, and the patient is told."""
    with operation():
        row = _get(pairing_id)
        if row.state == "ended":
            raise pairings.PairingOver("The link has ended already.")
        pairings.end(row, by=None, reason="operator", afterwards=afterwards)
        shown = _facts(row)
    terminal.show(shown, as_json=as_json)


def _get(pairing_id: str) -> Pairing:
    row = db.session().scalars(select(Pairing).where(Pairing.id == pairing_id)).first()
    if row is None:
        raise pairings.UnknownPairing()
    return row


def _facts(row: Pairing) -> dict[str, Any]:
    dates = ("opened_at", "ends_at", "paused_until", "ended_at", "last_received_at")
    return {
        "id": row.id,
        "profile_id": row.profile_id,
        "client_id": row.client_id,
        "state": state.of(row, clock.now()),
        "granted": row.granted.split(),
        "end_reason": row.end_reason,
        "afterwards": row.afterwards,
    } | {name: value.isoformat() if (value := getattr(row, name)) else None for name in dates}


def _decision(consent: Consent) -> dict[str, Any]:
    return {
        "scope": consent.scope,
        "is_granted": consent.is_granted,
        "limits": consent.limits,
        "text_version": consent.text_version,
        "lang": consent.lang,
        "decided_at": consent.decided_at.isoformat(),
    }
