"""Writes glucose exports for tests: the headings, dates and rows a vendor's file has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

FRENCH = (
    "Appareil,Numéro de série,Horodatage de l'appareil,Type d'enregistrement,Historique de la glycémie {u},"
    "Numérisation de la glycémie {u},Insuline à action rapide sans valeur numérique"
)
ENGLISH = (
    "Device,Serial Number,Device Timestamp,Record Type,Historic Glucose {u},Scan Glucose {u},"
    "Non-numeric Rapid-Acting Insulin"
)
GERMAN = "Gerät,Seriennummer,Gerätezeitstempel,Aufzeichnungstyp,Glukosewert-Verlauf {u},Glukose-Scan {u},Notizen"
ITALIAN = (
    "Dispositivo,Numero di serie,Timestamp del dispositivo,Tipo di registrazione,Cronologia {u},Scansione {u},Note"
)

DAY_FIRST = "%d-%m-%Y %H:%M"
MONTH_FIRST = "%m-%d-%Y %I:%M %p"


def rows(
    walls: Iterable[datetime], *, stamp: str = DAY_FIRST, value: str = "120", kind: str = "0", serial: str = "S1"
) -> list[str]:
    """Write one automatic reading for each time."""
    return [f"FreeStyle Libre 3,{serial},{wall.strftime(stamp)},{kind},{value},," for wall in walls]


def libre(lines: Sequence[str], *, heading: str = ENGLISH, unit: str = "mg/dL", preamble: Sequence[str] = ()) -> bytes:
    """Write a LibreView file."""
    return "\r\n".join([*preamble, heading.format(u=unit), *lines, ""]).encode()


def every(minutes: int, count: int, *, start: datetime) -> list[datetime]:
    """Return `count` wall-clock times, `minutes` apart."""
    return [start + timedelta(minutes=minutes * step) for step in range(count)]


def wall(text: str) -> datetime:
    """Return a wall-clock time."""
    return datetime.fromisoformat(text)
