"""Every table that holds something of an account or a profile is erased with it, or is kept for a reason."""

from __future__ import annotations

import pytest
from flask import Flask

from authz.db import Base
from authz.pairing import erasing

pytestmark = pytest.mark.usefixtures("app")
# Erased by the package that owns the record, a part at a time.
RECORD = {"measure", "device", "document", "receipt", "proof"}


def _with(column: str) -> set[str]:
    return {table.name for table in Base.metadata.sorted_tables if column in table.columns}


def test_every_table_of_a_profile_is_erased(app: Flask) -> None:
    known = {*erasing.OF_PROFILE, *RECORD, *erasing.KEPT, "browser_session", "delegation"}
    assert _with("profile_id") - known == set()
    assert {"records", "proofs"} <= set(app.extensions[erasing.ERASERS])


def test_every_table_of_an_account_is_erased() -> None:
    assert _with("account_id") - {*erasing.OF_ACCOUNT, *erasing.KEPT, *erasing.OTHERS} == set()


def test_every_table_of_an_authorization_is_erased() -> None:
    assert _with("family_id") - {"device_code"} == set(erasing.OF_FAMILIES)  # a device's code is gone within a day
