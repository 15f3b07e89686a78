"""What partners read back in the French interface: searches, checked, journaled and written as FHIR."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from authz import settings
from authz.protocol import step_up
from authz.protocol.bearer import Access
from connectors.records import reading, writing
from connectors.records.fhir_mapping import rendering
from connectors.records.searching import Search, read_search
from connectors.records.subjects import check_subject, subject_of


def read_query(args: MultiDict[str, str]) -> Search:
    """Read a query string as one of the two searches."""
    return read_search(args.to_dict(flat=False))


def address(path: str) -> str:
    """Return the public address of a path of this server."""
    return settings.current().issuer + path


def search(access: Access, asked: Search, *, base: str) -> dict[str, Any]:
    """Answer a search about the token's patient, whoever brought the measures in."""
    check_subject(access, *asked.subject)
    step_up.check(access, "measures")
    found = reading.select(
        access.profile_id,
        writing.check_read_consent(access, asked.kind),
        since=since(access, asked.since),
        until=asked.until,
        limit=asked.count,
        offset=asked.page * asked.count,
    )
    subject = subject_of(access)
    observations = [rendering.observation(measure, subject) for measure in found.measures]
    ids = {measure.device_id for measure in found.measures if measure.device_id} if asked.with_devices else set()
    devices = [rendering.device(item) for item in reading.store().list_devices(access.profile_id, sorted(ids))]
    writing.note(access, "record:measure:read", code=asked.kind.code, count=len(observations))
    links = asked.links(base, found.total)
    return rendering.searchset(observations, devices, base=base, total=found.total, links=links)


def since(access: Access, asked: datetime | None) -> datetime | None:
    """Return from when on an app reads, that asks from an instant on: nothing of before its link's history."""
    return max((limit for limit in (asked, access.history_start) if limit), default=None)
