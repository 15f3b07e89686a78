"""`appairage client`: apps as the operator keeps them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click

from authz.catalogue import entries, scopes
from authz.cli import terminal
from authz.cli.composition import operation
from authz.clients import registrations, registry
from authz.clients.metadata import InvalidClientMetadata
from authz.clients.models import RegisteredClient


@click.group("client")
def command() -> None:
    """Apps: add, list, show, suspend, resume, give a new secret; invite one to register itself, and publish it."""


@command.command("add")
@terminal.from_file
@terminal.as_json
def add(source: str, as_json: bool) -> None:
    """Register an app from RFC 7591 metadata; `catalogue_entry` is an entry, or the id of one that is there.

    The secret is printed this once.
    """
    registration = terminal.read_object(source)
    with operation():
        client, secret = register(registration)
        shown = _facts(client) | ({"client_secret": secret} if secret else {})
    terminal.show(shown, as_json=as_json)


@command.command("list")
@terminal.as_json
def list_all(as_json: bool) -> None:
    """List all apps."""
    with operation():
        rows = [_facts(client) for client in registry.list_all()]
    terminal.table(rows, "client_id", "client_name", "profile", "status", "catalogue_entry", as_json=as_json)


@command.command("show")
@click.argument("client_id")
@terminal.as_json
def show(client_id: str, as_json: bool) -> None:
    """Show one app with its metadata."""
    with operation():
        client = registry.get(client_id)
        shown = client.metadata | _facts(client)
    terminal.show(shown, as_json=as_json)


@command.command("suspend")
@click.argument("client_id")
@terminal.as_json
def suspend(client_id: str, as_json: bool) -> None:
    """Stop an app at once; its links stay, and work again when it is resumed."""
    _set_status(client_id, "suspended", as_json=as_json)


@command.command("resume")
@click.argument("client_id")
@terminal.as_json
def resume(client_id: str, as_json: bool) -> None:
    """Let a suspended app work again."""
    _set_status(client_id, "active", as_json=as_json)


@command.command("rotate-secret")
@click.argument("client_id")
@terminal.as_json
def rotate_secret(client_id: str, as_json: bool) -> None:
    """Give an app a new secret, printed this once; the old one is dead within two seconds."""
    with operation():
        secret = registry.rotate_secret(client_id)
    terminal.show({"client_id": client_id, "client_secret": secret}, as_json=as_json)


@command.command("token")
@click.option("--profile", default="oauth21", show_default=True, help="Security profile of who registers with it.")
@click.option("--without-pkce", is_flag=True, help="Let clients of profile oidc leave PKCE out.")
@click.option("--uses", default=1, show_default=True, type=click.IntRange(1, 10_000), help="How many may register.")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 366), help="For how long.")
@terminal.as_json
def token(*, profile: str, without_pkce: bool, uses: int, days: int, as_json: bool) -> None:
    """Make an initial access token, printed this once: an app registers itself with it at /register."""
    with operation() as app:
        made = registrations.invite(
            profile=profile, pkce_required=not without_pkce, uses=uses, life=timedelta(days=days)
        )
        is_on = app.extensions["settings"].registration != "off"
    terminal.show({"initial_access_token": made, "uses": uses, "days": days, "registration_on": is_on}, as_json=as_json)


@command.command("publish")
@click.argument("client_id")
@terminal.from_file
@terminal.as_json
def publish(client_id: str, source: str, as_json: bool) -> None:
    """Put an app that registered itself into the catalogue, with an entry from a file; it is on trial no longer."""
    entry = terminal.read_object(source)
    with operation():
        registry.publish(client_id, entries.put({"status": "listed"} | entry).id)
        shown = _facts(registry.get(client_id))
    terminal.show(shown, as_json=as_json)


def register(registration: dict[str, Any]) -> tuple[RegisteredClient, str | None]:
    """Add an app and, when the registration holds one, its catalogue entry, in this unit."""
    entry = registration.get("catalogue_entry")
    if isinstance(entry, dict):
        registration = registration | {"catalogue_entry": entries.put(entry).id}
    elif entry is not None and not (isinstance(entry, str) and entries.find(entry)):
        raise InvalidClientMetadata("catalogue_entry must be an entry, or the id of one that is there")
    return registry.add(registration, known_scopes=scopes.KNOWN)


def _set_status(client_id: str, status: str, *, as_json: bool) -> None:
    with operation():
        registry.set_status(client_id, status)
    terminal.show({"client_id": client_id, "status": status}, as_json=as_json)


def _facts(client: RegisteredClient) -> dict[str, Any]:
    return {
        "client_id": client.id,
        "client_name": client.name,
        "profile": client.profile.name,
        "status": client.status,
        "catalogue_entry": client.catalogue_entry_id,
    }
