"""Activity: every access and change of the space on show, by day, with filters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext, ngettext

from authz import audit, clock
from authz.audit import Activity
from authz.identity import delegation
from authz.pairing import pairings
from consent_ui import apps, forms, journal, words
from consent_ui.guards import acting, signed_in
from consent_ui.pages import shell
from consent_ui.people import Visit

bp = Blueprint("activity", __name__)
PERIODS = (7, 30, 365)
PAGE, BATCH = 50, 200


@dataclass(frozen=True)
class Filter:
    """What the patient wants to see."""

    app: str
    kind: str
    days: int
    before: str | None


@dataclass(frozen=True)
class Day:
    """The lines of one day."""

    heading: str
    entries: list[journal.Line]


@bp.get("/home/activity")
@signed_in
@acting(delegation.SEE)
def show(visit: Visit) -> str:
    """Show the journal, newest first."""
    chosen = _filter()
    rows = list(islice(_rows(visit, chosen), PAGE + 1))
    known: dict[str, Any] = {}
    lines = [journal.line(row, known, visit) for row in rows[:PAGE]]
    return shell.page(
        "home/activity.html",
        visit,
        "activity",
        days=[Day(words.heading(day), list(some)) for day, some in groupby(lines, _day)],
        older=_older(chosen, rows[PAGE - 1].id) if len(rows) > PAGE else "",
        chosen=chosen,
        apps=[("", gettext("All")), *_apps(visit)],
        kinds=[("", gettext("All")), *((key, gettext(text)) for key, (text, _) in journal.KINDS.items())],
        periods=[(days, ngettext("%(num)s day", "%(num)s days", days)) for days in PERIODS],
    )


def _filter() -> Filter:
    days, before = forms.number(request.args.get("days", ""), 30), request.args.get("before", "")
    return Filter(
        app=request.args.get("app", "")[:64],
        kind=request.args.get("kind", ""),
        days=days if days in PERIODS else 30,
        before=before if forms.is_id(before) else None,
    )


def _rows(visit: Visit, chosen: Filter) -> Iterator[Activity]:
    """Yield what passes the filter until the period is over; sign-ins belong to one's own space."""
    tags = journal.KINDS[chosen.kind][1] if chosen.kind in journal.KINDS else ()
    since, before = clock.now() - timedelta(days=chosen.days), chosen.before
    account_id = visit.account_id if visit.profile.is_self else None
    while True:
        batch = audit.list_of_profile(visit.profile_id, tags=tags, before=before, limit=BATCH, account_id=account_id)
        for row in batch:
            if row.at < since:
                return
            if not chosen.app or row.client_id == chosen.app:
                yield row
        if len(batch) < BATCH:
            return
        before = batch[-1].id


def _day(line: journal.Line) -> date:
    at: datetime = words.local(line.at)
    return at.date()


def _apps(visit: Visit) -> list[tuple[str, str]]:
    clients = dict.fromkeys(pairing.client_id for pairing in pairings.list_of_profile(visit.profile_id))
    return [(client_id, apps.of_client(client_id).name) for client_id in clients]


def _older(chosen: Filter, last: str) -> str:
    return url_for("activity.show", app=chosen.app, kind=chosen.kind, days=chosen.days, before=last)
