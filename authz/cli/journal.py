"""`appairage audit`: the journal, verified or handed to an auditor; neither holds up a writer."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

import click
from sqlalchemy import func, select

from authz import audit
from authz.cli import terminal
from authz.cli.composition import operation, read_only
from authz.errors import Refusal


class JournalBroken(Refusal):
    """A row of the journal is not what was written."""

    code = "journal_broken"


@click.group("audit")
def command() -> None:
    """The journal: verify, export."""


@command.command("verify")
@terminal.as_json
def verify(as_json: bool) -> None:
    """Verify the chain of the whole journal; exit status 1 and the first row that does not fit, if there is one."""
    with operation():
        session = read_only()
        broken = audit.find_break()
        counted = session.execute(select(func.count(audit.Activity.seq), func.count())).one()
    if as_json or not broken:
        shown = {"whole": broken is None, "chained": counted[0], "not_yet_chained": counted[1] - counted[0]}
        terminal.show(shown | ({"first_broken": broken} if broken else {}), as_json=as_json)
    if broken:
        raise JournalBroken(f"The journal was changed: row {broken} is the first that does not fit.")


@command.command("export")
@click.option("--out", metavar="FILE", help="Write to a new file instead of standard output.")
def export(out: str | None) -> None:
    """Write the whole journal, one JSON object a line."""
    with ExitStack() as stack:
        target: TextIO = sys.stdout
        stack.enter_context(operation())
        if out:
            target = stack.enter_context(Path(out).open("x", encoding="utf-8"))
        read_only()
        for row in audit.iter_all():
            target.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
