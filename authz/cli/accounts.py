"""`appairage account`: people who sign in, as the operator keeps them."""

from __future__ import annotations

import click

from authz.cli import importing, terminal
from authz.cli.composition import operation
from authz.identity import accounts, civil_changes, enrolment, operators
from authz.pairing import closing, erasing

BY = click.option("--by", required=True, metavar="NAME", help="Who does this: your short name, for the journal.")


@click.group("account")
def command() -> None:
    """People who sign in: add, import, list, show, identify, close, reopen, erase."""


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
        shown |= {"closure": erasing.about(str(shown["id"])) or None}
    terminal.show(shown, as_json=as_json)


@command.command("identify")
@click.argument("identifier")
@terminal.from_file
@BY
@click.option("--replace", is_flag=True, help="Replace a number or a card that is known already.")
@terminal.as_json
def identify(identifier: str, source: str, *, by: str, replace: bool, as_json: bool) -> None:
    """Add the holder's social security number or card, which are sealed; the holder is told.

    The file holds `nir`, `card_serial`, or both; they are not typed on the line, where others would read them.
    """
    facts = terminal.read_object(source)
    with operation():
        shown = civil_changes.add(identifier, facts, by=operators.named(by), replace=replace)
    terminal.show(shown, as_json=as_json)


@command.command("close")
@click.argument("identifier")
@BY
@click.option("--erase", is_flag=True, help="Erase within the law's term instead of archiving.")
@terminal.as_json
def close(identifier: str, by: str, erase: bool, as_json: bool) -> None:
    """Close a space: its links and sessions end at once, its data are archived, its holder is told."""
    with operation():
        account_id = _find(identifier)
        closing.close(account_id, by=operators.named(by), erase=erase)
        shown = erasing.about(account_id)
    terminal.show({"identifier": identifier} | shown, as_json=as_json)


@command.command("reopen")
@click.argument("identifier")
@BY
@terminal.as_json
def reopen(identifier: str, by: str, as_json: bool) -> None:
    """Open a closed space again, unless its erasure has begun; links are made anew."""
    with operation():
        closing.reopen(_find(identifier), by=operators.named(by))
    terminal.show({"identifier": identifier, "state": "open"}, as_json=as_json)


@command.command("erase")
@click.argument("identifier")
@BY
@terminal.as_json
def erase(identifier: str, by: str, as_json: bool) -> None:
    """Have a closed space erased within the law's term instead of at the end of its archive."""
    with operation():
        account_id = _find(identifier)
        closing.ask_erasure(account_id, by=operators.named(by))
        shown = erasing.about(account_id)
    terminal.show({"identifier": identifier} | shown, as_json=as_json)


def _find(identifier: str) -> str:
    card = accounts.find_card(identifier)
    if card is None:
        raise accounts.NoSuchAccount()
    return card.id
