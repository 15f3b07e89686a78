"""The partner under test: GlucoApp's kit before a door that misbehaves on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.kit import Exchange, Partner, Policy, SqliteStore, TokenSet, Wire, credentials, doors
from tests.unit.kit import door as doorway

QUICK = Policy(tries=3, first_wait=0.002, longest_wait=1.0, connect_timeout=1.0, read_timeout=2.0)


@pytest.fixture
def door() -> Iterator[doorway.Door]:
    with doorway.opened() as opened:
        yield opened


@pytest.fixture
def exchanges() -> list[Exchange]:
    return []


@pytest.fixture
def partner(door: doorway.Door, tmp_path: Path, exchanges: list[Exchange]) -> Iterator[Partner]:
    wire = Wire(QUICK, observer=exchanges.append)
    yield Partner(
        issuer=door.issuer,
        client_id="glucoapp",
        credentials=credentials.secret_basic("a-shared-secret-of-glucoapp"),
        redirect_uri="https://glucoapp.example/callback",
        store=SqliteStore(tmp_path / "links.db"),
        wire=wire,
    )
    wire.pool.close()


@pytest.fixture
def link(partner: Partner) -> Callable[..., TokenSet]:
    """Keep a live link under the key "alice", changed as asked."""

    def keep(**changed: Any) -> TokenSet:
        held = TokenSet(
            access_token="access-of-alice-0123456789",
            refresh_token="r",
            expires_at=doors.now() + timedelta(minutes=10),
            scopes=frozenset({"measures.glucose.write"}),
            subject="alice-for-glucoapp",
            subject_system="urn:oid:1.2.250.1.999.1.1",
        )
        held = replace(held, **changed)
        partner.store.save("alice", held)
        return held

    return keep
