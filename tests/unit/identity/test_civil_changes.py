"""Civil facts added to an account while somebody else gets the same number."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from authz import db
from authz.identity import civil, civil_changes, profiles
from authz.identity.description import AccountRefused
from tests.registers import nir_of
from tests.unit.identity.conftest import ALICE, PAUL


@pytest.mark.parametrize("has_facts", [False, True])
def test_number_that_is_taken_meanwhile_is_refused_and_what_was_known_stays(
    app: Flask, enrol: Callable[..., str], *, has_facts: bool
) -> None:
    alice, paul = enrol(ALICE), enrol(PAUL)
    with app.app_context():
        if has_facts:
            with db.unit_of_work():
                civil_changes.add("alice.martin", {"nir": nir_of(1)}, by="olga", replace=False)
        with db.unit_of_work():
            civil_changes.add("paul.durand", {"nir": nir_of(2)}, by="olga", replace=False)
            # Not seen by the look-up, which is another connection's: only the key of the table tells.
            with pytest.raises(AccountRefused):
                civil_changes.add("alice.martin", {"nir": nir_of(2)}, by="max", replace=True)
        assert civil.find_by_nir(nir_of(2)) == profiles.find_own(paul)
        assert civil.find_by_nir(nir_of(1)) == (profiles.find_own(alice) if has_facts else None)
