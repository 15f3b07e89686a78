"""The embedded record store, on SQLite and PostgreSQL: one module of operations that fulfils `RecordStore`."""

from __future__ import annotations

from connectors.records.sql.documents import find_content, find_document, list_documents, put_document
from connectors.records.sql.ending import erase_of_profile, hide_of_pairing, purge, restore_of_pairing
from connectors.records.sql.measures import find_measure, latest, list_devices, put_measure, search
from connectors.records.sql.measures import select_measures as select

__all__ = [
    "erase_of_profile",
    "find_content",
    "find_document",
    "find_measure",
    "hide_of_pairing",
    "latest",
    "list_devices",
    "list_documents",
    "purge",
    "put_document",
    "put_measure",
    "restore_of_pairing",
    "search",
    "select",
]
