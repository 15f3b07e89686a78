"""Budgets: the same in the database and in Redis, exact under concurrency, and back after a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import fakeredis
import pytest
import redis
from flask import Flask
from sqlalchemy import func, select

from authz import db, ratelimit
from authz.ratelimit import TooMany
from tests.clock import Clock

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["database", "redis"])
def where(request: pytest.FixtureRequest, app: Flask, make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """Give an application that keeps budgets in the database, and one that keeps them in Redis."""
    if request.param == "database":
        yield app
        return
    server = fakeredis.FakeStrictRedis()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redis.Redis, "from_url", lambda *args, **kwargs: server)
        ratelimit._redis.cache_clear()
        yield make_app(redis_url="redis://localhost/0")
    ratelimit._redis.cache_clear()


def _spend(app: Flask, key: str = "alice", limit: int = 3) -> int:
    with app.app_context(), db.unit_of_work():
        return ratelimit.spend("test", key, limit=limit, per=MINUTE)


def _remaining(app: Flask, key: str = "alice") -> int:
    with app.app_context():
        return ratelimit.remaining("test", key, limit=3, per=MINUTE)


def test_budget_is_spent_and_comes_back_bit_by_bit(where: Flask, clock: Clock) -> None:
    clock.move_to(clock.now().replace(microsecond=0))
    assert [_spend(where) for _ in range(3)] == [2, 1, 0]
    with pytest.raises(TooMany) as refused:
        _spend(where)
    assert refused.value.params == {"wait": 20}
    assert _remaining(where) == 0
    with where.app_context(), pytest.raises(TooMany):
        ratelimit.check("test", "alice", limit=3, per=MINUTE)
    clock.advance(seconds=20)
    assert _remaining(where) == 1
    with where.app_context():
        ratelimit.check("test", "alice", limit=3, per=MINUTE)
    assert _spend(where) == 0
    clock.advance(minutes=5)
    assert _remaining(where) == 3


def test_each_key_and_bucket_has_its_own(where: Flask) -> None:
    for _ in range(3):
        _spend(where)
    assert _spend(where, "paul") == 2
    with where.app_context(), db.unit_of_work():
        assert ratelimit.spend("other", "alice", limit=3, per=MINUTE) == 2
    assert _remaining(where, "zoe") == 3


def test_of_many_at_once_exactly_as_many_pass_as_the_budget_has(where: Flask) -> None:
    def one(_: int) -> bool:
        try:
            _spend(where, limit=5)
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(24))) == 5


def test_silent_redis_is_replaced_by_the_database(make_app: Callable[..., Flask], clock: Clock) -> None:
    lost = make_app(redis_url="redis://127.0.0.1:1/0")
    assert [_spend(lost) for _ in range(3)] == [2, 1, 0]
    assert _remaining(lost) == 0
    with pytest.raises(TooMany):
        _spend(lost)


def test_keys_are_kept_as_digests_and_full_budgets_thrown_away(app: Flask, clock: Clock) -> None:
    _spend(app)
    with app.app_context():
        with db.reading() as connection:
            assert "alice" not in str(connection.execute(select(ratelimit.Budget.__table__)).all())
        clock.advance(minutes=2)
        with db.unit_of_work():
            assert ratelimit.purge(clock.now()) == 1
        with db.reading() as connection:
            assert connection.execute(select(func.count()).select_from(ratelimit.Budget)).scalar_one() == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (None, "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_network_of_an_address(address: Any, network: str) -> None:
    assert ratelimit.network(address) == network
