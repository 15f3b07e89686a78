"""Depositing a document (French document-sharing guide, simplified addition): read, judge, keep once."""

from __future__ import annotations

from typing import Any

from authz import clock, settings
from authz.protocol.bearer import Access
from connectors.fhir_api import reads
from connectors.records import identities, reading, receipts, writing
from connectors.records.fhir_mapping import shapes
from connectors.records.fhir_mapping.documents import document_reference, read_category, read_document
from connectors.records.json_text import read_object
from connectors.records.outcomes import NotFound
from connectors.records.subjects import check_subject, subject_of

OVERHEAD = 65_536


def max_body() -> int:
    """Return the largest body that can hold the largest document in base64."""
    return settings.current().document_max_bytes * 4 // 3 + OVERHEAD


def deposit(access: Access, raw: bytes, *, key: str | None, base: str) -> tuple[str, dict[str, Any]]:
    """Keep a document and return its id and its DocumentReference; a repeat gets the first answer."""
    resource = read_object(raw)
    if named := shapes.subject(resource):
        check_subject(access, *named)
    # The consent first: a document nobody agreed to is not even decoded.
    writing.check_document_consent(access, read_category(resource))
    new = read_document(resource, now=clock.now(), max_bytes=settings.current().document_max_bytes)
    receipts.claim(writing.origin_of(access), key, b"/fhir/DocumentReference\n" + raw)
    put = writing.keep_document(access, new)
    writing.note_received(access)
    kept = reading.document(access.profile_id, put.id)
    if kept is None:
        raise NotFound("This document was removed from the space.")
    return identities.shown(put.id), reads.about(access, document_reference(kept, subject_of(access), base=base))
