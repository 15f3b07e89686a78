"""Measures and devices in SQL: Core statements, few of them, on the hot path of a push."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    true,
    union_all,
    update,
)  # fmt: skip
from sqlalchemy import cast as cast_
from sqlalchemy.dialects.postgresql import JSONB

from authz.db import session
from connectors.records import codes, identities
from connectors.records.contract import Device, Found, Measure, NewMeasure, Origin, Put, Wanted
from connectors.records.models import DeviceRow, MeasureRow
from connectors.records.sql.inserting import put_new

_m = cast(Table, MeasureRow.__table__).c
_d = cast(Table, DeviceRow.__table__).c
_SHOWN = (
    _m.id, _m.profile_id, _m.code, _m.value, _m.components, _m.effective_at, _m.effective_text, _m.offset_minutes,
    _m.days, _m.moment, _m.comment, _m.device_id, _m.client_id, _m.pairing_id, _m.source, _m.created_at, _m.resource,
)  # fmt: skip
_NEWEST = (_m.effective_at.desc(), _m.created_at.desc(), _m.id)
_visible: Select[Any] = select(*_SHOWN).where(_m.profile_id == bindparam("profile"), _m.hidden_at.is_(None))
_one: Select[Any] = _visible.where(_m.id == bindparam("id"))
_latest = union_all(
    *(
        _visible.where(_m.code == kind.code).order_by(*_NEWEST).limit(1).subquery().select()
        for kind in codes.KINDS
        if kind.code != codes.BMI
    )
)
_kept = select(_m.content, _m.pairing_id, _m.device_id, _m.device_created, _m.hidden_at).where(
    _m.profile_id == bindparam("profile"), _m.id == bindparam("id")
)


def put_measure(origin: Origin, new: NewMeasure, *, at: datetime) -> Put:
    """Keep a measure and its device once: the same identity from the same app creates nothing again."""
    device_id, device_created = _put_device(origin, new, at)
    measure_id = identities.measure_id(origin, new)
    content = identities.content_of_measure(new)
    values = {
        "profile_id": origin.profile_id, "id": measure_id, "code": new.code, "value": new.value,
        "components": json.dumps(dict(new.components)), "effective_at": new.effective_at,
        "effective_text": new.effective_text, "offset_minutes": new.offset_minutes, "days": new.days,
        "days_code": new.days_code, "moment": new.moment, "comment": new.comment, "device_id": device_id,
        "device_created": device_created, "client_id": origin.client_id, "pairing_id": origin.pairing_id,
        "source": new.source, "content": content, "created_at": at, "hidden_at": None, "purge_at": None,
        "resource": json.dumps(dict(new.resource), ensure_ascii=False),
    }  # fmt: skip
    if put_new(MeasureRow, values):
        return Put(measure_id, True, device_id, device_created)
    return _repeat(origin, measure_id, content)


def find_measure(profile_id: str, measure_id: str) -> Measure | None:
    """Find one visible measure of a profile."""
    row = session().execute(_one, {"profile": profile_id, "id": measure_id}).first()
    return _measure(row) if row else None


def latest(profile_id: str) -> list[Measure]:
    """List the newest visible measure of each code: one look at the index for each, whatever the size of the record."""
    return [_measure(row) for row in session().execute(_latest, {"profile": profile_id})]


def search(
    profile_id: str,
    code: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Found:
    """Search the visible measures of one code, newest first; `since` is included, `until` is not."""
    wanted = [Wanted(frozenset([code]))]
    return select_measures(profile_id, wanted, since=since, until=until, limit=limit, offset=offset)


def select_measures(
    profile_id: str,
    any_of: Sequence[Wanted],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Found:
    """Search the visible measures that are any of what is wanted, newest first; bounds as in `search`."""
    query = _visible.where(or_(false(), *map(_is_wanted, any_of)))
    if since:
        query = query.where(_m.effective_at >= since)
    if until:
        query = query.where(_m.effective_at < until)
    count = query.with_only_columns(func.count())
    page: Select[Any] = query.order_by(*_NEWEST).limit(limit).offset(offset)
    total = session().execute(count, {"profile": profile_id}).scalar_one()
    return Found(total, [_measure(row) for row in session().execute(page, {"profile": profile_id})])


def _is_wanted(wanted: Wanted) -> ColumnElement[bool]:
    found: list[ColumnElement[bool]] = []
    if wanted.codes is not None:
        found.append(_m.code.in_(sorted(wanted.codes)))
    if wanted.categories is not None:
        found.append(or_(false(), *map(_has_category, sorted(wanted.categories))))
    return and_(true(), *found)


def _has_category(text: str) -> ColumnElement[bool]:
    """Look for a category in the elements as sent: on few rows, for the index has found those of the profile."""
    system, _, code = text.rpartition("|")
    coding = {"code": code} | ({"system": system} if system else {})
    if session().connection().dialect.name == "postgresql":
        return cast_(_m.resource, JSONB).contains({"category": [{"coding": [coding]}]})
    concept = func.json_each(_m.resource, "$.category").table_valued("value", name="concept")
    named = func.json_each(concept.c.value, "$.coding").table_valued("value", name="named")
    same = [func.json_extract(named.c.value, f"$.{name}") == value for name, value in coding.items()]
    return exists(select(1).select_from(concept.join(named, true())).where(*same))


def list_devices(profile_id: str, ids: Sequence[str], *, since: datetime | None = None) -> list[Device]:
    """List devices of a profile by their ids; with `since`, those of which a measure can be seen since then."""
    query = select(_d.id, _d.system, _d.value, _d.client_id, _d.created_at, _d.resource)
    if since:
        is_seen = (_m.profile_id == _d.profile_id) & (_m.device_id == _d.id) & _m.hidden_at.is_(None)
        query = query.where(exists(select(1).where(is_seen, _m.effective_at >= since)))
    rows = session().execute(query.where(_d.profile_id == profile_id, _d.id.in_(set(ids))).order_by(_d.id))
    return [Device(*row[:5], resource=json.loads(row[5])) for row in rows]


def _put_device(origin: Origin, new: NewMeasure, at: datetime) -> tuple[str | None, bool]:
    if new.device is None:
        return None, False
    device_id = identities.device_id(origin, new.device)
    values = {
        "profile_id": origin.profile_id, "id": device_id, "client_id": origin.client_id, "system": new.device.system,
        "value": new.device.value, "created_at": at,
        "resource": json.dumps(dict(new.device.resource), ensure_ascii=False),
    }  # fmt: skip
    return device_id, put_new(DeviceRow, values)


def _repeat(origin: Origin, measure_id: str, content: str) -> Put:
    keys = {"profile": origin.profile_id, "id": measure_id}
    kept = session().execute(_kept, keys).one()
    if kept.content != content:
        return Put(measure_id, False, conflict=True)
    if kept.hidden_at is not None and kept.pairing_id != origin.pairing_id:
        # Hidden with a link that is over, and now sent again through a new one: the patient agreed anew.
        where = (_m.profile_id == origin.profile_id) & (_m.id == measure_id)
        values = {"hidden_at": None, "purge_at": None, "pairing_id": origin.pairing_id}
        session().execute(update(cast(Table, MeasureRow.__table__)).where(where).values(values))
    return Put(measure_id, False, kept.device_id, kept.device_created)


def _measure(row: Row[Any]) -> Measure:
    found = row._asdict()
    found["components"] = json.loads(found["components"])
    found["resource"] = json.loads(found["resource"])
    return Measure(unit=codes.get_kind(found["code"]).unit, **found)
