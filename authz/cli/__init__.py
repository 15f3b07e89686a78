"""The `appairage` command: its verbs by name; each is loaded when it is called, so that `--help` imports none.

A verb is a click command in a module of this package, named here, or an entry point of the group `appairage.commands`:
that is how connectors bring theirs without this package knowing them.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import click

from authz.cli.terminal import Refused
from authz.errors import Refusal

ENTRY_POINTS = "appairage.commands"
VERBS = {
    "serve": ("authz.cli.serving", "Run the server."),
    "worker": ("authz.cli.working", "Deliver messages and keep the house in order."),
    "migrate": ("authz.cli.migrating", "Bring the database to this version and make the first keys."),
    "check": ("authz.cli.fitness", "Say whether settings, database and keys are fit to start."),
    "client": ("authz.cli.clients", "Apps: add, list, show, suspend, resume, give a new secret, invite, publish."),
    "account": ("authz.cli.accounts", "People who sign in: add, import, list, show, close, reopen, erase."),
    "recovery": ("authz.cli.cases", "People who lost every way in: open, list, approve, refuse; by two operators."),
    "pairing": ("authz.cli.links", "Links between profiles and apps: list, show, end."),
    "keys": ("authz.cli.keyring", "Signing keys: list, rotate; sealing secrets: sealing list, rotate, drop."),
    "audit": ("authz.cli.journal", "The journal: verify, export."),
    "purge": ("authz.cli.purging", "Forget what is over; the worker does it daily."),
    "backup": ("authz.cli.saving", "Copy the database to a file while it is in use."),
    "demo": ("authz.cli.demo", "Run everything here, with synthetic people and a glucose app."),
}


class Verbs(click.Group):
    """The command itself: finds a verb late, and turns a refusal into a sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the verbs, ours first."""
        return [*VERBS, *sorted(_brought())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one verb."""
        if cmd_name in VERBS:
            command: click.Command = import_module(VERBS[cmd_name][0]).command
            return command
        found = _brought().get(cmd_name)
        return found.load() if found else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of verbs without loading any."""
        rows = [(name, said) for name, (_, said) in VERBS.items()]
        rows += [(name, f"See `appairage {name} --help`.") for name in sorted(_brought())]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; what was refused, or a file that cannot be used, is told in one sentence."""
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            raise Refused(refusal.description) from refusal
        except BrokenPipeError:
            raise
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            raise Refused(f"{place}{error.strerror or error}.") from error


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="appairage")
def command() -> None:
    """Operate Appairage: pair apps with a patient's health space.

    Settings come from the environment (APPAIRAGE_...). Exit status: 0 done, 1 refused, 2 wrong usage.
    """


def main() -> None:
    """Run the command line; the database, codes and copies it writes are for their owner alone."""
    os.umask(0o077)
    command(prog_name="appairage")


def _brought() -> dict[str, Any]:
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}
