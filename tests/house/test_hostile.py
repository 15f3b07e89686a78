"""Whatever reaches whatever route, the answer is never a fault."""

from __future__ import annotations

from collections import Counter

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.house.hostile import Attacker

EACH = 10_000


def test_ten_thousand_hostile_requests_cause_no_fault(app: Flask, client: FlaskClient) -> None:
    """Malformed, oversize, mistyped, repeated and forged: refused, each time, without a trace of our insides."""
    attacker = Attacker(app, seed=20261124)
    statuses: Counter[int] = Counter()
    for number in range(EACH):
        hostile = attacker.request(number)
        answer = client.open(hostile.path, method=hostile.method, **hostile.options)
        statuses[answer.status_code] += 1
        if answer.status_code >= 500 or b"Traceback" in answer.data:
            pytest.fail(
                f"request {number}, {hostile.method} {hostile.path}: {answer.status} to {hostile.options!r:.2000}"
            )
    assert sum(statuses.values()) == EACH
