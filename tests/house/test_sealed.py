"""Every sealed column is in the register, so that nothing is lost when a secret is replaced."""

from __future__ import annotations

import ast

import pytest

from authz.db import Base
from authz.sealing import REGISTER
from tests.house.sources import product

pytestmark = pytest.mark.usefixtures("app")  # with it come all models


def test_every_sealed_column_is_registered() -> None:
    """A column that the register does not know stays under the old secret, and is lost with it."""
    kept = {f"{t.name}.{c.name}" for t in Base.metadata.sorted_tables for c in t.columns if c.name.endswith("_sealed")}
    assert kept == {column.name for column in REGISTER}


def test_register_knows_keys_and_look_ups() -> None:
    """A row is found again by its whole key; a look-up lies beside what it is made of."""
    for column in REGISTER:
        table = Base.metadata.tables[column.table]
        assert {part.name for part in table.primary_key} == set(column.key), column.name
        assert all(lookup.column in table.columns for lookup in column.lookups), column.name


def test_every_look_up_in_the_code_is_registered() -> None:
    """A look-up for a purpose that no column names would never be made again; the same for what is sealed."""
    said: dict[str, set[str]] = {"lookup": set(), "seal": set()}
    for source in product():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in said:
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant):
                    said[node.func.attr].add(str(first.value))
    assert said["lookup"] == {lookup.purpose for column in REGISTER for lookup in column.lookups}
    # What only travels through a browser, and is over within the hour, is in no column.
    assert said["seal"] - {column.purpose for column in REGISTER} == {"leaving", "upstream-state", "upstream-leaving"}
