"""Server and worker as real processes: they start when fit, refuse a taken address, and stop without a loss."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks import processes
from tests.unit.cli.conftest import PERSON, Operator

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(olga: Operator) -> Iterator[Start]:
    """Start a command of Olga's as a process; whatever becomes of it, it is ended."""
    started: list[subprocess.Popen[str]] = []

    def run(*words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "authz.cli", *words]
        environment = os.environ | olga.environment
        started.append(subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


def _serve(start: Start) -> tuple[subprocess.Popen[str], int]:
    port = processes.free_port()
    server = start("serve", "--bind", f"127.0.0.1:{port}", "--workers", "2")
    _wait_until(lambda: processes.answers(port, "/readyz"))
    return server, port


def _wait_until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.02)


def test_server_told_to_stop_answers_what_it_has_begun(start: Start) -> None:
    """A request that is half there when SIGTERM comes is answered; then the process ends with success."""
    server, port = _serve(start)
    body = b"grant_type=client_credentials"
    head = f"POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n"
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100 "), "the application asks for the body: it has begun"
        connection.sendall(body[:5])
        server.send_signal(signal.SIGTERM)
        events = list(_events_until(server, "Shutting down"))
        connection.sendall(body[5:])
        assert connection.recv(100).startswith(b"HTTP/1.1 401 ")
    assert server.wait(20) == 0
    assert f"Listening at: http://127.0.0.1:{port}" in events


def _events_until(server: subprocess.Popen[str], wanted: str) -> Iterator[str]:
    """Read what a server logs up to the event that begins like this."""
    assert server.stderr is not None
    for line in server.stderr:
        event = str(json.loads(line)["event"])
        yield event
        if event.startswith(wanted):
            return
    raise AssertionError(f"it ended without {wanted}")


def test_server_refuses_an_address_that_is_taken(start: Start, olga: Operator) -> None:
    """Two servers on one port would share its requests without a word."""
    _, port = _serve(start)
    sentence = olga.is_refused("serve", "--bind", f"127.0.0.1:{port}")
    assert sentence == f"Cannot listen on 127.0.0.1:{port}: Address already in use."
    assert "Cannot listen on 192.0.2.1:8000" in olga.is_refused("serve", "--bind", "192.0.2.1:8000")


def test_server_that_is_killed_takes_its_processes_with_it(start: Start) -> None:
    """Nobody goes on answering by himself, and the address is free."""
    server, port = _serve(start)
    tree = psutil.Process(server.pid).children(recursive=True)
    assert len(tree) >= 2
    server.kill()
    psutil.wait_procs(tree, timeout=20)
    assert [process for process in tree if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
    assert not processes.answers(port, "/healthz")


@pytest.mark.parametrize("milliseconds", [0, 30, 80, 150])
def test_server_that_is_killed_while_it_starts_leaves_nobody_behind(start: Start, milliseconds: int) -> None:
    """A process that has just been forked, and does not listen yet, ends too."""
    port = processes.free_port()
    server = start("serve", "--bind", f"127.0.0.1:{port}", "--workers", "2")
    _wait_until(lambda: len(_processes_on(port)) > 1)
    time.sleep(milliseconds / 1000)
    server.kill()
    server.wait(10)
    _wait_until(lambda: not _processes_on(port))


def _processes_on(port: int) -> list[psutil.Process]:
    """Return the processes of a server, those it has forked included: they show its command line."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        if f"127.0.0.1:{port}" in (process.info["cmdline"] or []) and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_worker_works_until_told_to_stop(start: Start, olga: Operator, number: signal.Signals) -> None:
    """What is written meanwhile is chained; then it ends with success."""
    worker = start("worker")
    olga.does("account", "add", "--from", "-", given=json.dumps(PERSON))
    _wait_until(lambda: olga.asks("audit", "verify")["chained"])
    worker.send_signal(number)
    assert worker.wait(20) == 0
    assert worker.stderr is not None
    assert "fault" not in worker.stderr.read()


def test_two_processes_of_a_new_space_agree_on_one_secret_key(olga: Operator, tmp_path: Path) -> None:
    """Made once, for the owner alone, whoever comes first."""
    environment = {"PATH": os.environ["PATH"], "APPAIRAGE_DATA_DIR": str(tmp_path / "new")}
    command = [sys.executable, "-m", "authz.cli", "migrate"]
    running = [subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(60) for process in running] == [0, 0]
    assert (tmp_path / "new" / "secret.key").stat().st_mode & 0o777 == 0o600
    assert olga.types("check", data_dir=str(tmp_path / "new"), secret_key="").exit_code == 0
