"""`appairage account import`: a register becomes spaces that wait, and codes on their way."""

from __future__ import annotations

import csv
import json
import re
import stat
from pathlib import Path
from typing import Any

from tests.clock import Clock
from tests.registers import nir_of, person
from tests.unit.cli.conftest import Operator

CODE = re.compile(r"[B-Z2-9]{4}-[B-Z2-9]{4}-[B-Z2-9]{4}")
CHILD = person(9, birthdate="2017-09-02", card_serial="", representative_nir=nir_of(1), given_name="Zoé <b>")


def register(olga: Operator, *people: dict[str, Any]) -> str:
    """Write a register as JSON lines."""
    return olga.writes("register.jsonl", "\n".join(map(json.dumps, people)))


def codes_in(olga: Operator) -> list[str]:
    """Read every code that waits to be printed."""
    files = sorted((olga.folder / "data" / "letters").glob("*.html"))
    return [code for path in files for code in CODE.findall(path.read_text(encoding="utf-8"))]


def test_operator_imports_a_register_and_prints_its_letters(olga: Operator) -> None:
    found = olga.asks("account", "import", register(olga, person(1, address="1 rue|69000 Lyon"), person(2), CHILD))
    assert (found["lines"], found["prepared"], found["refused"], found["letters"]) == (3, 3, 0, 3)
    [path] = map(Path, found["files"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text(encoding="utf-8")
    assert "Jeanne1 Lefèvre\n1 rue\n69000 Lyon" in text
    assert "Aux représentants légaux de Zoé &lt;b&gt; Lefèvre" in text
    assert "<b>" not in text
    assert "/activate" in text
    assert "/home/family/activate" in text
    assert len(set(codes_in(olga))) == 3
    assert not list(path.parent.glob("*.part"))


def test_importing_again_makes_and_prints_nothing_twice(olga: Operator) -> None:
    path = register(olga, person(1), person(2), person(2))
    assert olga.asks("account", "import", path)["prepared"] == 2
    again = olga.asks("account", "import", register(olga, person(1), person(2), person(3)))
    assert (again["prepared"], again["known"], again["letters"]) == (1, 2, 1)
    assert len(codes_in(olga)) == 3


def test_operator_gives_new_codes_to_those_who_wait(olga: Operator, clock: Clock) -> None:
    path = register(olga, person(1))
    olga.does("account", "import", path)
    assert olga.asks("account", "import", path, "--renew")["renewed"] == 0, "printed today"
    clock.advance(weeks=5)
    assert olga.asks("account", "import", path)["renewed"] == 0
    renewed = olga.asks("account", "import", path, "--renew")
    assert (renewed["renewed"], renewed["prepared"], renewed["known"], renewed["letters"]) == (1, 0, 0, 1)
    assert len(set(codes_in(olga))) == 2


def test_codes_go_by_email_and_are_wiped_once_sent(olga: Operator) -> None:
    people = [person(1), person(2, email=""), person(3, lang="en")]
    found = olga.asks("account", "import", register(olga, *people), "--by", "email")
    assert (found["prepared"], found["refused"], found["emails"], found["files"]) == (2, 1, 2, [])
    olga.does("worker", "--once")
    mails = [json.loads(path.read_text("utf-8")) for path in (olga.folder / "data" / "mail").glob("*.json")]
    assert {mail["to"] for mail in mails} == {"jeanne1@example.org", "jeanne3@example.org"}
    assert all(CODE.search(mail["text"]) for mail in mails)
    assert {"prêt" in mail["subject"] for mail in mails} == {True, False}
    import sqlite3

    with sqlite3.connect(olga.folder / "data" / "appairage.db") as connection:
        kept = connection.execute("SELECT params_sealed, sent_at FROM message").fetchall()
    connection.close()
    assert [(sealed, bool(sent)) for sealed, sent in kept] == [(None, True)] * 2


def test_refused_lines_are_told_by_number_and_rule_and_nothing_else(olga: Operator) -> None:
    bad = person(2, nir=nir_of(2)[:13] + "00")
    report = str(olga.folder / "refused.csv")
    path = register(olga, person(1), bad, person(3, birthdate="yesterday"))
    result = olga.types("account", "import", path, "--report", report, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["refused"] == 2
    rows = list(csv.reader(Path(report).read_text("utf-8").splitlines()))
    assert [row[:2] for row in rows] == [["line", "rule"], ["2", "nir_key"], ["3", "birthdate"]]
    told = result.stderr + Path(report).read_text("utf-8")
    assert not any(text in told for text in ("Jeanne", "Lef", nir_of(2)[:13], "yesterday", "@"))


def test_many_refused_lines_do_not_fill_the_terminal(olga: Operator) -> None:
    result = olga.types("account", "import", "-", given="nir,given_name\n" + "1,x\n" * 30)
    assert result.stderr.count("line ") == 20
    assert "--report" in result.stderr
    assert "refused   30" in result.stdout


def test_a_table_of_a_spreadsheet_is_a_register(olga: Operator) -> None:
    one, two = person(1), person(2)
    text = "\ufeff" + ";".join(one) + "\r\n" + ";".join(map(str, one.values())) + "\r\n"
    path = olga.folder / "register.csv"
    path.write_bytes(text.encode() + ";".join(map(str, two.values())).encode("latin-1"))
    found = olga.asks("account", "import", str(path))
    assert (found["prepared"], found["refused"]) == (1, 1), "what is not UTF-8 is refused, not guessed"


def test_progress_is_said_while_a_long_register_is_read(olga: Operator) -> None:
    text = "\n".join(json.dumps(person(number)) for number in range(5001))
    result = olga.types("account", "import", "-", given=text)
    assert "5000 lines read, 5000 spaces prepared, 0 refused" in result.stderr
    assert "files     11 in " in result.stdout


def test_letters_left_by_a_full_disk_are_made_by_the_next_import(olga: Operator, clock: Clock) -> None:
    (olga.folder / "data" / "letters").write_text("in the way")
    found = olga.asks("account", "import", register(olga, person(1)))
    assert (found["prepared"], found["letters"], found["files"]) == (1, 1, [])
    (olga.folder / "data" / "letters").unlink()
    clock.advance(minutes=1)
    found = olga.asks("account", "import", register(olga, person(1)))
    assert (found["prepared"], len(found["files"])) == (0, 1)
    assert len(codes_in(olga)) == 1


def test_a_register_that_is_not_there_is_told(olga: Operator) -> None:
    assert "No such file" in olga.is_refused("account", "import", str(olga.folder / "none.csv"))
