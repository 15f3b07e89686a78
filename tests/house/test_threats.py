"""The threat model names what is really there."""

from __future__ import annotations

import re

from tests.house.sources import ROOT


def test_every_threat_names_a_test_that_is_there() -> None:
    """A row of a table of threats ends with the tests that show its control."""
    text = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    tables = [part for part in text.split("\n\n") if part.startswith("| threat |")]
    rows = [row for table in tables for row in table.strip().splitlines()[2:]]
    named = {row: re.findall(r"`([\w/]+\.py)`", row.rsplit("|", 2)[1]) for row in rows}
    assert [row for row, tests in named.items() if not tests] == []
    missing = {test for tests in named.values() for test in tests if not (ROOT / "tests" / test).exists()}
    assert missing == set()
    assert len(rows) > 30
