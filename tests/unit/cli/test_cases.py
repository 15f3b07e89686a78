"""`appairage recovery`: two operators at a terminal."""

from __future__ import annotations

import json

from tests.clock import Clock
from tests.unit.cli.conftest import Operator


def test_two_operators_open_and_approve(with_alice: Operator, clock: Clock) -> None:
    opened = with_alice.does("recovery", "open", "alice.martin", "--by", "olga", "--email", "new@example.org", "--json")
    case = json.loads(opened)["case"]
    assert case in with_alice.does("recovery", "list")
    alone = with_alice.types("recovery", "approve", case, "--by", "olga")
    assert alone.exit_code == 1
    assert "Somebody else" in alone.stderr
    early = with_alice.types("recovery", "approve", case, "--by", "otto")
    assert "waits until" in early.stderr
    clock.advance(hours=25)
    codes = json.loads(with_alice.does("recovery", "approve", case, "--by", "otto", "--json"))["recovery_codes"]
    assert len(codes.split()) == 10
    assert case not in with_alice.does("recovery", "list")


def test_operator_refuses_a_case(with_alice: Operator) -> None:
    opened = with_alice.does("recovery", "open", "alice.martin", "--by", "olga", "--json")
    case = json.loads(opened)["case"]
    assert "refused" in with_alice.does("recovery", "refuse", case, "--by", "otto")
    assert with_alice.types("recovery", "approve", case, "--by", "otto").exit_code == 1
