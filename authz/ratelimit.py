"""Budgets: how often something may be tried, kept in the database or, for several nodes, in Redis.

A budget belongs to a bucket (what is tried) and a key (by whom); the key is kept as a keyed digest only. In the
database it is one row holding the instant until which it is spent (the generic cell rate algorithm), so that one
conditional upsert both checks and spends. Limits are declared beside the functions they guard.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, String, case, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from authz import clock, crypto, db, logs, settings
from authz.errors import Refusal

_log = logs.get(__name__)
_SECOND = 1_000_000
_PREFIX = "appairage:budget:"
# The same step as the SQL below; answers until when the budget is spent, negated where it refuses.
_SPEND = """
local now, step, span = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local spent = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
if spent > now + span - step then return -spent end
spent = spent + step
redis.call('SET', KEYS[1], string.format('%d', spent), 'PX', math.ceil((spent - now) / 1000))
return spent
"""


class TooMany(Refusal):
    """A budget is spent; `wait` says how many seconds until there is some of it again."""

    code = "too_many_requests"
    status = 429
    description = "There were too many attempts. Wait a little and try again."


class Budget(db.Base):
    """One budget in use: `spent_until` is microseconds since 1970; a row in the past is a full budget."""

    __tablename__ = "budget"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    spent_until: Mapped[int] = mapped_column(BigInteger, index=True)


def spend(bucket: str, key: str, *, limit: int, per: timedelta) -> int:
    """Spend one unit of a budget in this unit of work; returns what is left of it, or refuses with TooMany."""
    name, now, step, span = _name(bucket, key), _micro(clock.now()), _span(per) // limit, _span(per)
    url = settings.current().redis_url
    until = _spend_redis(url, (name, now, step, span)) if url else None
    if until is None:
        until = _spend_sql(name, now, step, span)
    ahead = abs(until) - now
    if until < 0:
        raise TooMany(reason=f"budget of {bucket} is spent", wait=_wait(ahead, step, span))
    return (span - ahead) // step


def remaining(bucket: str, key: str, *, limit: int, per: timedelta) -> int:
    """Return what is left of a budget, as the units finished so far left it."""
    step, span = _span(per) // limit, _span(per)
    return max(0, (span - _ahead(_name(bucket, key))) // step)


def check(bucket: str, key: str, *, limit: int, per: timedelta) -> None:
    """Refuse with TooMany when nothing is left of a budget; spends nothing."""
    step, span = _span(per) // limit, _span(per)
    ahead = _ahead(_name(bucket, key))
    if span - ahead < step:
        raise TooMany(reason=f"budget of {bucket} is spent", wait=_wait(ahead, step, span))


def purge(now: datetime) -> int:
    """Delete the rows of budgets that are full again; returns how many."""
    return db.changed(db.session().execute(delete(Budget).where(Budget.spent_until < _micro(now))))


def network(address: str | None) -> str:
    """Return the network an address counts for: itself for IPv4, its /64 for IPv6, where one person has many."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is None:
            return str(ipaddress.ip_network((int(ip), 64), strict=False))
        ip = ip.ipv4_mapped
    return str(ip)


def _spend_sql(name: str, now: int, step: int, span: int) -> int:
    """Spend in the database; returns until when the budget is spent, negated where it refuses."""
    session = db.session()
    build: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    start = case((Budget.spent_until > now, Budget.spent_until), else_=now)
    upsert = (
        build(Budget)
        .values(key=name, spent_until=now + step)
        .on_conflict_do_update(
            index_elements=[Budget.key],
            set_={"spent_until": start + step},
            where=Budget.spent_until <= now + span - step,
        )
        .returning(Budget.spent_until)
    )
    until: int | None = session.execute(upsert).scalar_one_or_none()
    if until is None:
        return -session.execute(select(Budget.spent_until).where(Budget.key == name)).scalar_one()
    return until


def _spend_redis(url: str, arguments: tuple[str, int, int, int]) -> int | None:
    """Spend in Redis, as `_spend_sql` does."""
    name, now, step, span = arguments
    return _ask(url, lambda redis: redis.eval(_SPEND, 1, _PREFIX + name, now, step, span))


def _ask(url: str, question: Callable[[Any], Any]) -> int | None:
    """Put a question to Redis; None when it does not answer, and the database takes over."""
    from redis import RedisError

    try:
        return int(question(_redis(url)) or 0)
    except (RedisError, OSError) as error:
        _log.warning("redis:silent", extra={"fault": type(error).__name__})
        return None


@lru_cache(maxsize=4)
def _redis(url: str) -> Any:
    import redis

    return redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)


def _ahead(name: str) -> int:
    """How far ahead of now a budget is spent, in microseconds."""
    url = settings.current().redis_url
    until = _ask(url, lambda redis: redis.get(_PREFIX + name)) if url else None
    if until is None:
        with db.reading() as connection:
            found = connection.execute(select(Budget.spent_until).where(Budget.key == name)).scalar_one_or_none()
        until = found or 0
    return max(0, until - _micro(clock.now()))


def _wait(ahead: int, step: int, span: int) -> int:
    return max(1, math.ceil((ahead - span + step) / _SECOND))


def _span(per: timedelta) -> int:
    return int(per / timedelta(microseconds=1))


def _micro(at: datetime) -> int:
    return int(at.timestamp() * _SECOND)


def _name(bucket: str, key: str) -> str:
    return crypto.keyed_digest("budget", f"{bucket}\n{key}")
