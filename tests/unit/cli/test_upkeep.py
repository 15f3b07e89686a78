"""What runs by itself or by night: check, worker, journal, purge, backup."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import stat
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from authz import db
from authz.cli import purging, working
from authz.cli.composition import application, mendable
from authz.notifications import texting
from authz.settings import Settings
from tests.unit.cli.conftest import PERSON, Operator


def test_operator_checks_a_fit_server(olga: Operator) -> None:
    """Each thing by its name."""
    report = olga.asks("check")
    assert report["fit"] is True
    assert report["issuer"] == "http://localhost:8000"
    assert report["database"] == f"sqlite:///{olga.folder / 'data' / 'appairage.db'}"
    assert [check["name"] for check in report["checks"] if check["is_fit"]] == [
        "settings", "mail", "sms", "budgets", "database", "migrations", "keys", "text messages",
    ]  # fmt: skip


def test_operator_reads_which_cap_on_text_messages_is_nearly_reached(olga: Operator) -> None:
    """It is no reason not to start: an attack must not keep a server down."""
    olga.environment |= {"APPAIRAGE_SMS_RANGES": "+336=1", "APPAIRAGE_SMS_DAY": "100"}
    with application(Settings.load(olga.environment)), db.unit_of_work():
        texting.spend("+33639980001")
    report = olga.asks("check")
    assert report["fit"] is True
    assert report["checks"][-1]["problem"] == "0 of 1 left this hour for +336"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"mail_url": "http://mail.example"}, "mail: APPAIRAGE_MAIL_URL must be"),
        ({"mail_url": "smtp://"}, "mail: APPAIRAGE_MAIL_URL must be"),
        ({"sms_ranges": "+336,0700"}, "sms: APPAIRAGE_SMS_RANGES: each must be"),
        ({"sms_url": "twilio://sid@+33"}, "sms: APPAIRAGE_SMS_URL must be"),
        ({"sms_url": "twilio://sid:token@+33?base=ftp://x"}, "base must be an http(s) address"),
        ({"issuer": "https://space.example"}, "mail: APPAIRAGE_MAIL_URL is needed over https"),
        ({"issuer": "https://space.example", "mail_url": "file:x"}, "sms: APPAIRAGE_SMS_URL is needed over https"),
        ({"redis_url": "http://redis"}, "budgets: APPAIRAGE_REDIS_URL must be"),
        ({"issuer": "ftp://x"}, "settings: APPAIRAGE_ISSUER"),
        ({"secret_key": "another-secret-key-of-enough-characters"}, "keys: APPAIRAGE_SECRET_KEY does not open"),
        ({"database_url": "sqlite:////nowhere/at/all.db"}, "database: There is no database at /nowhere/at/all.db"),
        ({"secret_key": "", "data_dir": "/proc/nowhere", "database_url": "sqlite://"}, "database: There is no key at"),
    ],
)
def test_operator_checks_an_unfit_server_and_is_told_what_is_wrong(
    olga: Operator, settings: dict[str, str], said: str
) -> None:
    """The server does not start on it either."""
    assert said in olga.is_refused("check", **settings)
    result = olga.types("check", "--json", **settings)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["fit"] is False
    assert said in olga.is_refused("serve", **settings)


def test_check_says_which_server_it_is_about_and_no_secret(olga: Operator) -> None:
    """Half of what goes wrong is the settings of another server."""
    url = "postgresql+psycopg://keeper:s3cret-1@127.0.0.1:1/space?password=s3cret-2&sslmode=require"
    told = olga.types("check", issuer="https://space.example", database_url=url)
    assert told.exit_code == 1
    assert "issuer: https://space.example\n" in told.stdout
    assert "database: postgresql+psycopg://keeper@127.0.0.1:1/space\n" in told.stdout
    assert "s3cret" not in told.output
    assert "issuer:" not in olga.types("check", issuer="ftp://x").stdout


@pytest.mark.parametrize(
    "words",
    [
        "check", "serve", "worker --once", "client list", "client show x", "client suspend x", "account list",
        "account show x", "pairing list", "pairing show x", "keys list", "audit verify", "audit export", "purge",
        "backup copy.db",
    ],
)  # fmt: skip
@pytest.mark.parametrize("key", ["", "for-tests-only-" + "0123456789" * 3])
def test_operator_in_the_wrong_folder_is_told_and_leaves_nothing_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, words: str, key: str
) -> None:
    """No empty database, and no key that would then be taken for the right one."""
    monkeypatch.chdir(tmp_path)
    lost = Operator(tmp_path, {"APPAIRAGE_DATA_DIR": "data", "APPAIRAGE_SECRET_KEY": key})
    assert f"There is no database at {tmp_path / 'data' / 'appairage.db'}" in lost.is_refused(*words.split())
    assert list(tmp_path.iterdir()) == []


def test_database_without_its_key_is_not_given_another(olga: Operator) -> None:
    """A new key would open nothing of what is sealed, and be kept."""
    data = olga.folder / "data"
    before = sorted(path.name for path in data.iterdir())
    assert f"There is no key at {data / 'secret.key'}" in olga.is_refused("account", "list", secret_key="")
    assert sorted(path.name for path in data.iterdir()) == before


@pytest.mark.parametrize("mail", ["smtps://user:word@mail.example", "smtp://127.0.0.1:25"])
def test_operator_checks_channels_that_are_named_well(olga: Operator, mail: str) -> None:
    """Whether they answer is found when a message is due."""
    told = olga.types("check", mail_url=mail, sms_url="twilio://sid:token@+33600000000", redis_url="redis://127.0.0.1")
    assert told.exit_code == 0


def test_worker_does_what_is_due_and_ends(with_alice: Operator) -> None:
    """`--once`: the journal is chained, nothing is left."""
    assert with_alice.asks("audit", "verify")["chained"] == 0
    assert with_alice.asks("worker", "--once") == {"handled": 0}
    verified = with_alice.asks("audit", "verify")
    assert verified["whole"] is True
    assert verified["chained"] >= 2
    assert verified["not_yet_chained"] == 0


def test_auditor_finds_a_row_that_was_changed(with_alice: Operator) -> None:
    """Whoever writes into the database by another way breaks the chain."""
    with_alice.does("worker", "--once")
    with closing(sqlite3.connect(with_alice.folder / "data" / "appairage.db")) as connection, connection:
        connection.execute("UPDATE activity SET client_id = 'x' WHERE tag = 'client:add'")
    result = with_alice.types("audit", "verify", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["whole"] is False
    assert found["first_broken"] in result.stderr
    assert found["first_broken"] in with_alice.is_refused("audit", "verify")


def test_auditor_takes_the_journal_home(with_alice: Operator) -> None:
    """One JSON object a line, on the terminal or in a new file."""
    lines = [json.loads(line) for line in with_alice.does("audit", "export").splitlines()]
    assert {"account:add", "client:add", "catalogue:put"} <= {line["tag"] for line in lines}
    file = with_alice.folder / "journal.jsonl"
    assert with_alice.does("audit", "export", "--out", str(file)) == ""
    assert [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] == lines
    assert "File exists" in with_alice.is_refused("audit", "export", "--out", str(file))


def test_purge_names_what_it_forgot(olga: Operator) -> None:
    """Every package's, those above this one too."""
    counts = olga.asks("purge")
    assert {"one_time_codes", "budgets", "messages", "tokens", "interactions", "signing_keys", "records"} <= set(counts)
    assert set(counts.values()) == {0}


