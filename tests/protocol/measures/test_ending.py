"""What becomes of measures and documents when the patient ends the link, and when the link is not in force."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from authz import audit
from authz.pairing import pairings
from authz.pairing.pairings import Afterwards
from connectors import records
from connectors.records import ending
from tests.protocol.measures.conftest import Link
from tests.standing import unit_in


def end(link: Link, app: Flask, afterwards: Afterwards) -> str:
    """Let the patient end the link; returns its id."""
    with unit_in(app):
        pairing = pairings.find_live(link.patient.profile_id(), link.partner.client_id)
        assert pairing is not None
        pairings.end(pairing, by=link.patient.account_id, afterwards=afterwards)
        return pairing.id


def kept(link: Link, app: Flask) -> int:
    """Count what the patient sees."""
    with unit_in(app):
        return len(records.latest(link.patient.profile_id()))


@pytest.mark.parametrize(("afterwards", "left"), [("keep", 1), ("hide", 0), ("delete", 0)])
def test_patient_ends_the_link_and_chooses_what_becomes_of_the_data(
    link: Link, app: Flask, afterwards: Afterwards, left: int
) -> None:
    link.measure()
    end(link, app, afterwards)
    assert kept(link, app) == left
    assert link.measure().status_code in (401, 403)


@pytest.mark.parametrize("afterwards", ["hide", "delete"])
def test_patient_takes_the_end_back_and_the_data_show_again(link: Link, app: Flask, afterwards: Afterwards) -> None:
    link.measure()
    pairing_id = end(link, app, afterwards)
    with unit_in(app):
        pairings.undo_end(pairings.get(link.patient.profile_id(), pairing_id), by=link.patient.account_id)
    assert kept(link, app) == 1
    with unit_in(app):
        lines = [line.tag for line in audit.list_of_profile(link.patient.profile_id(), tags=["record:"])]
    assert lines[0] == "record:restore"
    assert lines[1] == ("record:hide" if afterwards == "hide" else "record:erase")


def test_operator_purges_after_the_days_of_undoing(link: Link, app: Flask, clock: Any) -> None:
    link.push(b"", Idempotency_Key="k")
    link.measure()
    end(link, app, "delete")
    with unit_in(app):
        assert ending.purge()["records"] == 0
    clock.advance(days=8)
    with unit_in(app):
        assert ending.purge()["records"] == 1
        assert ending.purge()["records"] == 0


def test_operator_purges_old_receipts(link: Link, app: Flask, clock: Any) -> None:
    from tests.unit.records import samples

    link.push(samples.bundle(samples.observation(link.subject)), Idempotency_Key="k")
    with unit_in(app):
        assert ending.purge() == {"records": 0, "receipts": 0}
    clock.advance(days=4)
    with unit_in(app):
        assert ending.purge() == {"records": 0, "receipts": 1}
