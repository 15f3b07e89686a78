"""A DocumentReference with its file inline, read and judged, and written back without it.

Pure. The shape follows the national document-sharing guide's simplified addition (PDSm): one attachment whose `data`
is given here, never an address to fetch; its type, size and SHA-1 `hash` are checked against the bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.records import codes, identities, outcomes, sniffing
from connectors.records.contract import Document, NewDocument
from connectors.records.fhir_mapping import dates, shapes
from connectors.records.outcomes import Invalid, Issue

CATEGORY_SYSTEM = "urn:appairage:document-category"
CONFIDENTIALITY_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
TITLE_MAX = 255
VISIBLE, HIDDEN = "N", "MASQUE_PS"
# The categories of the space (§3.2), and the consent that opens each to an app; without one it is closed to apps.
CATEGORIES: dict[str, str | None] = {
    "SYNTHESE": codes.SUMMARY_WRITE,
    "ORD_SOIN": None,
    "RADIO_SC": None,
    "BIOLOGIE": None,
    "CPT_REND": None,
    "DEPISTAG": None,
    "CERT_MED": None,
    "AUTR_DOC": None,
    "DOC_ADM": None,
    "SYNTH_PML": None,
    "DIR_ANT": None,
    "CAR_VAC": None,
    "VDP": None,
    "REMB": None,
    "QUEST_SANTE": None,
}


class DocumentTooLarge(outcomes.Unreadable):
    """The file is larger than the space takes."""

    code = "too_large"
    status = 413
    description = "The document is too large."


def read_category(resource: Mapping[str, Any]) -> str:
    """Return the category of the space that a DocumentReference names, or refuse it."""
    for concept in shapes.children(resource, "category"):
        for _system, code in shapes.codings({"concept": concept}, "concept"):
            if code in CATEGORIES:
                return code
    raise _invalid("category names no category of the space.", "code-invalid", "category")


def read_document(resource: Mapping[str, Any], *, now: datetime, max_bytes: int) -> NewDocument:
    """Read a DocumentReference and its file, or refuse it with the first thing that is wrong."""
    if resource.get("resourceType") != "DocumentReference":
        raise _invalid("resourceType must be DocumentReference.", "invalid", "resourceType")
    if shapes.text(resource, "status") != "current":
        raise _invalid("status must be current.", "value", "status")
    contents = shapes.children(resource, "content")
    if len(contents) != 1:
        raise _invalid("content must hold exactly one attachment.", "structure", "content")
    attachment = shapes.child(contents[0], "attachment")
    content = _read_data(attachment, max_bytes)
    return NewDocument(
        title=_read_title(attachment, resource),
        category=read_category(resource),
        mime=_read_mime(attachment, content),
        content=content,
        effective_at=_read_date(attachment, resource, now),
        confidentiality=_read_confidentiality(resource),
        identifier=_read_identifier(resource),
        type_code=next((code for _system, code in shapes.codings(resource, "type") if code), None),
    )


def document_reference(document: Document, subject: Mapping[str, str], *, base: str) -> dict[str, Any]:
    """Write a document without its bytes; they are at the attachment's address."""
    document_id = identities.shown(document.id)
    found: dict[str, Any] = {
        "resourceType": "DocumentReference",
        "id": document_id,
        "meta": {"versionId": "1", "lastUpdated": dates.shown(document.created_at)},
        "status": "current",
        "category": [{"coding": [{"system": CATEGORY_SYSTEM, "code": document.category}]}],
        "subject": {"identifier": dict(subject)},
        "date": dates.shown(document.created_at),
        "securityLabel": [
            {"coding": [{"system": CONFIDENTIALITY_SYSTEM, "code": code} for code in document.confidentiality]}
        ],
        "content": [{"attachment": _attachment(document, f"{base}/Binary/{document_id}")}],
    }
    if document.identifier:
        system, _, value = document.identifier.partition("|")
        found["masterIdentifier"] = {"system": system, "value": value} if system else {"value": value}
    return found


