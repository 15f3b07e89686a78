"""What every connector of the registry does, whatever it reads."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authz.catalogue.scopes import SCOPES
from connectors import registry
from connectors.contract import Connector, PayloadRefused

NOW = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)


@pytest.fixture(params=registry.list_all(), ids=lambda connector: connector.name)
def connector(request: pytest.FixtureRequest) -> Connector:
    """Give each connector in turn."""
    found: Connector = request.param
    return found


def accept(connector: Connector, payload: bytes) -> Any:
    """Hand a payload over."""
    return connector.accept(payload, content_type="text/csv", zone=ZoneInfo("Europe/Paris"), lang="fr", now=NOW)


def test_connector_is_found_by_its_name(connector: Connector) -> None:
    assert registry.find(connector.name) is connector
    assert registry.find("nothing") is None


def test_connector_says_what_it_is_in_both_languages_and_what_it_needs(connector: Connector) -> None:
    for texts in (connector.card.title, connector.card.summary):
        assert set(texts) == {"fr", "en"}
    assert set(connector.card.scopes) <= set(SCOPES)
    assert connector.card.accepts


def test_connector_refuses_what_it_cannot_read_with_one_sentence(connector: Connector) -> None:
    with pytest.raises(PayloadRefused) as refused:
        accept(connector, b"hello")
    assert refused.value.status == 422
    assert refused.value.description


@given(payload=st.binary(max_size=200))
def test_connector_refuses_any_bytes_but_never_faults(payload: bytes) -> None:
    for connector in registry.list_all():
        with suppress(PayloadRefused):
            accept(connector, payload)
