"""Starting Glycélia: options, environment, and one sentence when that is not enough."""

from __future__ import annotations

import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

from connectors.kit import Misconfigured, doors
from connectors.sample_app import __main__ as running
from connectors.sample_app import config


def test_environment_is_enough_to_start(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s\n")
    environ = {"GLYCELIA_CLIENT_ID": "glycelia", "GLYCELIA_CLIENT_SECRET_FILE": str(tmp_path / "secret")}
    chosen = config.load(["--port", "8101"], environ)
    assert (chosen.client_id, chosen.client_secret, chosen.port) == ("glycelia", "s", 8101)
    assert chosen.redirect_uri == "http://localhost:8101/callback"
    assert config.load([], {"GLYCELIA_CLIENT_ID": "public"}).client_secret == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "client_id is needed"),
        (["--client-id", "x", "--port", "many"], "port must be a number"),
        (["--client-id", "x", "--port", "70000"], "port must be a number"),
        (["--client-id", "x", "--issuer", "http://space.example"], "issuer must be an https address"),
        (["--client-id", "x", "--public-url", "http://app.example"], "public address must be"),
        (["--client-id", "x", "--public-url", "https://app.example?x"], "no query"),
        (["--client-id", "x", "--client-secret-file", "nowhere"], "cannot be read"),
        (["--client-id", "x", "--client-secret-file", "/dev/null"], "is empty"),
    ],
)
def test_unclear_start_is_refused_in_one_sentence(arguments: list[str], sentence: str) -> None:
    with pytest.raises(Misconfigured, match=sentence):
        config.load(arguments, {})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def started(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "connectors.sample_app", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))


def test_process_serves_and_stops_when_told(tmp_path: Path) -> None:
    port = free_port()
    with started("--client-id", "x", "--port", str(port), "--data", str(tmp_path)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"Glycélia: http://localhost:{port}/\n"
        assert "Glycélia" in requests.get(f"http://127.0.0.1:{port}/", timeout=5).text
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        ([], 2, "glycelia: A client_id is needed: give --client-id or GLYCELIA_CLIENT_ID.\n"),
        (["--client-id", "x"], 1, "glycelia: cannot start: Not a directory.\n"),
    ],
)
def test_start_that_fails_says_why_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    arguments: list[str],
    status: int,
    complaint: str,
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(sys, "argv", ["glycelia", *arguments, "--data", str(tmp_path / "file" / "below")])
    assert running.main() == status
    assert capsys.readouterr().err == complaint


def test_module_runs_by_its_name(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["glycelia", "--port", "x"])
    monkeypatch.delitem(sys.modules, "connectors.sample_app.__main__")
    with pytest.raises(SystemExit) as stopped:
        runpy.run_module("connectors.sample_app", run_name="__main__")
    assert stopped.value.code == 2
    assert "port must be a number" in capsys.readouterr().err


def test_served_app_stops_when_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = str(free_port())
    monkeypatch.setattr(sys, "argv", ["glycelia", "--client-id", "x", "--port", port, "--data", str(tmp_path)])
    asked = threading.Thread(target=ask_and_stop, args=(port,))
    former = signal.getsignal(signal.SIGTERM)
    asked.start()
    assert running.main() == 0
    signal.signal(signal.SIGTERM, former)
    asked.join(10)


def ask_and_stop(port: str) -> None:
    """Wait until it answers, then tell this very process to stop."""
    for _ in range(200):
        try:
            requests.get(f"http://127.0.0.1:{port}/", timeout=5)
            break
        except requests.ConnectionError:
            doors.pause(0.02)
    os.kill(os.getpid(), signal.SIGTERM)
