"""`appairage account import`: spaces prepared for the people of a register, and the codes that open them sent out."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TextIO

import click

from authz.cli import terminal
from authz.cli.composition import application, check_migrated
from authz.identity import prepared_import, register_lines
from authz.identity.prepared_description import RULES
from authz.identity.prepared_import import Tally, Way

SHOWN = 20  # refused lines on the terminal; all of them are in the report


@click.command("import")
@click.argument("source", metavar="FILE")
@click.option("--by", type=click.Choice(["letter", "email"]), default="letter", help="How codes reach people.")
@click.option("--renew", is_flag=True, help="Give spaces that wait, and are in the file, a new code.")
@click.option("--report", metavar="FILE", help="Where to list refused lines, as CSV: line, rule, what it means.")
@terminal.as_json
def command(source: str, *, by: str, renew: bool, report: str | None, as_json: bool) -> None:
    """Prepare spaces for the people in a register: CSV with a first line of names, JSON lines, or a JSON array.

    Each has `given_name`, `family_name`, `birthdate`, `nir`, `card_serial`; for a minor `representative_nir` instead of
    the card. May have `gender`, `birthplace`, `birthcountry`, `given_names`, `email`, `phone`, `lang`, `address`.
    Stopped halfway, it is begun anew: nobody is prepared twice. FILE is - for standard input.
    """
    with application() as app, _opened(source) as file, _reporting(report) as refuse:
        check_migrated(app)
        way = Way(by, renews=renew)
        tally = prepared_import.run(register_lines.read(file), way, refuse=refuse, progress=_say)
    _conclude(tally, as_json=as_json)


def _conclude(tally: Tally, *, as_json: bool) -> None:
    facts: dict[str, Any] = dict(vars(tally))
    if not as_json:
        facts["files"] = f"{len(tally.files)} in {Path(tally.files[0]).parent}" if tally.files else ""
    terminal.show(facts, as_json=as_json)


def _say(tally: Tally) -> None:
    if tally.lines % (10 * prepared_import.BATCH) == 0:
        click.echo(f"{tally.lines} lines read, {tally.prepared} spaces prepared, {tally.refused} refused", err=True)


@contextmanager
def _opened(source: str) -> Iterator[TextIO]:
    """Open a register; what is not UTF-8 in it comes as what no line may hold."""
    with nullcontext(sys.stdin.buffer) if source == "-" else Path(source).open("rb") as binary:
        yield io.TextIOWrapper(binary, encoding="utf-8-sig", errors="surrogateescape", newline="")


@contextmanager
def _reporting(report: str | None) -> Iterator[Callable[[int, str], None]]:
    """Give what writes refused lines down: the first ones for the eye, each into the report."""
    shown = 0
    with Path(report).open("w", encoding="utf-8", newline="") if report else nullcontext(None) as file:
        rows = csv.writer(file) if file else None
        if rows:
            rows.writerow(("line", "rule", "meaning"))

        def refuse(number: int, rule: str) -> None:
            nonlocal shown
            shown += 1
            if rows:
                rows.writerow((number, rule, RULES[rule]))
            if shown <= SHOWN:
                click.echo(f"line {number}: {RULES[rule]}", err=True)
            elif shown == SHOWN + 1:
                click.echo("More lines are refused; --report FILE lists them all.", err=True)

        yield refuse
