"""The operator closes, opens again and has erased; each with a name for the journal."""

from __future__ import annotations

from tests.unit.cli.conftest import Operator

ALICE = "alice.martin"
BY = ("--by", "olga")


def test_operator_closes_a_space_and_opens_it_again(with_alice: Operator) -> None:
    closed = with_alice.asks("account", "close", ALICE, *BY)
    assert closed["closed_by"] == "olga"
    assert closed["erase_asked_at"] is None
    assert with_alice.asks("account", "show", ALICE)["closure"]["due_at"] == closed["due_at"]
    assert "closed already" in with_alice.is_refused("account", "close", ALICE, *BY)
    assert with_alice.asks("account", "reopen", ALICE, *BY) == {"identifier": ALICE, "state": "open"}
    assert with_alice.asks("account", "show", ALICE)["closure"] is None
    assert "is not closed" in with_alice.is_refused("account", "reopen", ALICE, *BY)


def test_operator_has_a_closed_space_erased(with_alice: Operator) -> None:
    assert "is not closed" in with_alice.is_refused("account", "erase", ALICE, *BY)
    archived = with_alice.asks("account", "close", ALICE, *BY)
    asked = with_alice.asks("account", "erase", ALICE, *BY)
    assert asked["due_at"] < archived["due_at"]
    assert asked["erase_asked_at"]


def test_operator_closes_and_erases_in_one(with_alice: Operator) -> None:
    assert with_alice.asks("account", "close", ALICE, "--erase", *BY)["erase_asked_at"]


def test_operator_gives_a_name_and_an_account_that_is_there(with_alice: Operator) -> None:
    assert "2 to 32 letters" in with_alice.is_refused("account", "close", ALICE, "--by", "?")
    assert "no such account" in with_alice.is_refused("account", "close", "nobody.here", *BY)
    assert with_alice.types("account", "close", ALICE).exit_code == 2
