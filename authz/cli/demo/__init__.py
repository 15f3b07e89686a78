"""`appairage demo`: server, worker, a glucose app and the page of messages as one tree of processes."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("demo")
@click.option(
    "--port", type=click.IntRange(1, 65533), default=8000, show_default=True, help="The next two are used too."
)
@click.option("--data", metavar="DIR", default="data/demo", show_default=True, help="Folder that keeps everything.")
def command(port: int, data: str) -> None:
    """Run everything on this machine, with synthetic people and a glucose app; Ctrl-C ends all of it.

    A second start on the same folder finds everything as it was. Settings of the environment are not used.
    """
    # The page of messages is a process that imports this package, and needs nothing of what the stage does.
    from authz.cli.demo.stage import Stage, perform

    perform(Stage(port, Path(data).resolve()))
