"""`appairage keys sealing`: the ring of secrets that seal what names people; shown, renewed, old ones let go."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from authz import audit, clock, db, entropy, resealing, ring, sealing, settings
from authz.cli import terminal
from authz.cli.composition import operation
from authz.errors import Refusal
from authz.ring import Ring, Secret

TAKE_OUT = "Take it out of APPAIRAGE_SECRET_KEY on every node, and restart each."
SPREAD = 10  # seconds: running processes look at the file once a second


class SecretInUse(Refusal):
    """A secret cannot be let go yet."""

    code = "secret_in_use"


class NoSuchSecret(Refusal):
    """No secret of the ring has this name."""

    code = "not_found"
    description = "No secret of the ring has this name; `appairage keys sealing list` names them."


@click.group("sealing")
def command() -> None:
    """The secrets that seal what names people: list, rotate, drop."""


@command.command("list")
@terminal.as_json
def list_all(as_json: bool) -> None:
    """List the secrets by name, newest first, and how many values each still holds; never the secrets themselves."""
    with operation():
        rows = _shown(ring.current(settings.current(), is_fresh=True))
    terminal.table(rows, "name", "state", "used_from", "values", as_json=as_json)


@command.command("rotate")
@click.option("--after", default=SPREAD, type=click.IntRange(0), metavar="SECONDS", help="When it begins to seal.")
@terminal.as_json
def rotate(after: int, as_json: bool) -> None:
    """Put a new secret in front of the ring: every process learns of it first, and seals with it from then on.

    Where the ring is a file, it is written there; the worker then seals everything anew. Where it is the setting
    itself, the command makes a secret and says what to do with it.
    """
    with operation():
        config, text = settings.current(), entropy.new_secret("apk", 48)
        path = ring.place(config)
        if path is None:
            return terminal.show(_advice(text), as_json=as_json)
        new = Secret(text, clock.now().replace(microsecond=0) + timedelta(seconds=after))
        _put_in_front(path, new)
        resealing.reopen()
        audit.record("keys:sealing:rotate", name=new.name)
    return terminal.show({"name": new.name, "used_from": new.used_from, "file": str(path)}, as_json=as_json)


@command.command("drop")
@click.argument("name")
@terminal.as_json
def drop(name: str, as_json: bool) -> None:
    """Let an old secret go; refused while anything is sealed with it, or a page that somebody has open may be."""
    with operation():
        config = settings.current()
        path = ring.place(config)
        if path is None:
            _check_idle(ring.current(config), name)
            return terminal.show({"name": name, "do": TAKE_OUT}, as_json=as_json)
        with ring.changing(path) as current:
            _check_idle(current, name)
            ring.write(path, Ring(tuple(secret for secret in current.secrets if secret.name != name)))
        audit.record("keys:sealing:drop", name=name)
    return terminal.show({"name": name, "state": "dropped"}, as_json=as_json)


def _put_in_front(path: Path, new: Secret) -> None:
    with ring.changing(path) as current:
        ring.write(path, Ring((new, *current.secrets)))


def _check_idle(current: Ring, name: str) -> None:
    """Refuse while a secret is needed: by the database, or by cookies and pages that were made before the newer one."""
    sealing.ensure_root(is_new=False)
    secret, now = current.find(name), clock.now()
    if secret is None:
        raise NoSuchSecret()
    active = current.active(now)
    if secret == active or (secret.used_from and secret.used_from > now):
        raise SecretInUse("This secret seals now, or will; put a new one in front first.")
    if count := resealing.count()[name]:
        with db.unit_of_work():
            resealing.reopen()
        raise SecretInUse(f"{count} values are still sealed with it; the worker seals them anew, ask again later.")
    open_until = active.used_from and active.used_from + timedelta(hours=settings.current().session_hours)
    if open_until and now < open_until:
        raise SecretInUse(f"Browsers that signed in before hold cookies of it until {open_until.isoformat()}.")


def _shown(current: Ring) -> list[dict[str, Any]]:
    now, counts = clock.now(), resealing.count()
    active = current.active(now)
    rows = [
        {"name": secret.name, "state": _state(secret, active, current), "used_from": secret.used_from,
         "values": counts.pop(secret.name, 0)}
        for secret in current.secrets
    ]  # fmt: skip
    return rows + [{"name": name, "state": "missing", "used_from": None, "values": counts[name]} for name in counts]


def _state(secret: Secret, active: Secret, current: Ring) -> str:
    if secret == active:
        return "seals"
    return "next" if current.secrets.index(secret) < current.secrets.index(active) else "opens"


def _advice(text: str) -> dict[str, str]:
    return {
        "secret": text,
        "first": "Put it at the end of APPAIRAGE_SECRET_KEY on every node, after a comma, and restart each.",
        "then": "Put it at the front instead, and restart each: the worker seals everything anew.",
        "last": "When `keys sealing list` shows no values of the old one: `keys sealing drop NAME`, and take it out.",
    }
