"""The embedded record store runs the suite of the contract, on both databases."""

from __future__ import annotations

import pytest

from connectors.records import sql
from connectors.records.contract import RecordStore
from tests.contract.record_store import RecordStoreContract


class TestSqlStore(RecordStoreContract):
    """The embedded store."""

    @pytest.fixture
    def store(self) -> RecordStore:
        """Give the embedded store."""
        return sql
