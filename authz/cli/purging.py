"""What is over and forgotten: every package's purge, each as a unit of its own, for the command and the worker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import click
from flask import current_app

from authz import clock, db, keys
from authz.cli import terminal
from authz.cli.composition import application, check_migrated
from authz.clients import assertions, registrations
from authz.identity import upkeep
from authz.interaction import flow, pushed
from authz.notifications import outbox
from authz.tokens import purging as tokens

UPKEEP = "upkeep"  # app.extensions: what packages above this one forget, by name
_OURS: dict[str, Callable[[], Any]] = {
    "identity": lambda: upkeep.purge(clock.now()),
    "messages": lambda: outbox.purge(clock.now()),
    "interactions": flow.purge,
    "pushed_requests": pushed.purge,
    "tokens": tokens.purge,
    "assertions": assertions.purge,
    "invitations": registrations.purge,
    "signing_keys": keys.purge,
}


@click.command("purge")
@terminal.as_json
def command(as_json: bool) -> None:
    """Forget what is over: codes, tokens, sessions, budgets, old messages, retired keys, and data due for erasure."""
    with application() as app:
        check_migrated(app)
        counts = purge_all()
    terminal.show(counts, as_json=as_json)


def sweep() -> None:
    """Forget in this unit what anybody may have begun without proof, and nobody went on with."""
    flow.purge()
    pushed.purge()


def purge_all() -> dict[str, int]:
    """Run every purge; returns how many rows of each kind went."""
    counts: Counter[str] = Counter()
    for name, purge in _OURS.items():
        counts.update(_purge(name, purge))
    for name, purge in current_app.extensions.get(UPKEEP, {}).items():
        # Data due for erasure can be many: those above us work in parts, until nothing is left.
        while sum((gone := _purge(name, purge)).values()):
            counts.update(gone)
        counts.update(gone)
    return dict(counts)


def _purge(name: str, purge: Callable[[], Any]) -> dict[str, int]:
    with db.unit_of_work():
        gone = purge()
    return dict(gone) if isinstance(gone, Mapping) else {name: gone or 0}
