"""Parts of the demonstration that need no processes: the page of messages, and a tree of small ones."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from authz.cli.demo import letters, sinks, tree


@pytest.fixture
def messages(tmp_path: Path) -> FlaskClient:
    """Give the page of messages over two of them."""
    for folder, name, subject, text in (
        ("mail", "1", "Votre code", "<b>123 456</b>"),
        ("sms", "2", None, "654 321 est votre code"),
    ):
        (tmp_path / folder).mkdir()
        told = {
            "to": "c.moreau@example.org",
            "subject": subject,
            "text": text,
            "created_at": f"2026-01-01T10:00:0{name}Z",
        }
        (tmp_path / folder / f"{name}.json").write_text(json.dumps(told), encoding="utf-8")
    (tmp_path / "sms" / ".3.part").write_text("{", encoding="utf-8")
    return sinks.create_app(tmp_path, 8002, ZoneInfo("Europe/Paris")).test_client()


def test_newcomer_reads_messages_the_newest_first(messages: FlaskClient, tmp_path: Path) -> None:
    """As text, whatever is in them."""
    page = messages.get("/", base_url="http://localhost:8002")
    assert page.status_code == 200
    assert page.text.index("654 321") < page.text.index("123 456")
    assert "&lt;b&gt;" in page.text
    assert ">11:00:02</time>" in page.text, "on the clock of the space, as its pages"
    assert page.headers["Refresh"] == "2"
    assert "script" not in page.headers["Content-Security-Policy"]
    assert [letter.kind for letter in letters.newest(tmp_path)] == ["SMS", "e-mail"]


def test_page_of_messages_speaks_the_browsers_language(tmp_path: Path) -> None:
    """French, or English for who prefers it."""
    client = sinks.create_app(tmp_path, 8002, ZoneInfo("Europe/Paris")).test_client()
    french, english = (
        client.get("/", base_url="http://127.0.0.1:8002", headers={"Accept-Language": lang}).text
        for lang in ("de", "en")
    )
    assert 'lang="fr"' in french
    assert "Aucun message" in french
    assert "No message yet" in english


def test_other_site_cannot_read_messages_by_its_own_name(messages: FlaskClient) -> None:
    """A name of theirs that leads to this machine (DNS rebinding) is refused."""
    assert messages.get("/", base_url="http://evil.example:8002").status_code == 403


def test_tree_is_ended_to_the_last_leaf(tmp_path: Path) -> None:
    """A process that does not stop when asked is killed, and so is the child it left behind."""
    script = tmp_path / "stubborn.py"
    script.write_text(
        "import os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = os.fork()\nprint(os.getpid(), flush=True)\nif child:\n    time.sleep(600)\ntime.sleep(600)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    stubborn = tree.start("stubborn", ["stubborn"], environment=environment, logs=tmp_path / "logs")
    while len(stubborn.log.read_text().split()) < 2:
        assert tree.find_ended([stubborn]) is None
        os.sched_yield()
    pids = [int(word) for word in tree.last_words(stubborn).split()]
    tree.end_all([stubborn], patience=0.3)
    assert stubborn.process.returncode == -signal.SIGKILL
    assert tree.find_ended([stubborn]) == stubborn
    deadline = time.monotonic() + 10  # the kernel takes a moment over a process that nobody waits for
    while any(_is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline, "a leaf lives on"
        os.sched_yield()


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
