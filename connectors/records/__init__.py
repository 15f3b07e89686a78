"""The record store: measures and documents of profiles, behind one contract, and what pages read of them.

`contract` says what a store is and `sql` is the embedded one; `codes`, `bounds` and `fhir_mapping` are the rules, pure;
`writing` and `receipts` serve the doors by which apps come in; `ending` follows what pairings become.
"""

from __future__ import annotations

from connectors.records.codes import KINDS, Kind, find_kind, get_kind
from connectors.records.contract import Document, Measure
from connectors.records.reading import content, document, documents, download, history, latest, note_export, search

__all__ = [
    "KINDS",
    "Document",
    "Kind",
    "Measure",
    "content",
    "document",
    "documents",
    "download",
    "find_kind",
    "get_kind",
    "history",
    "latest",
    "note_export",
    "search",
]
