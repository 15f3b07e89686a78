"""Whatever reaches whatever route, the answer is never a fault."""

from __future__ import annotations

import reprlib
from collections import Counter

from flask import Flask
from flask.testing import FlaskClient

from tests.house.hostile import Attacker

EACH = 5_000  # on each of the two databases
SHORT = reprlib.Repr()
SHORT.maxstring = SHORT.maxother = 90


def test_stranger_who_sends_nonsense_is_always_refused(app: Flask, client: FlaskClient) -> None:
    """Malformed, oversize, mistyped, repeated and forged: refused, each time, without a trace of our insides."""
    attacker = Attacker(app, seed=20261124)
    statuses: Counter[int] = Counter()
    faults: dict[str, str] = {}
    for number in range(EACH):
        hostile = attacker.request(number)
        answer = client.open(hostile.path, method=hostile.method, **hostile.options)
        statuses[answer.status_code] += 1
        if answer.status_code >= 500 or b"Traceback" in answer.data:
            asked = f"{hostile.method} {hostile.rule}"
            faults.setdefault(asked, f"{answer.status} to request {number}: {SHORT.repr(hostile.options)}")
    assert faults == {}
    assert sum(statuses.values()) == EACH
