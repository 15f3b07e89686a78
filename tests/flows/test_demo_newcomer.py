"""The demonstration as a newcomer meets it: one command, a page, a code on the terminal, Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner, Result

from authz.cli import command
from authz.cli.demo import cast, letters
from authz.cli.demo.stage import Stage, prepare
from benchmarks import processes
from benchmarks.browser import Browser
from tests.house.sources import ROOT

PATIENCE = 90.0
CAMILLE = cast.people()[0]


def _three_free_ports() -> int:
    """Return the first of three free ports in a row, below those that the system hands out to other tests."""
    first = 20_000 + os.getpid() * 3 % 12_000
    while not all(_is_free(first + step) for step in range(3)):
        first += 3
    return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _wait_until(is_so: Callable[[], object], *, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def port() -> int:
    """Give the first of three free ports."""
    return _three_free_ports()


@pytest.fixture(scope="module")
def folder(port: int, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a demonstration that has been started before."""
    folder = tmp_path_factory.mktemp("demo")
    prepare(Stage(port, folder))
    return folder


@contextmanager
def _demo(port: int, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a demonstration and wait for its page; whatever happens, it is ended."""
    words = [sys.executable, "-m", "authz.cli", "demo", "--port", str(port), "--data", str(folder)]
    demo = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    tree: list[psutil.Process] = []
    try:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "Ctrl-C ends everything" in line:
                break
        assert demo.poll() is None, "it has ended"
        tree = psutil.Process(demo.pid).children(recursive=True)
        assert len(tree) >= 6  # the server with two workers, the worker, the app, the page of messages
        yield demo
        psutil.wait_procs(tree, timeout=10)
        assert [process for process in tree if process.is_running()] == []
    finally:
        for process in tree:
            if process.is_running():
                process.kill()
        demo.kill()
        demo.communicate()


def _with_visitor(port: int, folder: Path, visit: Callable[[], object]) -> Result:
    """Run a demonstration in this very process, with somebody who visits it once its pages are there."""

    def come() -> None:
        try:
            for step, path in enumerate(("/healthz", "/", "/")):
                _wait_until(lambda step=step, path=path: processes.answers(port + step, path))  # type: ignore[misc]
            visit()
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    already = set(psutil.Process().children(recursive=True))  # such as the tests' own database server
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    visitor = threading.Thread(target=come)
    visitor.start()
    try:
        result = CliRunner().invoke(command, ["demo", "--port", str(port), "--data", str(folder)])
    finally:
        visitor.join()
        for number, handler in before.items():
            signal.signal(number, handler)
    assert set(psutil.Process().children(recursive=True)) - already == set()
    return result


def test_newcomer_signs_in_by_a_code_from_the_terminal_and_ends_all(tmp_path: Path) -> None:
    """First start on an empty folder; Ctrl-C ends it with success."""
    port, told = _three_free_ports(), []

    def sign_in() -> None:
        told.append(_sign_in(port, tmp_path))

    result = _with_visitor(port, tmp_path, sign_in)
    assert result.exit_code == 0, result.output
    assert told, result.output
    for shown in (CAMILLE["identifier"], CAMILLE["password"], f"http://localhost:{port}/", told[0], "Ending."):
        assert shown in result.output


def _sign_in(port: int, folder: Path) -> str:
    """Sign Camille in with password and e-mailed code; returns the line that the terminal has to show."""
    browser = Browser(f"http://localhost:{port}")
    page = browser.open("/")
    page = browser.submit(
        page, page.form(having="identifier"), identifier=CAMILLE["identifier"], password=CAMILLE["password"]
    )
    page = browser.submit(page, page.form(having="method"), method="email")
    _wait_until(lambda: letters.names(folder) and letters.newest(folder)[0].to == CAMILLE["email"])
    letter = letters.newest(folder)[0]
    found = re.search(r"\d{3}\s?\d{3}", letter.subject)
    assert found
    page = browser.submit(page, page.form(having="code"), code=found[0])
    assert page.status == 200
    assert "Camille" in page.text
    assert found[0] in Browser(f"http://localhost:{port + 2}").open("/").text
    return f"e-mail to {letter.to}: {letter.subject}"


def test_newcomer_starts_again_and_finds_everything_as_it_was(port: int, folder: Path) -> None:
    """The same people, the same app with the same secret; a second demonstration beside it is refused in a sentence."""
    secret = next(folder.glob("glycelia-*/client-secret"))
    before = secret.read_text()
    with _demo(port, folder) as demo:
        again = CliRunner().invoke(command, ["demo", "--port", str(port), "--data", str(folder)])
        assert again.exit_code == 1
        assert again.stderr.startswith(f"appairage: Cannot listen on 127.0.0.1:{port}")
        _sign_in_again(port)
        people = _asks_as_the_readme_says(folder, "account list")
        assert [one["identifier"] for one in people] == [one["identifier"] for one in cast.people()]
        assert _asks_as_the_readme_says(folder, "pairing list") == []
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(10) == 0
    assert secret.read_text() == before


def _asks_as_the_readme_says(folder: Path, words: str) -> list[dict[str, str]]:
    """Use the operator's command from a second terminal, with the one setting that the README names."""
    assert "APPAIRAGE_DATA_DIR=data/demo .venv/bin/appairage" in (ROOT / "README.md").read_text(encoding="utf-8")
    environment = {name: text for name, text in os.environ.items() if not name.startswith("APPAIRAGE_")}
    asked = subprocess.run(
        [sys.executable, "-m", "authz.cli", *words.split(), "--json"],
        env=environment | {"APPAIRAGE_DATA_DIR": str(folder)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: list[dict[str, str]] = json.loads(asked.stdout)
    return found


def _sign_in_again(port: int) -> None:
    browser = Browser(f"http://localhost:{port}")
    page = browser.open("/")
    wrong = browser.submit(page, page.form(having="identifier"), identifier=CAMILLE["identifier"], password="no")
    assert wrong.form(having="identifier").has("password")
    right = browser.submit(
        wrong, wrong.form(having="identifier"), identifier=CAMILLE["identifier"], password=CAMILLE["password"]
    )
    assert right.form(having="method").has("method")


def test_demonstration_ends_as_a_whole_when_one_of_it_ends(port: int, folder: Path) -> None:
    """Killed server included: no worker of it goes on by itself."""

    def kill_the_server() -> None:
        server = next(child for child in psutil.Process().children() if "serve" in child.cmdline())
        server.kill()
        _wait_until(lambda: not server.is_running())

    result = _with_visitor(port, folder, kill_the_server)
    assert result.exit_code == 1
    assert "appairage: server has ended by itself (status -9)" in result.stderr


def test_demonstration_that_is_killed_leaves_nothing_behind(port: int, folder: Path) -> None:
    """Not even `kill -9` of the one process that knows the others."""
    with _demo(port, folder) as demo:
        demo.kill()
        demo.wait(10)


def test_newcomer_whose_secret_file_is_gone_gets_a_new_one(port: int, folder: Path) -> None:
    """Killed between the registration and the file, the next start mends it."""
    client_id, secret = prepare(Stage(port, folder))
    before = secret.read_text()
    assert prepare(Stage(port, folder)) == (client_id, secret)
    assert secret.read_text() == before
    secret.unlink()
    assert prepare(Stage(port, folder)) == (client_id, secret)
    assert secret.read_text() not in ("", before)
    assert secret.stat().st_mode & 0o777 == 0o600
