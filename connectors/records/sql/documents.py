"""Documents in SQL; their bytes are read only when asked for."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row, Select, Table, select, update

from authz.db import session
from connectors.records import identities
from connectors.records.contract import Document, NewDocument, Origin, Put
from connectors.records.models import DocumentRow
from connectors.records.sql.inserting import put_new

_table = cast(Table, DocumentRow.__table__)
_d = _table.c
_shown: Select[Any] = select(
    _d.id, _d.profile_id, _d.category, _d.title, _d.mime, _d.size, _d.sha256, _d.sha1, _d.confidentiality, _d.details,
    _d.effective_at, _d.client_id, _d.pairing_id, _d.created_at, _d.type_code, _d.identifier,
)  # fmt: skip


def put_document(origin: Origin, new: NewDocument, *, at: datetime) -> Put:
    """Keep a document once: the same identity from the same app creates nothing again."""
    document_id = identities.document_id(origin, new)
    sha256 = hashlib.sha256(new.content).hexdigest()
    # SHA-1 is what FHIR's Attachment.hash is made of; nothing relies on it.
    sha1 = hashlib.sha1(new.content, usedforsecurity=False).hexdigest()
    values = {
        "profile_id": origin.profile_id, "id": document_id, "category": new.category, "type_code": new.type_code,
        "title": new.title, "mime": new.mime, "size": len(new.content), "sha256": sha256, "sha1": sha1,
        "confidentiality": " ".join(new.confidentiality), "identifier": new.identifier,
        "effective_at": new.effective_at, "client_id": origin.client_id, "pairing_id": origin.pairing_id,
        "created_at": at, "hidden_at": None, "purge_at": None,
        "details": json.dumps(dict(new.details), ensure_ascii=False), "content": new.content,
    }  # fmt: skip
    if put_new(DocumentRow, values):
        return Put(document_id, True)
    return _repeat(origin, document_id, sha256)


def list_documents(profile_id: str) -> list[Document]:
    """List the visible documents of a profile, newest first, without their bytes."""
    query = _shown.where(_d.profile_id == profile_id, _d.hidden_at.is_(None))
    return [_document(row) for row in session().execute(query.order_by(_d.effective_at.desc(), _d.id))]


def find_document(profile_id: str, document_id: str) -> Document | None:
    """Find one visible document of a profile, without its bytes."""
    query = _shown.where(_d.profile_id == profile_id, _d.id == document_id, _d.hidden_at.is_(None))
    row = session().execute(query).first()
    return _document(row) if row else None


def find_content(profile_id: str, document_id: str) -> bytes | None:
    """Find the bytes of one visible document."""
    query = select(_d.content).where(_d.profile_id == profile_id, _d.id == document_id, _d.hidden_at.is_(None))
    return session().execute(query).scalar()


def _repeat(origin: Origin, document_id: str, sha256: str) -> Put:
    where = (_d.profile_id == origin.profile_id) & (_d.id == document_id)
    kept = session().execute(select(_d.sha256, _d.pairing_id, _d.hidden_at).where(where)).one()
    if kept.sha256 != sha256:
        return Put(document_id, False, conflict=True)
    if kept.hidden_at is not None and kept.pairing_id != origin.pairing_id:
        # As for measures: sent again through a new link, it shows again.
        values = {"hidden_at": None, "purge_at": None, "pairing_id": origin.pairing_id}
        session().execute(update(_table).where(where).values(values))
    return Put(document_id, False)


def _document(row: Row[Any]) -> Document:
    found = row._asdict()
    found["confidentiality"] = tuple(found["confidentiality"].split())
    found["details"] = json.loads(found["details"])
    return Document(**found)
