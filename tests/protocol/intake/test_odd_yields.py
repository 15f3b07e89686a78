"""What intake does with what no present connector yields: values out of bounds, nothing consented, races."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from authz.db import unit_of_work
from authz.errors import Refusal
from authz.protocol.bearer import Access
from connectors import intake, registry
from connectors.contract import Card, Connector, Yield, YieldedMeasure
from connectors.records import http, receipts, writing
from connectors.records.outcomes import ConsentNotGiven
from connectors.records.receipts import KeyReused
from tests.protocol.measures.conftest import Link
from tests.standing import unit_in

AT = datetime(2026, 3, 18, 8, 0, tzinfo=UTC)
MEAN = YieldedMeasure("MED-969", 97.0, "mg/dL", AT, 14, "GEN-276", "mean:1", True)
CARD = Card({}, {}, (), ("measures.glucose.write",))


@dataclass(frozen=True)
class Scripted:
    """A connector that yields what it was given, and may do something while it works."""

    measures: tuple[YieldedMeasure, ...]
    meanwhile: Any = lambda: None
    name: str = "scripted"
    card: Card = CARD

    def accept(self, payload: bytes, **_circumstances: Any) -> Yield:
        """Yield what was scripted."""
        self.meanwhile()
        return Yield(len(payload), {}, self.measures)


def access_of(link: Link) -> Access:
    """Return what the bearer's token stands for."""
    from authz.protocol import bearer

    with link.partner.app.test_request_context(headers={"Authorization": f"Bearer {link.token}"}):
        return bearer.require()


def take(app: Flask, access: Access, connector: Connector, key: str | None = None) -> Any:
    """Hand a payload to intake as a request would."""
    with app.test_request_context("/connectors/scripted"), unit_of_work():
        _status, text = intake.take(access, connector, b"payload", key)
    return json.loads(text)


def test_value_out_of_bounds_is_refused_by_name(link: Link, app: Flask) -> None:
    odd = replace(MEAN, value=5.4, identity="mean:2")
    answer = take(app, access_of(link), Scripted((MEAN, odd)))
    assert [item["status"] for item in answer["items"]] == ["created", "refused"]
    assert answer["items"][1]["code"] == "value_refused"
    assert "outside 40 to 500 mg/dL" in answer["items"][1]["reason"]


def test_yield_of_nothing_consented_is_refused_whole(link: Link, app: Flask) -> None:
    weight = replace(MEAN, code="8310-5", value=37.0)
    with pytest.raises(ConsentNotGiven):
        take(app, access_of(link), Scripted((weight,)))


def test_repeat_that_overtook_gives_its_answer(link: Link, app: Flask) -> None:
    access = access_of(link)
    first: list[Any] = []
    answer = take(app, access, Scripted((MEAN,), lambda: first.append(take(app, access, Scripted((MEAN,)), "k"))), "k")
    assert [answer] == first


def test_key_is_not_taken_for_another_payload_while_the_first_is_read(link: Link, app: Flask) -> None:
    access = access_of(link)
    take(app, access, Scripted((MEAN,)), "k")
    with unit_in(app), pytest.raises(KeyReused):
        receipts.find(writing.origin_of(access), "k", b"other")


def test_budget_spent_says_how_long_to_wait(app: Flask) -> None:
    spent = Refusal("Slow down.", wait=30)
    with app.test_request_context():
        assert http.refuse(spent).headers["Retry-After"] == "30"


def test_registry_knows_each_connector_by_its_own_name() -> None:
    assert [connector.name for connector in registry.list_all()] == list(registry.MODULES)