def _attachment(document: Document, url: str) -> dict[str, Any]:
    return {
        "contentType": document.mime,
        "url": url,
        "size": document.size,
        "hash": base64.b64encode(bytes.fromhex(document.sha1)).decode(),
        "title": document.title,
        "creation": dates.shown(document.effective_at),
    }


def _read_data(attachment: Mapping[str, Any], max_bytes: int) -> bytes:
    data = attachment.get("data")
    if not isinstance(data, str) or not data:
        raise _invalid("content.attachment.data is missing: the file travels inline.", "required", "content")
    if len(data) > (max_bytes + 3) * 4 // 3 + 4:
        raise DocumentTooLarge(f"The document is larger than {max_bytes} bytes.")
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise _invalid("content.attachment.data is not base64.", "value", "content") from None
    if len(content) > max_bytes:
        raise DocumentTooLarge(f"The document is larger than {max_bytes} bytes.")
    _check_claims(attachment, content)
    return content


def _check_claims(attachment: Mapping[str, Any], content: bytes) -> None:
    claimed = attachment.get("hash")
    # FHIR's Attachment.hash is SHA-1 by definition; it detects damage and protects nothing.
    if claimed is not None and claimed != base64.b64encode(sha1(content)).decode():
        raise _invalid("content.attachment.hash is not the SHA-1 of the data.", "value", "content")
    size = attachment.get("size")
    if size is not None and size != len(content):
        raise _invalid("content.attachment.size is not the size of the data.", "value", "content")


def sha1(content: bytes) -> bytes:
    """Return the SHA-1 that FHIR's Attachment.hash asks for."""
    return hashlib.sha1(content, usedforsecurity=False).digest()


def _read_mime(attachment: Mapping[str, Any], content: bytes) -> str:
    declared = sniffing.declared_type(shapes.text(attachment, "contentType"))
    if declared is None:
        raise _invalid("content.attachment.contentType is not one the space takes.", "not-supported", "content")
    if sniffing.find_type(content) != declared:
        raise _invalid("content.attachment.data is not what contentType says.", "value", "content")
    return declared


def _read_title(attachment: Mapping[str, Any], resource: Mapping[str, Any]) -> str:
    title = shapes.text(attachment, "title") or shapes.text(resource, "description")
    if not title or len(title) > TITLE_MAX or not title.isprintable():
        raise _invalid(f"content.attachment.title must have 1 to {TITLE_MAX} characters.", "required", "content")
    return title


def _read_date(attachment: Mapping[str, Any], resource: Mapping[str, Any], now: datetime) -> datetime:
    text = shapes.text(attachment, "creation") or shapes.text(resource, "date")
    if not text:
        return now
    when = dates.read_when(text, now=now, name="content.attachment.creation")
    if isinstance(when, str):
        raise _invalid(when, "value", "content")
    return when.at


def _read_confidentiality(resource: Mapping[str, Any]) -> tuple[str, ...]:
    found = {
        code
        for concept in shapes.children(resource, "securityLabel")
        for _system, code in shapes.codings({"concept": concept}, "concept")
    }
    if found - {VISIBLE, HIDDEN}:
        raise _invalid(f"securityLabel may be {VISIBLE} or {HIDDEN}.", "code-invalid", "securityLabel")
    return (VISIBLE, HIDDEN) if HIDDEN in found else (VISIBLE,)


def _read_identifier(resource: Mapping[str, Any]) -> str | None:
    master = shapes.identifier(shapes.child(resource, "masterIdentifier"))
    return f"{master[0]}|{master[1]}" if master else shapes.first_identifier(resource)


def _invalid(text: str, code: str, at: str) -> Invalid:
    return Invalid(outcomes.DOCUMENT, [Issue(text, code, f"DocumentReference.{at}")])
