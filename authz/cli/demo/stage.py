"""The demonstration from start to end: prepare what is missing, start the processes, tell, watch, end them all.

It takes nothing of the environment's settings, so that it can never touch a database that somebody uses.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType
from zoneinfo import ZoneInfo

import click

from authz.cli.composition import application
from authz.cli.demo import cast, letters, tree
from authz.cli.serving import check_free
from authz.cli.terminal import Refused
from authz.settings import Settings

LOOK_SECONDS = 0.2
START_SECONDS = 60
TELLS = """
  The health space     {space}/
  Glycélia, an app     {partner}/
  Messages sent        {messages}/   (one-time codes are there, and below)

{people}
  {newcomer}

Begin at Glycélia: it has a page of connected apps. Ctrl-C ends everything.
Data and logs are in {data}
"""


@dataclass(frozen=True)
class Stage:
    """Where the demonstration takes place: three ports from the first on, one folder."""

    port: int
    data: Path

    def address(self, step: int = 0) -> str:
        """Return the address of the space (0), of the app (1), of the page of messages (2)."""
        return f"http://localhost:{self.port + step}"

    def settings(self) -> dict[str, str]:
        """Return the settings of the space, as environment."""
        return {"APPAIRAGE_ISSUER": self.address(), "APPAIRAGE_DATA_DIR": str(self.data)}

    def environment(self) -> dict[str, str]:
        """Return what the processes are started with: these settings and nobody else's."""
        kept = {name: text for name, text in os.environ.items() if not name.startswith(("APPAIRAGE_", "GLYCELIA_"))}
        return kept | self.settings()


def perform(stage: Stage) -> None:
    """Run the demonstration until it is told to stop, or until one of its processes ends by itself."""
    for step in range(3):
        check_free("127.0.0.1", stage.port + step)
    stop = _stop_by_signals()
    with _dots("Preparing"):
        client_id, secret_file = prepare(stage)
    seen = letters.names(stage.data)
    children: list[tree.Child] = []
    try:
        if not stop.is_set():
            children += _start(stage, client_id, secret_file)
            _await(stage, children, stop)
            _tell(stage)
            _watch(stage, children, stop, seen=seen)
    finally:
        click.echo("\nEnding.")
        tree.end_all(children)


def prepare(stage: Stage) -> tuple[str, Path]:
    """Make what is missing; returns the app's client_id and the file that holds its secret."""
    secret_file = stage.data / f"glycelia-{stage.port + 1}" / "client-secret"
    with application(Settings.load(stage.settings()), is_new=True) as app:
        return cast.prepare(app, stage.address(1), secret_file), secret_file


def zone_of(stage: Stage) -> ZoneInfo:
    """Return the zone of the space: messages are shown on the clock that its pages show."""
    return Settings.load(stage.settings()).zone


def _start(stage: Stage, client_id: str, secret_file: Path) -> Iterator[tree.Child]:
    app = ["--port", str(stage.port + 1), "--issuer", stage.address(), "--client-id", client_id]
    app += ["--client-secret-file", str(secret_file), "--data", str(secret_file.parent)]
    commands = {
        "server": ["authz.cli", "serve", "--bind", f"127.0.0.1:{stage.port}", "--workers", "2"],
        "worker": ["authz.cli", "worker"],
        "glycelia": ["connectors.sample_app", *app],
        "messages": ["authz.cli.demo.sinks", str(stage.port + 2), str(stage.data), zone_of(stage).key],
    }
    for name, command in commands.items():
        yield tree.start(name, command, environment=stage.environment(), logs=stage.data / "logs")


def _await(stage: Stage, children: list[tree.Child], stop: threading.Event) -> None:
    """Wait until all three pages answer, with a dot for every second."""
    click.echo("Starting ", nl=False)
    for count in range(int(START_SECONDS / LOOK_SECONDS)):
        _check_alive(children)
        if stop.wait(LOOK_SECONDS) or all(_answers(stage.port + step) for step in range(3)):
            return click.echo("")
        if count % int(1 / LOOK_SECONDS) == 0:
            click.echo(".", nl=False)
    raise Refused(f"The pages do not answer after {START_SECONDS} seconds; see the logs in {stage.data / 'logs'}.")


def _tell(stage: Stage) -> None:
    """Say what there is: addresses, people, where the codes are."""
    people = "\n".join(map(_introduce, cast.people()))
    addresses = {"space": stage.address(), "partner": stage.address(1), "messages": stage.address(2)}
    newcomer = cast.introduce_newcomer(stage.address())
    click.echo(TELLS.format(people=people, newcomer=newcomer, data=stage.data, **addresses))


def _watch(stage: Stage, children: list[tree.Child], stop: threading.Event, *, seen: set[str]) -> None:
    """Show each message as it arrives, until the end."""
    is_over = False
    while not is_over:
        is_over = stop.wait(LOOK_SECONDS)
        _check_alive(children)
        new = letters.names(stage.data) - seen
        for letter in sorted((letters.read(stage.data, name) for name in new), key=lambda one: one.created_at):
            text = letter.text.strip() if letter.kind == "SMS" else letter.subject
            click.echo(f"  {letters.hour(letter, zone_of(stage))}  {letter.kind} to {letter.to}: {text}")
        seen = seen | new


def _introduce(person: dict[str, str]) -> str:
    others = [one["given_name"] for one in person["profiles"] if one["relation"] != "self"]  # type: ignore[index]
    line = f"  Sign in as           {person['identifier']}   password  {person['password']}"
    if others:
        line += f"   (acts for {', '.join(others)} too)"
    if "totp_secret" in person:
        line += f"\n                       authenticator secret  {person['totp_secret']}"
    return line


def _check_alive(children: list[tree.Child]) -> None:
    ended = tree.find_ended(children)
    if ended:
        status = ended.process.returncode
        raise Refused(f"{ended.name} has ended by itself (status {status}). Its log says:\n{tree.last_words(ended)}")


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status < 400
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _stop_by_signals() -> threading.Event:
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    return stop


@contextmanager
def _dots(what: str) -> Iterator[None]:
    """Say what is being done, with a dot for every second that it takes."""
    done = threading.Event()

    def tick() -> None:
        while not done.wait(1):
            click.echo(".", nl=False)

    click.echo(f"{what} ", nl=False)
    ticker = threading.Thread(target=tick)
    ticker.start()
    try:
        yield
    finally:
        done.set()
        ticker.join()
        click.echo("")
