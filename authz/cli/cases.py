"""`appairage recovery`: people who lost every way in, helped by two operators; each step is a line of the journal."""

from __future__ import annotations

import click

from authz.cli import terminal
from authz.cli.composition import operation
from authz.identity import recovery_cases

BY = click.option("--by", required=True, metavar="NAME", help="Who does this: your short name, for the journal.")


@click.group("recovery")
def command() -> None:
    """People who lost every way in: open, list, approve, refuse; by two operators."""


@command.command("open")
@click.argument("identifier")
@BY
@click.option("--email", default="", help="The new e-mail address, checked by you.")
@click.option("--phone", default="", help="The new mobile number, checked by you.")
@terminal.as_json
def open_case(identifier: str, *, by: str, email: str, phone: str, as_json: bool) -> None:
    """Open a case once you have checked who asks; every contact of the account is told and can stop it."""
    with operation():
        shown = recovery_cases.open_case(identifier, by=by, email=email, phone=phone)
    terminal.show(shown, as_json=as_json)


@command.command("list")
@terminal.as_json
def list_open(as_json: bool) -> None:
    """List the cases that wait."""
    with operation():
        rows = recovery_cases.list_open()
    terminal.table(rows, "case", "account", "opened_by", "ready_at", as_json=as_json)


@command.command("approve")
@click.argument("case_id")
@BY
@terminal.as_json
def approve(case_id: str, by: str, as_json: bool) -> None:
    """Let a case through, as somebody else than who opened it; prints ten codes, to be handed to the patient alone."""
    with operation():
        codes = recovery_cases.approve(case_id, by=by)
    terminal.show({"case": case_id, "recovery_codes": " ".join(codes)}, as_json=as_json)


@command.command("refuse")
@click.argument("case_id")
@BY
@terminal.as_json
def refuse(case_id: str, by: str, as_json: bool) -> None:
    """End a case without letting it through."""
    with operation():
        recovery_cases.refuse(case_id, by=by)
    terminal.show({"case": case_id, "state": "refused"}, as_json=as_json)
