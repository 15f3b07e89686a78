"""LibreView exports: the patient's and the practice's, in any account language, and the older desktop software's.

The heading row is found by its columns, never by its number; columns by their names in French, English and German,
and by position behind the first four where the language is another one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.cgm.payloads.stamps import Stamp, date_order, stamp_in
from connectors.cgm.payloads.table import Row, cell_at, number_in, plain, unit_in, word_limit
from connectors.cgm.readings import LIMITS, DateOrder, Export, Reading, Unit, is_possible, limit_of
from connectors.contract import PayloadRefused, RejectedRow

HEADINGS_LOOKED_AT = 12
AUTOMATIC = "0"

_NAMES: dict[str, tuple[str, ...]] = {
    "device": ("device", "meter", "appareil", "gerat", "dispositivo", "apparaat"),
    "serial": ("serial number", "numero de serie", "seriennummer", "numero di serie", "serienummer"),
    "stamp": ("device timestamp", "meter timestamp", "horodatage de l'appareil", "geratezeitstempel", "time"),
    "kind": ("record type", "type d'enregistrement", "aufzeichnungstyp"),
}
_HISTORIC = ("historic glucose", "historique de la glycemie", "glukosewert-verlauf")


@dataclass(frozen=True)
class Heading:
    """Where the columns are, and what is above them."""

    above: int
    stamp: int
    kind: int
    glucose: int
    unit: Unit
    device: int | None = None
    serial: int | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    stamp: Stamp | None
    kind: str
    device: str
    serial: str
    glucose: str


def find_heading(rows: list[Row]) -> Heading | None:
    """Find the heading row among the first rows, by names, else by position."""
    top = [[plain(cell) for cell in cells] for _, cells in rows[:HEADINGS_LOOKED_AT]]
    for finder in (_by_names, _by_position):
        for above, cells in enumerate(top):
            if heading := finder(cells, above):
                return heading
    return None


def parse(rows: list[Row], heading: Heading, dates: DateOrder | None = None) -> Export:
    """Read the rows under the heading; `dates` answers the question an undecidable file raises."""
    lines = list(_lines(rows[heading.above + 1 :], heading))
    printed = _printed(rows[: heading.above])
    order = dates or date_order(_groups(lines), printed)
    export = Export(format="libreview", unit=heading.unit, readings=[], generated_at=_generated_at(printed, order))
    sources: dict[tuple[str, str], int] = {}
    ignored = 0
    for line in lines:
        if line.kind != AUTOMATIC:
            ignored += 1
            continue
        reading = _reading(line, order, heading.unit, sources.setdefault((line.device, line.serial), len(sources)))
        if isinstance(reading, str):
            export.rejected.append(RejectedRow(line.number, reading))
        else:
            export.readings.append(reading)
    export.devices.extend(dict.fromkeys(device for device, _ in sources if device))
    export.serials.extend(dict.fromkeys(serial for _, serial in sources if serial))
    return Export(**{**vars(export), "ignored": ignored})


def _by_names(cells: list[str], above: int) -> Heading | None:
    at = {key: next((cells.index(name) for name in names if name in cells), None) for key, names in _NAMES.items()}
    glucose = next((index for index, cell in enumerate(cells) if cell.startswith(_HISTORIC)), None)
    stamp, kind = at["stamp"], at["kind"]
    if stamp is None or kind is None or glucose is None:
        return None
    unit = _unit(cells[glucose])
    return Heading(above, stamp, kind, glucose, unit, device=at["device"], serial=at["serial"])


def _by_position(cells: list[str], above: int) -> Heading | None:
    unit = unit_in(cell_at(cells, 4))
    if len(cells) < 6 or unit is None or unit_in(cells[5]) is None or any(unit_in(cell) for cell in cells[:4]):
        return None
    return Heading(above, stamp=2, kind=3, glucose=4, unit=unit, device=0, serial=1)


def _unit(heading: str) -> Unit:
    unit = unit_in(heading)
    if unit is None:
        sentence = "The glucose column names no unit. Export the file again from LibreView, unchanged."
        raise PayloadRefused(sentence, why="no_unit")
    return unit


def _lines(rows: list[Row], heading: Heading) -> Iterator[_Line]:
    for number, cells in rows:
        yield _Line(
            number=number,
            stamp=stamp_in(cell_at(cells, heading.stamp)),
            kind=cell_at(cells, heading.kind),
            device=cell_at(cells, heading.device),
            serial=cell_at(cells, heading.serial),
            glucose=cell_at(cells, heading.glucose),
        )


def _groups(lines: list[_Line]) -> list[list[Stamp]]:
    groups: dict[tuple[str, str], list[Stamp]] = defaultdict(list)
    for line in lines:
        if line.stamp is not None:
            groups[line.serial, line.kind].append(line.stamp)
    return list(groups.values())


def _printed(preamble: list[Row]) -> Stamp | None:
    """Find the stamp 'Generated on' of the preamble, in whatever language."""
    return next((stamp for _, cells in preamble for cell in cells if (stamp := stamp_in(cell))), None)


def _generated_at(printed: Stamp | None, order: DateOrder) -> datetime | None:
    made = printed.resolve(order) if printed else None
    return made.replace(tzinfo=UTC) if made else None


def _reading(line: _Line, order: DateOrder, unit: Unit, source: int) -> Reading | str:
    """Return the reading of a line, or the slug of the reason why there is none."""
    wall = line.stamp.resolve(order) if line.stamp else None
    if wall is None:
        return "no_such_time"
    if not line.glucose:
        return "no_value"
    if side := word_limit(line.glucose):
        return Reading(wall, LIMITS[unit][side > 0], source, "high" if side > 0 else "low")
    value = number_in(line.glucose)
    if value is None:
        return "not_a_number"
    if not is_possible(value, unit):
        return "impossible_value"
    return Reading(wall, value, source, limit_of(value, unit))
