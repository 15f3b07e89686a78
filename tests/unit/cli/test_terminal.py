"""The command before any verb has done its work: help, typing mistakes, unfit files, settings and databases."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from authz.cli import VERBS
from tests.unit.cli.conftest import Operator


def test_operator_asks_for_help_and_sees_every_verb(olga: Operator) -> None:
    """The connectors' verb among them, though this package does not know them."""
    shown = olga.does("--help")
    assert [name for name in (*VERBS, "cgm") if f"\n  {name} " not in shown] == []


@pytest.mark.parametrize("verb", [*VERBS, "cgm"])
def test_operator_asks_how_a_verb_is_used_and_is_told(olga: Operator, verb: str) -> None:
    """Each verb loads and explains itself."""
    assert olga.does(verb, "--help").startswith(f"Usage: appairage {verb}".replace("appairage", "command"))


def test_help_loads_nothing_heavy() -> None:
    """What `--help` imports is what one waits for."""
    program = (
        "import sys\nfrom authz.cli import main\nsys.argv = ['appairage', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(*sorted({'flask', 'sqlalchemy', 'authlib', 'alembic', 'granian'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "demo" in done.stdout
    assert done.stderr == "\n"


@pytest.mark.parametrize(
    "words",
    [
        ["nope"],
        ["client", "nope"],
        ["client", "add"],
        ["client", "show"],
        ["pairing", "end", "x", "--afterwards", "burn"],
        ["serve", "--bind", "8000"],
        ["serve", "--bind", "localhost:http"],
        ["serve", "--workers", "0"],
        ["demo", "--port", "65535"],
        ["worker", "--twice"],
    ],
    ids=" ".join,
)
def test_operator_mistypes_and_is_told_the_usage(olga: Operator, words: list[str]) -> None:
    """Exit status 2, and nothing was done."""
    result = olga.types(*words)
    assert result.exit_code == 2
    assert "Usage" in result.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[]", "does not hold a JSON object"),
        ('{"a": NaN}', "NaN is no JSON value"),
        ('{"a": ' + "[" * 100_000, "nested too deeply"),
    ],
    ids=["empty", "cut", "list", "nan", "deep"],
)
def test_operator_gives_an_unfit_file_and_is_told_why(olga: Operator, content: str, said: str) -> None:
    """One sentence that names the file."""
    path = olga.writes("unfit.json", content)
    for verb in ("client", "account"):
        sentence = olga.is_refused(verb, "add", "--from", path)
        assert said in sentence
        assert path in sentence


def test_operator_gives_a_file_that_is_not_text_and_is_told(olga: Operator) -> None:
    """Not UTF-8, or not there, or a folder."""
    (olga.folder / "latin").write_bytes(b'{"name": "L\xe9o"}')
    assert "is not UTF-8" in olga.is_refused("client", "add", "--from", str(olga.folder / "latin"))
    assert "No such file" in olga.is_refused("client", "add", "--from", str(olga.folder / "missing"))
    assert "Is a directory" in olga.is_refused("client", "add", "--from", str(olga.folder))


def test_operator_gives_a_file_with_a_byte_order_mark_and_it_is_read(olga: Operator) -> None:
    """As some editors write it."""
    (olga.folder / "bom.json").write_bytes(b"\xef\xbb\xbf[]")
    assert "does not hold" in olga.is_refused("client", "add", "--from", str(olga.folder / "bom.json"))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+psycopg://appairage@127.0.0.1:1/x", "Connection refused"),
        ("sqlite:////nowhere/at/all.db", "unable to open database file"),
        ("zork", "not the address of a database"),
        ("oracle://x/y", "not the address of a database"),
        ("zork://x/y", "not the address of a database"),
    ],
)
def test_operator_names_an_unusable_database_and_is_told(
    make_operator: Callable[..., Operator], url: str, said: str
) -> None:
    """Every verb says so in a sentence."""
    operator = make_operator(database_url=url)
    assert said in operator.is_refused("migrate")
    said = "There is no database at /nowhere/at/all.db" if "nowhere" in url else said
    for words in (["client", "list"], ["worker", "--once"], ["purge"], ["check"], ["audit", "verify"]):
        assert said in operator.is_refused(*words)


def test_operator_points_at_a_file_that_is_no_database_and_is_told(make_operator: Callable[..., Operator]) -> None:
    """And the file stays what it was."""
    operator = make_operator()
    path = Path(operator.writes("notes.txt", "these are my notes, and no database at all\n" * 200))
    before = path.read_bytes()
    sentence = operator.is_refused("client", "list", database_url=f"sqlite:///{path}")
    assert sentence == "The database file is not a database."
    assert path.read_bytes() == before


def test_operator_forgets_to_migrate_and_is_told(make_operator: Callable[..., Operator]) -> None:
    """Nothing works on an empty database, and everything says what to do."""
    operator = make_operator()
    (operator.folder / "data").mkdir()
    for words in (["account", "list"], ["keys", "list"], ["worker", "--once"], ["purge"], ["serve"]):
        assert "run `appairage migrate`" in operator.is_refused(*words)


def test_operator_has_bad_settings_and_is_told_all_of_them(olga: Operator) -> None:
    """Every problem in the one sentence."""
    sentence = olga.is_refused(
        "client", "list", issuer="http://space.example/", session_hours="many", secret_key="short"
    )
    for name in ("ISSUER: must be https", "ISSUER: must not end", "SESSION_HOURS", "SECRET_KEY"):
        assert f"APPAIRAGE_{name}" in sentence
