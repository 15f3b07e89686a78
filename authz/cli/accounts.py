"""`appairage account`: people who sign in, as the operator keeps them."""

from __future__ import annotations

import click

from authz.cli import importing, terminal
from authz.cli.composition import operation
from authz.identity import enrolment


@click.group("account")
def command() -> None:
    """People who sign in: add, import, list, show."""


command.add_command(importing.command)


@command.command("add")
@terminal.from_file
@terminal.as_json
def add(source: str, as_json: bool) -> None:
    """Make an account, activated at once.

    The file holds `identifier`, `password`, `email`, `phone`, OpenID claims, `totp_secret`, and `profiles`: a list of
    `given_name`, `family_name`, `birthdate`, `relation`.
    """
    description = terminal.read_object(source)
    with operation():
        shown = enrolment.add(description)
    terminal.show(shown, as_json=as_json)


@command.command("list")
@terminal.as_json
def list_all(as_json: bool) -> None:
    """List all accounts; contacts are masked."""
    with operation():
        rows = enrolment.list_all()
    terminal.table(rows, "identifier", "name", "email_masked", "phone_masked", "closed_at", as_json=as_json)


@command.command("show")
@click.argument("identifier")
@terminal.as_json
def show(identifier: str, as_json: bool) -> None:
    """Show one account and its profiles."""
    with operation():
        shown = enrolment.show(identifier)
    terminal.show(shown, as_json=as_json)
