"""`appairage keys`: the signing keys, and under `sealing` the secrets that seal them and all else."""

from __future__ import annotations

import click

from authz import keys
from authz.cli import sealing_ring, terminal
from authz.cli.composition import operation


@click.group("keys")
def command() -> None:
    """Signing keys: list, rotate. Sealing secrets: `keys sealing`."""


command.add_command(sealing_ring.command)


@command.command("list")
@terminal.as_json
def list_all(as_json: bool) -> None:
    """List the keys: next ones are published and do not sign yet, retired ones are published and sign no more."""
    with operation():
        rows = keys.list_all()
    terminal.table(rows, "kid", "alg", "state", "created_at", "retired_at", as_json=as_json)


@command.command("rotate")
@terminal.as_json
def rotate(as_json: bool) -> None:
    """Let the next keys sign, retire the current ones, publish new next ones."""
    with operation():
        signing = keys.rotate()
    terminal.show({"signing": signing}, as_json=as_json)
