"""The table of what suites look for names tests that are there, or a reason."""

from __future__ import annotations

import re
from collections import defaultdict

from tests.house.sources import ROOT, python


def test_every_condition_names_a_test_that_is_there_or_a_reason() -> None:
    """A row ends with the tests that show it, by file and function, or says why it is not met."""
    text = (ROOT / "docs/suites.md").read_text(encoding="utf-8")
    rows = [
        line
        for line in text.splitlines()
        if line.startswith("| ") and not re.match(r"\| (condition|module|attack) \|", line)
    ]
    assert len(rows) > 70
    there: dict[str, set[str]] = defaultdict(set)
    for source in python("tests"):
        there[source.path.rpartition("/")[2]] |= {node.name for node in source.functions()}
    named = {row: re.findall(r"`(test_\w+\.py)::(\w+)`", row) for row in rows}
    assert [row for row, tests in named.items() if not tests and "reason: " not in row] == []
    missing = {f"{file}::{name}" for tests in named.values() for file, name in tests if name not in there[file]}
    assert missing == set()
