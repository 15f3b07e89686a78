"""Reading the record: the store's measures with those the space works out itself, and documents.

For pages and for partners alike; who may read is decided before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from authz import audit, settings
from connectors.records import bmi, codes, sql
from connectors.records.contract import Document, Found, Measure, RecordStore, Wanted

_HEIGHTS = 500
# What `rendering.elements` calls a measure that was worked out here.
VITAL = {"vital-signs", "http://terminology.hl7.org/CodeSystem/observation-category|vital-signs"}
_ORDER = {kind.code: place for place, kind in enumerate(codes.KINDS)}


def store() -> RecordStore:
    """Return the record store in use: the embedded one."""
    return sql


def latest(profile_id: str) -> list[Measure]:
    """List the newest measure of each code, in the order of the table of measures, body mass index included."""
    found = {measure.code: measure for measure in store().latest(profile_id)}
    weight, height = found.get(codes.WEIGHT), found.get(codes.HEIGHT)
    if weight and height:
        heights = store().search(profile_id, codes.HEIGHT, limit=_HEIGHTS).measures
        found[codes.BMI] = bmi.from_weights([weight], heights, source=_own_source())[0]
    return sorted(found.values(), key=lambda measure: _ORDER[measure.code])


def history(
    profile_id: str, code: str, *, limit: int = 200, since: datetime | None = None, until: datetime | None = None
) -> Sequence[Measure]:
    """List the measures of one code, newest first."""
    return search(profile_id, code, since=since, until=until, limit=limit).measures


def search(
    profile_id: str,
    code: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Found:
    """Search the measures of one code, newest first; body mass index follows the weights."""
    if code != codes.BMI:
        return store().search(profile_id, code, since=since, until=until, limit=limit, offset=offset)
    heights = store().search(profile_id, codes.HEIGHT, limit=_HEIGHTS).measures
    if not heights:
        return Found(0, [])
    weights = store().search(profile_id, codes.WEIGHT, since=since, until=until, limit=limit, offset=offset)
    return replace(weights, measures=bmi.from_weights(weights.measures, heights, source=_own_source()))


def select(
    profile_id: str,
    any_of: Sequence[Wanted],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Found:
    """Search the measures that are any of what is wanted; body mass index only where nothing else is wanted."""
    if any_of and all(wanted.codes == frozenset([codes.BMI]) for wanted in any_of):
        if not any(wanted.categories is None or wanted.categories & VITAL for wanted in any_of):
            return Found(0, [])
        return search(profile_id, codes.BMI, since=since, until=until, limit=limit, offset=offset)
    return store().select(profile_id, any_of, since=since, until=until, limit=limit, offset=offset)


def documents(profile_id: str) -> list[Document]:
    """List the documents of a profile, newest first."""
    return store().list_documents(profile_id)


def document(profile_id: str, document_id: str) -> Document | None:
    """Find one document of a profile."""
    return store().find_document(profile_id, document_id)


def content(profile_id: str, document_id: str) -> bytes | None:
    """Find the bytes of one document of a profile."""
    return store().find_content(profile_id, document_id)


def download(profile_id: str, document_id: str, *, by: str) -> bytes | None:
    """Find the bytes of a document for an account that takes it home; the journal says who."""
    found = content(profile_id, document_id)
    if found is not None:
        audit.record("record:download", profile_id=profile_id, account_id=by, id=document_id)
    return found


def _own_source() -> str:
    return f"urn:oid:{settings.current().own_oid}"


def note_export(profile_id: str, *, by: str) -> None:
    """Write down that somebody takes the whole record away."""
    audit.record("record:export", profile_id=profile_id, account_id=by)
