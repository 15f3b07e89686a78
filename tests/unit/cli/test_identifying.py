"""The operator adds the civil facts of somebody who has an account: checked, sealed, told, and named in the journal."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from tests.registers import nir_of
from tests.unit.cli.conftest import PERSON, Operator

ALICE = "alice.martin"
NIR, CARD = nir_of(1), "00012345678"


def _adds(operator: Operator, *words: str, **facts: object) -> str:
    file = operator.writes("facts.json", facts)
    answer = operator.asks("account", "identify", ALICE, "--by", "olga", "--from", file, *words)
    assert answer.keys() == {"identifier", "changed"}
    return str(answer["changed"])


def _is_refused(operator: Operator, *, of: str = ALICE, **facts: object) -> str:
    file = operator.writes("facts.json", facts)
    return operator.is_refused("account", "identify", of, "--by", "olga", "--from", file)


def _rows(operator: Operator, query: str) -> list[Any]:
    with sqlite3.connect(operator.folder / "data" / "appairage.db") as database:
        return database.execute(query).fetchall()


def test_operator_adds_number_and_card_one_after_the_other(with_alice: Operator) -> None:
    assert _adds(with_alice, nir=NIR) == "nir"
    first = _rows(with_alice, "SELECT nir_digest FROM civil_identity")
    assert _adds(with_alice, card_serial=f"802500{CARD}") == "card_serial"
    assert _adds(with_alice, nir=NIR, card_serial=CARD) == ""  # both are known already
    [row] = _rows(with_alice, "SELECT nir_digest, nir_sealed, card_digest, card_sealed FROM civil_identity")
    assert [row[:1]] == first
    assert all(row)
    assert not any(fact in text for text in row for fact in (NIR, NIR[:13], CARD))
    lines = _rows(with_alice, "SELECT detail FROM activity WHERE tag = 'account:civil' ORDER BY id")
    assert [json.loads(line) for (line,) in lines] == [
        {"by": "olga", "facts": "nir"},
        {"by": "olga", "facts": "card_serial"},
    ]
    assert len(_rows(with_alice, "SELECT id FROM message WHERE template = 'civil_changed' AND channel = 'bell'")) == 2


def test_operator_replaces_what_is_known_only_by_saying_so(with_alice: Operator) -> None:
    _adds(with_alice, nir=NIR, card_serial=CARD)
    assert "--replace" in _is_refused(with_alice, nir=nir_of(2))
    assert "--replace" in _is_refused(with_alice, card_serial="99912345678")
    before = _rows(with_alice, "SELECT nir_digest, card_digest FROM civil_identity")
    assert _adds(with_alice, "--replace", nir=nir_of(2)) == "nir"
    after = _rows(with_alice, "SELECT nir_digest, card_digest FROM civil_identity")
    assert before[0][0] != after[0][0]
    assert before[0][1] == after[0][1]  # what is not given stays


def test_number_has_one_holder(with_alice: Operator) -> None:
    paul = PERSON | {"identifier": "paul.durand", "email": "paul@example.org", "nir": NIR}
    with_alice.does("account", "add", "--from", "-", given=json.dumps(paul))
    before = _rows(with_alice, "SELECT * FROM civil_identity")
    assert "somebody else" in _is_refused(with_alice, nir=NIR)
    assert _rows(with_alice, "SELECT * FROM civil_identity") == before


def test_operator_is_told_of_a_file_that_holds_something_else(with_alice: Operator) -> None:
    wrong_key = f"{NIR[:13]}{(int(NIR[13:]) + 1) % 97:02d}"
    assert "nir is not valid" in _is_refused(with_alice, nir=wrong_key)
    assert "card_serial is not valid" in _is_refused(with_alice, card_serial="123")
    for facts in ({}, {"nir": ""}, {"nir": NIR, "name": "Alice"}):
        assert "nothing else" in _is_refused(with_alice, **facts)
    assert _rows(with_alice, "SELECT * FROM civil_identity") == []


def test_operator_names_an_open_account_with_a_space_of_its_own(with_alice: Operator) -> None:
    assert "no such account" in _is_refused(with_alice, of="nobody.here", nir=NIR)
    waits = PERSON | {"identifier": "zoe.martin", "email": "zoe@example.org", "own_profile": False}
    with_alice.does("account", "add", "--from", "-", given=json.dumps(waits))
    assert "no space of its own" in _is_refused(with_alice, of="zoe.martin", nir=NIR)
    with_alice.does("account", "close", ALICE, "--by", "olga")
    assert "is closed" in _is_refused(with_alice, nir=NIR)
