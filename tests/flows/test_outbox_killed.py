"""`kill -9` of the worker at any moment: every message is sent at least once, and none is half-written."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from authz import clock
from authz.notifications import contacts, outbox
from authz.notifications.models import Message
from authz.settings import Settings

ALICE = "a" * 32
KILLS = 20
Unit = Callable[[], AbstractContextManager[Session]]


def _tell(unit: Unit, count: int) -> None:
    with unit():
        for number in range(count):
            outbox.notify(ALICE, "new_document", app="Glycélia", profile=f"Alice {number}", channels=["email"])
            outbox.send_code(ALICE, "email", outbox.Code(f"{number:06d}", 15))


def _let_leases_end(unit: Unit) -> None:
    with unit() as session:
        session.execute(update(Message).where(Message.due_at.is_not(None)).values(due_at=clock.now()))


def _live(program: subprocess.Popen[str], how_far: str) -> str:
    stdin, stdout = program.stdin, program.stdout
    assert stdin is not None
    assert stdout is not None
    return _ask(stdin, stdout, how_far)


def _ask(stdin: IO[str], stdout: IO[str], line: str) -> str:
    stdin.write(line + "\n")
    stdin.flush()
    return stdout.readline().strip()


def test_worker_killed_twenty_times_loses_no_message(unit: Unit, settings: Settings, database_url: str) -> None:
    with unit():
        reach = contacts.Reach(
            "fr", "alice@example.org", email_verified=True, phone="+33612345339", phone_verified=True
        )
        contacts.add(ALICE, reach, now=clock.now())
    chance, fates = random.Random(20), []
    command = [sys.executable, "-m", "tests.flows.dying_worker", database_url, str(settings.data_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        for _ in range(KILLS):
            _tell(unit, 10)
            fates.append(_live(program, f"{chance.randrange(8)} {chance.uniform(0, 0.002):.4f}"))
            _let_leases_end(unit)
        assert _live(program, "on") == "ended 0"
        assert program.stdin
        program.stdin.close()
    with unit() as session:
        rows = session.scalars(select(Message)).all()
        told = {row.id for row in rows if row.sent_at and row.due_at is None and row.failure is None}
        assert len(told) == len(rows) == KILLS * 20
    assert {path.stem for path in _letters(settings.data_dir)} == told
    assert all(json.loads(path.read_text(encoding="utf-8"))["text"] for path in _letters(settings.data_dir))
    assert fates.count("died") >= KILLS // 2, "most died at work"


def _letters(folder: Path) -> list[Path]:
    return [path for sink in ("mail", "sms") for path in (folder / sink).glob("*.json")]
