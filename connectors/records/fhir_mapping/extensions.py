"""The extensions of a measure: moment of measurement, number of days, comment (French measures interface §2.4).

Pure. Three families of addresses are in circulation; an extension is known by its family and the end of its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.records.codes import Kind
from connectors.records.fhir_mapping import shapes
from connectors.records.outcomes import Issue

MES = "https://fhir.monespacesante.fr/ref/mesure/StructureDefinition/"
OLD = "http://esante.gouv.fr/ci-sis/fhir/StructureDefinition/"
INTEROP = "https://interop.esante.gouv.fr/ig/fhir/mesures/StructureDefinition/"
FAMILIES = (MES, OLD, INTEROP)

MOMENTS = {
    "53049-3": "fasting",
    "88365-2": "before_meal",
    "16915-1": "after_meal",
    "LA11865-5": "after_exercise",
    "LA46-8": "other",
    "A05": "during_malaise",
}
OTHER_DAYS = "GEN-092"
DAYS: dict[str, int | None] = {
    "GEN-275": 7,
    "GEN-276": 14,
    "GEN-277": 30,
    "GEN-278": 90,
    OTHER_DAYS: None,
    "GEN-092.08.05": None,
}
_LEADING = re.compile(r"[0-9]{1,3}(?![0-9])")
_NAMES = {"momentofmeasurement": "moment", "numberofdays": "days", "reasonformeasurement": "comment"}
_SHOWN = {"moment": "extension.moment", "days": "extension.numberOfDays"}


@dataclass(frozen=True)
class Extras:
    """What the extensions said."""

    moment: str | None = None
    days: int | None = None
    days_code: str | None = None
    comment: str | None = None


def read_extras(resource: Mapping[str, Any], kind: Kind, problems: list[Issue]) -> Extras:
    """Read a measure's extensions, noting those that are missing, unexpected, repeated or unreadable."""
    found: dict[str, dict[str, Any]] = {}
    for extension in shapes.children(resource, "extension"):
        name = _name(shapes.text(extension, "url"))
        if name in found:
            problems.append(Issue(f"The extension for {name} is given twice.", "invalid", "Observation.extension"))
        if name:
            found[name] = extension
    for name, shown in _SHOWN.items():
        if name == kind.needs and name not in found:
            problems.append(Issue(f"{shown} is mandatory for this code.", "required", "Observation.extension"))
        elif name != kind.needs and name in found:
            problems.append(Issue(f"{shown} is not allowed for this code.", "business-rule", "Observation.extension"))
    return _extras(found, problems)


def days_coding(days: int | None) -> dict[str, Any]:
    """Write a number of days as the CodeableConcept of the interface; other numbers go in the text of "other"."""
    code = next((code for code, value in DAYS.items() if value is not None and value == days), OTHER_DAYS)
    from_table = {"coding": [{"system": "https://mos.esante.gouv.fr/NOS/TRE_R308-TAASIP/FHIR/TRE-R308-TAASIP"}]}
    from_table["coding"][0]["code"] = code
    return from_table | ({"text": str(days)} if code == OTHER_DAYS and days is not None else {})


def _name(url: str) -> str:
    family = next((family for family in FAMILIES if url.startswith(family)), None)
    if family is None:
        return ""
    plain = re.sub(r"[^a-z]", "", url[len(family) :].lower())
    return next((name for end, name in _NAMES.items() if plain.endswith(end)), "")


def _extras(found: Mapping[str, dict[str, Any]], problems: list[Issue]) -> Extras:
    moment, days, days_code = None, None, None
    if "moment" in found:
        moment = next((code for code in _codes(found["moment"]) if code in MOMENTS), None)
        if moment is None:
            problems.append(Issue("extension.moment has no known code.", "code-invalid", "Observation.extension"))
    if "days" in found:
        days_code = next((code for code in _codes(found["days"]) if code in DAYS), None)
        days = DAYS.get(days_code or "") or _free_days(found["days"])
        if days_code is None:
            problems.append(Issue("extension.numberOfDays has no known code.", "code-invalid", "Observation.extension"))
    comment = shapes.text(found.get("comment"), "valueString") or None
    return Extras(moment, days, days_code, comment)


def _codes(extension: Mapping[str, Any]) -> list[str]:
    return [code for _system, code in shapes.codings(extension, "valueCodeableConcept")]


def _free_days(extension: Mapping[str, Any]) -> int | None:
    concept = shapes.child(extension, "valueCodeableConcept")
    words = [
        shapes.text(concept, "text"),
        *(shapes.text(item, "display") for item in shapes.children(concept, "coding")),
    ]
    found = next((match for word in words if (match := _LEADING.match(word))), None)
    return int(found[0]) if found and 1 <= int(found[0]) <= 366 else None
