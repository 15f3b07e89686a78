"""Repeats that race: eight senders of one push, one row, one answer."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from connectors import records
from tests.protocol.measures.conftest import Link
from tests.standing import unit_in
from tests.unit.records import samples


@pytest.mark.parametrize("keys", [["k"] * 8, [f"k{number}" for number in range(8)]])
def test_eight_racing_repeats_keep_one_measure_and_get_one_answer(link: Link, app: Flask, keys: list[str]) -> None:
    body = json.dumps(samples.bundle(samples.observation(link.subject), with_device=True)).encode()

    def push(key: str) -> Any:
        return Link(link.partner, link.patient, link.tokens).push(body, Idempotency_Key=key)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(push, keys))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.data for answer in answers}) == 1
    with unit_in(app):
        assert len(records.history(link.patient.profile_id(), "MED-969")) == 1
