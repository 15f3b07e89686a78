"""The journal's chain: it verifies, it shows what was changed, and two workers cannot fork it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from authz import audit

Unit = Callable[[], AbstractContextManager[Session]]


def write(unit: Unit, count: int) -> None:
    """Write lines of the journal."""
    with unit():
        for number in range(count):
            audit.record("test:line", profile_id="p1", number=number)


def test_chain_holds_in_several_batches(unit: Unit) -> None:
    write(unit, 5)
    with unit():
        assert audit.link_chain(limit=3) == 3
    with unit():
        assert audit.link_chain() == 2
        assert audit.link_chain() == 0
    with unit():
        assert audit.find_break() is None
        assert [row["seq"] for row in audit.iter_all()] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("change", [{"tag": "test:other"}, {"detail": "{}"}, {"chain": "0" * 64}, {"seq": 99}])
def test_auditor_sees_what_was_changed(unit: Unit, change: dict[str, object]) -> None:
    write(unit, 3)
    with unit() as session:
        audit.link_chain()
        second = audit.list_of_profile("p1")[1].id
        session.execute(update(audit.Activity).where(audit.Activity.id == second).values(change))
    with unit():
        assert audit.find_break() is not None


def test_two_workers_cannot_fork_the_chain(unit: Unit) -> None:
    write(unit, 2)
    with unit():
        audit.link_chain(limit=1)
        last = audit.list_of_profile("p1")[0].id
    with pytest.raises(IntegrityError), unit() as session:
        session.execute(update(audit.Activity).where(audit.Activity.id == last).values(seq=1, chain="x"))


def test_patient_reads_own_lines_by_kind_and_page(unit: Unit) -> None:
    with unit():
        audit.record("pairing:open", profile_id="p1")
        audit.record("record:measure:add", profile_id="p1")
        audit.record("account:login", account_id="a1")
        audit.record("account:login", account_id="a2")
        audit.record("pairing:open", profile_id="p2")
    with unit():
        assert [row.tag for row in audit.list_of_profile("p1")] == ["record:measure:add", "pairing:open"]
        seen = audit.list_of_profile("p1", account_id="a1")
        assert [row.tag for row in seen] == ["account:login", "record:measure:add", "pairing:open"]
        assert [row.tag for row in audit.list_of_profile("p1", tags=["pairing:", "account:"])] == ["pairing:open"]
        assert [row.tag for row in audit.list_of_profile("p1", before=seen[1].id)] == ["pairing:open"]
