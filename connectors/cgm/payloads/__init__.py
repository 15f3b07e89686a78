"""Vendors' files -> Export. Pure, and never anything but an Export or a PayloadRefused, whatever the bytes."""

from __future__ import annotations

from typing import Literal

from connectors.cgm.payloads import clarity, libreview, plain
from connectors.cgm.payloads.table import rows_of
from connectors.cgm.readings import DateOrder, Export
from connectors.contract import PayloadRefused

__all__ = ["FORMATS", "Format", "read"]

Format = Literal["auto", "libreview", "clarity", "plain"]
FORMATS: tuple[Format, ...] = ("auto", "libreview", "clarity", "plain")


def read(payload: bytes, *, fmt: Format = "auto", dates: DateOrder | None = None) -> Export:
    """Read an export in the format named, or in the one its headings tell."""
    rows = rows_of(payload)
    export: Export | None = None
    if fmt in ("auto", "libreview") and (libre_heading := libreview.find_heading(rows)):
        export = libreview.parse(rows, libre_heading, dates)
    elif fmt in ("auto", "clarity") and (clarity_heading := clarity.find_heading(rows)):
        export = clarity.parse(rows, clarity_heading)
    elif fmt in ("auto", "plain") and (plain_heading := plain.find_heading(rows)):
        export = plain.parse(rows, plain_heading)
    if export is None:
        sentence = "The columns are not those of a glucose export we know. Send the file as it was exported, unchanged."
        raise PayloadRefused(sentence, why="unknown_columns")
    if not export.readings:
        raise PayloadRefused("The file holds no automatic sensor reading.", why="no_reading")
    return export
