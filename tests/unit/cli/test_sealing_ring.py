"""The operator renews the secrets that seal: shown by name, put in front, let go when nothing needs them."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from authz.ring import Secret
from tests.clock import Clock
from tests.unit.cli.conftest import PERSON, SECRET, Operator


@pytest.fixture
def keeper(make_operator: Callable[..., Operator], olga: Operator) -> Operator:
    """Give Olga when she keeps the ring in a file, with Alice's account sealed by its only secret."""
    path = olga.folder / "ring"
    path.write_text(SECRET + "\n", encoding="ascii")
    keeper = Operator(olga.folder, olga.environment | {"APPAIRAGE_SECRET_KEY_FILE": str(path)})
    del keeper.environment["APPAIRAGE_SECRET_KEY"]
    keeper.does("account", "add", "--from", "-", given=json.dumps(PERSON))
    return keeper


def _states(operator: Operator) -> dict[str, str]:
    return {row["name"]: row["state"] for row in operator.asks("keys", "sealing", "list")}


def test_operator_replaces_a_secret_from_end_to_end(keeper: Operator, clock: Clock) -> None:
    """Published first, then used, then the worker, then the old one goes; nothing is ever unreadable."""
    old = Secret(SECRET).name
    assert _states(keeper) == {old: "seals"}
    path = keeper.folder / "ring"
    new = keeper.asks("keys", "sealing", "rotate")["name"]
    assert _states(keeper) == {new: "next", old: "seals"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "seals now, or will" in keeper.is_refused("keys", "sealing", "drop", new)
    clock.advance(seconds=11)
    assert _states(keeper) == {new: "seals", old: "opens"}
    assert "values are still sealed with it" in keeper.is_refused("keys", "sealing", "drop", old)
    keeper.does("worker", "--once")
    rows = {row["name"]: row["values"] for row in keeper.asks("keys", "sealing", "list")}
    assert rows[old] == 0 < rows[new]
    assert "hold cookies of it until" in keeper.is_refused("keys", "sealing", "drop", old)
    clock.advance(hours=12)
    assert keeper.asks("keys", "sealing", "drop", old) == {"name": old, "state": "dropped"}
    assert _states(keeper) == {new: "seals"}
    assert SECRET not in path.read_text(encoding="ascii")
    assert keeper.asks("account", "show", str(PERSON["identifier"]))["email_masked"]
    assert keeper.asks("check")["fit"] is True


def test_operator_sees_no_secret_and_is_told_of_one_that_is_missing(keeper: Operator) -> None:
    path = keeper.folder / "ring"
    new = keeper.asks("keys", "sealing", "rotate", "--after", "0")["name"]
    keeper.does("worker", "--once")
    kept = path.read_text(encoding="ascii")
    shown = keeper.does("keys", "sealing", "list") + keeper.does("keys", "sealing", "list", "--json")
    assert not any(line.partition(" ")[0] in shown for line in kept.splitlines())
    path.write_text(SECRET + "\n", encoding="ascii")
    assert _states(keeper)[new] == "missing"


def test_operator_whose_ring_is_the_setting_is_told_what_to_do(olga: Operator) -> None:
    """The order matters: every node knows a secret before any seals with it."""
    told = olga.asks("keys", "sealing", "rotate")
    assert len(told["secret"]) >= 32
    assert "end" in told["first"]
    assert "front" in told["then"]
    both = f"{told['secret']},{SECRET}"
    assert "values are still sealed" in olga.is_refused("keys", "sealing", "drop", Secret(SECRET).name, secret_key=both)
    assert olga.types("worker", "--once", secret_key=both).exit_code == 0
    done = olga.types("keys", "sealing", "drop", Secret(SECRET).name, "--json", secret_key=both)
    assert "Take it out" in json.loads(done.stdout)["do"]
    assert olga.types("check", secret_key=told["secret"]).exit_code == 0
    assert "seals now" in olga.is_refused("keys", "sealing", "drop", Secret(SECRET).name)


@pytest.mark.parametrize("text", ["", "short\n"])
def test_operator_is_told_of_a_file_that_holds_no_secret(keeper: Operator, text: str) -> None:
    (keeper.folder / "ring").write_text(text, encoding="ascii")
    assert "APPAIRAGE_SECRET_KEY" in keeper.is_refused("keys", "sealing", "list")


def test_operator_names_a_secret_that_is_not_there(keeper: Operator) -> None:
    assert "No secret of the ring has this name" in keeper.is_refused("keys", "sealing", "drop", "abcdef01")


def test_restored_backup_opens_with_the_secret_of_its_day(keeper: Operator, tmp_path: Path) -> None:
    """An old copy needs the old secret, behind the new one; the worker brings it up."""
    copy = keeper.folder / "copy.db"
    keeper.does("backup", str(copy))
    new = keeper.asks("keys", "sealing", "rotate", "--after", "0")["name"]
    path = keeper.folder / "ring"
    path.write_text(path.read_text(encoding="ascii").splitlines()[0] + "\n", encoding="ascii")
    copy.replace(keeper.folder / "data" / "appairage.db")
    assert keeper.types("check").exit_code == 1
    path.write_text(path.read_text(encoding="ascii") + SECRET + "\n", encoding="ascii")
    assert keeper.types("check").exit_code == 0
    keeper.does("worker", "--once")
    assert {row["name"]: row["values"] for row in keeper.asks("keys", "sealing", "list")}[Secret(SECRET).name] == 0
    assert new in _states(keeper)