def test_purge_of_those_above_goes_on_until_nothing_is_left(olga: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data due for erasure goes in parts, whatever the size of a part."""
    for name, value in olga.environment.items():
        monkeypatch.setenv(name, value)
    left = [3, 2, 1, 0]
    with application() as app:
        app.extensions[purging.UPKEEP] = {"parts": lambda: {"rows": left.pop(0)}}
        assert purging.purge_all()["rows"] == 6
    assert left == []


def test_every_purge_there_is_is_run(olga: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever adds a table that grows adds its purge, and this finds one that nobody calls."""
    for name, value in olga.environment.items():
        monkeypatch.setenv(name, value)
    run: set[CodeType] = set()
    with application():
        sys.setprofile(lambda frame, event, _: run.add(frame.f_code) if event == "call" else None)
        try:
            purging.purge_all()
        finally:
            sys.setprofile(None)
    modules = [module for name, module in sys.modules.items() if name.startswith(("authz.", "connectors."))]
    purges = [vars(module)["purge"] for module in modules if isinstance(vars(module).get("purge"), FunctionType)]
    assert len(purges) > 10
    assert [purge.__module__ for purge in purges if purge.__code__ not in run] == []


def test_worker_works_in_the_foreground_until_told_to_stop(with_alice: Operator) -> None:
    """Its signals are those of whoever started it."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop_when_chained() -> None:
        while not _count_chained(with_alice):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    stopper = threading.Thread(target=stop_when_chained)
    stopper.start()
    result = with_alice.types("worker", log_level="DEBUG")
    stopper.join()
    for number, handler in before.items():
        signal.signal(number, handler)
    assert result.exit_code == 0
    assert result.stdout == ""


def test_worker_leaves_the_journal_to_another_that_is_at_it(
    make_operator: Callable[..., Operator], cluster: Any
) -> None:
    """Two that number the same rows would meet at the unique index."""
    url = cluster.create("chaining")
    operator = make_operator(database_url=url)
    operator.does("migrate")
    operator.does("account", "add", "--from", "-", given=json.dumps(PERSON))
    engine = create_engine(url)
    with engine.begin() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": working.CHAIN_LOCK})
        operator.does("worker", "--once")
        assert operator.asks("audit", "verify")["chained"] == 0
    engine.dispose()
    operator.does("worker", "--once")
    assert operator.asks("audit", "verify")["not_yet_chained"] == 0


def test_fault_of_the_program_is_not_told_as_an_operators_mistake() -> None:
    """A broken constraint is a traceback for us, not a sentence for them."""
    with pytest.raises(IntegrityError), mendable():
        raise IntegrityError("INSERT", {}, Exception("UNIQUE constraint failed"))


def _count_chained(operator: Operator) -> int:
    with closing(sqlite3.connect(operator.folder / "data" / "appairage.db")) as connection:
        return int(connection.execute("SELECT count(seq) FROM activity").fetchone()[0])


def test_operator_backs_up_a_database_in_use(with_alice: Operator) -> None:
    """A copy that works, for the owner's eyes only, and never over another file."""
    file = with_alice.folder / "copy.db"
    told = with_alice.asks("backup", str(file))
    assert told["bytes"] == file.stat().st_size
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "exists already" in with_alice.is_refused("backup", str(file))
    shutil.rmtree(with_alice.folder / "data")
    (with_alice.folder / "data").mkdir()
    file.rename(with_alice.folder / "data" / "appairage.db")
    assert [person["identifier"] for person in with_alice.asks("account", "list")] == ["alice.martin"]


def test_operator_backs_up_to_a_place_that_is_not_there_and_is_told(olga: Operator) -> None:
    """And nothing is left behind."""
    assert "No such file" in olga.is_refused("backup", str(olga.folder / "missing" / "copy.db"))


def test_operator_backs_up_postgresql_with_its_own_program(
    make_operator: Callable[..., Operator], cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pg_dump where it is on PATH, a sentence where it is not, or when it refuses."""
    operator = make_operator(database_url=cluster.create("saving"))
    operator.does("migrate")
    file = operator.folder / "copy.dump"
    operator.does("backup", str(file))
    assert file.read_bytes().startswith(b"PGDMP")
    _put_on_path(operator.folder, monkeypatch, "echo 'pg_dump: error: no' >&2; exit 1")
    assert operator.is_refused("backup", str(file) + "2") == "pg_dump refused: pg_dump: error: no"
    monkeypatch.setenv("PATH", str(operator.folder))
    (operator.folder / "pg_dump").unlink()
    assert "pg_dump is not on PATH" in operator.is_refused("backup", str(file) + "2")
    assert [path.name for path in operator.folder.glob("copy*")] == ["copy.dump"]


def _put_on_path(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "pg_dump"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
