"""What makes two pushes the same: the identity of a measure or document, and the id that follows from it.

Pure. The id is derived from whose record it is, which app sent it and what it is, so that a repeat finds its first
without a look-up, and the primary key itself is the guard against a second row.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC

from connectors.records.contract import NewDevice, NewDocument, NewMeasure, Origin


def content_of_measure(new: NewMeasure) -> str:
    """Digest what a measure says: code, instant, values, days, moment, device."""
    device = f"{new.device.system}|{new.device.value}" if new.device else None
    values = [new.value, sorted(new.components.items())]
    instant = new.effective_at.astimezone(UTC).isoformat()
    return _digest([new.code, instant, values, new.days, new.days_code, new.moment, device])


def content_of_document(new: NewDocument) -> str:
    """Digest what a document is: its bytes, category and title."""
    return _digest([hashlib.sha256(new.content).hexdigest(), new.category, new.title])


def measure_id(origin: Origin, new: NewMeasure) -> str:
    """Derive the id of a measure from the app's identifier, or from its content when it has none."""
    return _id(origin, "measure", new.identifier or content_of_measure(new))


def document_id(origin: Origin, new: NewDocument) -> str:
    """Derive the id of a document from the app's identifier, or from its content when it has none."""
    return _id(origin, "document", new.identifier or content_of_document(new))


def device_id(origin: Origin, new: NewDevice) -> str:
    """Derive the id of a device; apart for each profile and app, so that no app learns of another's devices."""
    return _id(origin, "device", f"{new.system}|{new.value}")


def computed_id(row_id: str) -> str:
    """Derive the id of a measure that the space works out from another."""
    return _uuid(_digest(["computed", row_id]))


def shown(row_id: str) -> str:
    """Write an id as the UUID that FHIR readers expect."""
    return f"{row_id[:8]}-{row_id[8:12]}-{row_id[12:16]}-{row_id[16:20]}-{row_id[20:]}"


def read(text: str) -> str:
    """Read an id from its UUID spelling."""
    return text.replace("-", "").lower()


def _id(origin: Origin, sort: str, identity: str) -> str:
    return _uuid(_digest([origin.profile_id, origin.client_id, sort, identity]))


def _uuid(digest: str) -> str:
    # RFC 9562 §5.8: version 8, variant 10, the rest is ours.
    return f"{digest[:12]}8{digest[13:16]}{'89ab'[int(digest[16], 16) % 4]}{digest[17:32]}"


def _digest(parts: list[object]) -> str:
    return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()
