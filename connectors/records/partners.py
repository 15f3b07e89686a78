"""What partners read back: searches and single resources, checked, journaled and written as FHIR."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from authz import settings
from authz.protocol import step_up
from authz.protocol.bearer import Access
from connectors.records import codes, identities, reading, writing
from connectors.records.contract import Document
from connectors.records.fhir_mapping import rendering
from connectors.records.fhir_mapping.documents import document_reference
from connectors.records.outcomes import NotFound
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
    writing.check_read_consent(access, asked.kind.code)
    found = reading.search(
        access.profile_id,
        asked.kind.code,
        since=_since(access, asked),
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


def _since(access: Access, asked: Search) -> datetime | None:
    limits = [limit for limit in (asked.since, access.history_start) if limit]
    return max(limits, default=None)


def read_observation(access: Access, text: str) -> dict[str, Any]:
    """Return one measure: what the app wrote itself, or any with the consent to read."""
    step_up.check(access, "measures")
    measure = reading.store().find_measure(access.profile_id, identities.read(text))
    if measure is None or not (measure.client_id == access.client_id or codes.MEASURES_READ in access.scopes):
        raise NotFound(reason=text)
    if writing.is_out_of_reach(access, measure.effective_at):
        raise NotFound(reason=text)
    writing.note(access, "record:measure:read", code=measure.code, count=1)
    return rendering.observation(measure, subject_of(access))


def read_document(access: Access, text: str, *, base: str) -> dict[str, Any]:
    """Return one document that the app wrote, without its bytes."""
    document = _own_document(access, text)
    writing.note(access, "record:document:read", category=document.category, id=document.id)
    return document_reference(document, subject_of(access), base=base)


def read_binary(access: Access, text: str) -> tuple[Document, bytes]:
    """Return one document that the app wrote, with its bytes."""
    document = _own_document(access, text)
    content = reading.content(access.profile_id, document.id)
    writing.note(access, "record:document:read", category=document.category, id=document.id)
    return document, content or b""


def _own_document(access: Access, text: str) -> Document:
    step_up.check(access, "documents")
    # No consent to read documents exists, so an app sees its own and learns nothing of others.
    document = reading.document(access.profile_id, identities.read(text))
    if document is None or document.client_id != access.client_id:
        raise NotFound(reason=text)
    if writing.is_out_of_reach(access, document.effective_at):
        raise NotFound(reason=text)
    return document
