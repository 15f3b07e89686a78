"""A document as the health space takes it: metadata and the file inline, one DocumentReference. Pure."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

CATEGORY = "urn:appairage:document-category"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"


@dataclass(frozen=True)
class File:
    """The bytes to deposit and what a reader sees of them."""

    title: str
    content_type: str
    content: bytes
    made_at: datetime


def reference(file: File, *, subject: str, subject_system: str, author: str) -> dict[str, Any]:
    """Write the DocumentReference; its identifier comes from the content, so a repeat is recognised."""
    # The standard's `hash` is SHA-1; it tells files apart and protects nothing.
    sha1 = hashlib.sha1(file.content, usedforsecurity=False).digest()
    identity = hashlib.sha256(b"\0".join([subject.encode(), file.title.encode(), file.content])).hexdigest()
    return {
        "resourceType": "DocumentReference",
        "masterIdentifier": {"system": "urn:ietf:rfc:6920", "value": f"ni:///sha-256;{identity}"},
        "status": "current",
        "category": [{"coding": [{"system": CATEGORY, "code": "SYNTHESE"}]}],
        "subject": {"identifier": {"system": subject_system, "value": subject}},
        "date": file.made_at.isoformat(timespec="seconds"),
        "author": [{"display": author}],
        "securityLabel": [{"coding": [{"system": CONFIDENTIALITY, "code": "N"}]}],
        "content": [
            {
                "attachment": {
                    "contentType": file.content_type,
                    "data": base64.b64encode(file.content).decode(),
                    "size": len(file.content),
                    "hash": base64.b64encode(sha1).decode(),
                    "title": file.title,
                    "creation": file.made_at.isoformat(timespec="seconds"),
                }
            }
        ],
    }
