"""The one table of measures: which codes name them, their unit, their rules and the consent that opens them.

Pure. The codes are those of the French measures interface V1.5.2 (§2.3) and of its implementation guide 3.1.1; two
spellings of one measure (MED-969 and 99504-3, 8287-5 and 9843-4) are one kind, kept and searched together.
"""

from __future__ import annotations

from dataclasses import dataclass

LOINC = "http://loinc.org"
TAASIP = "https://mos.esante.gouv.fr/NOS/TRE_R308-TAASIP/FHIR/TRE-R308-TAASIP"
CISIS = "https://smt.esante.gouv.fr/fhir/CodeSystem/terminologie-cisis"
UCUM = "http://unitsofmeasure.org"

# Every address under which a code system is known to travel, and the one it is kept under.
SYSTEMS = {
    LOINC: LOINC,
    "https://loinc.org": LOINC,
    "urn:oid:2.16.840.1.113883.6.1": LOINC,
    "https://mos.esante.gouv.fr/NOS/TRE_A04-Loinc/FHIR/TRE-A04-Loinc": LOINC,
    TAASIP: TAASIP,
    "urn:oid:1.2.250.1.213.1.1.4.322": TAASIP,
    CISIS: TAASIP,
    "https://smt.esante.gouv.fr/terminologie-cisis": TAASIP,
}

GLUCOSE_WRITE = "measures.glucose.write"
WEIGHT_WRITE = "measures.weight.write"
PRESSURE_WRITE = "measures.blood_pressure.write"
STEPS_WRITE = "measures.steps.write"
MEASURES_READ = "measures.read"
SUMMARY_WRITE = "documents.summary.write"

SYSTOLIC, DIASTOLIC = "8480-6", "8462-4"
WEIGHT, HEIGHT, BMI = "29463-7", "8302-2", "39156-5"
INTERSTITIAL, GMI = "MED-969", "MED-972"


@dataclass(frozen=True)
class Kind:
    """One measure; `units` has the kept spelling first, `parts` are codes of components, `needs` its extension."""

    key: str
    code: str
    display: str
    profile: str
    units: tuple[str, ...]
    system: str = LOINC
    scope: str | None = None
    needs: str | None = None
    parts: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()

    @property
    def unit(self) -> str:
        """The unit values are kept in."""
        return self.units[0]


KINDS = (
    Kind("weight", WEIGHT, "Body weight", "bodyweight", ("kg",), scope=WEIGHT_WRITE),
    Kind("height", HEIGHT, "Body height", "bodyheight", ("cm",)),
    Kind("bmi", BMI, "Body mass index", "bmi", ("kg/m2",)),
    Kind("waist", "8280-0", "Waist circumference", "waistcircumference", ("cm",)),
    Kind("temperature", "8310-5", "Body temperature", "bodytemperature", ("Cel",)),
    Kind("blood_glucose", "2345-7", "Glucose", "glucose", ("mg/dL",), needs="moment"),
    Kind(
        "interstitial_glucose",
        INTERSTITIAL,
        "Mean interstitial glucose",
        "glucose",
        ("mg/dL",),
        system=TAASIP,
        scope=GLUCOSE_WRITE,
        needs="days",
        aliases=((LOINC, "99504-3"),),
    ),
    Kind("hba1c", "4548-4", "Hemoglobin A1c", "glucose", ("%",)),
    Kind(
        "gmi", GMI, "Glucose management indicator", "glucose", ("%",), system=TAASIP, scope=GLUCOSE_WRITE, needs="days"
    ),
    Kind(
        "blood_pressure",
        "85354-9",
        "Blood pressure",
        "bp",
        ("mm[Hg]",),
        scope=PRESSURE_WRITE,
        parts=(SYSTOLIC, DIASTOLIC),
    ),
    Kind("pain", "72514-3", "Pain severity", "painseverity", ("{score}", "1")),
    Kind("heart_rate", "8867-4", "Heart rate", "heartrate", ("/min",)),
    Kind("steps", "41950-7", "Steps in one day", "stepsbyday", ("1/(24.h)", "steps/day"), scope=STEPS_WRITE),
    Kind("head", "8287-5", "Head circumference", "headcircumference", ("cm",), aliases=((LOINC, "9843-4"),)),
)

_BY_CODING = {(kind.system, kind.code): kind for kind in KINDS} | {
    coding: kind for kind in KINDS for coding in kind.aliases
}
_BY_CODE = {code: kind for (_system, code), kind in _BY_CODING.items()}


def find_kind(code: str, system: str | None = None) -> Kind | None:
    """Find the measure that a code names; without a system any of its spellings will do, as in a search."""
    if system is None:
        return _BY_CODE.get(code)
    return _BY_CODING.get((SYSTEMS.get(system, ""), code))


def get_kind(code: str) -> Kind:
    """Return the measure of a code that is known to be kept here."""
    return _BY_CODE[code]


def scope_for_code(code: str) -> str | None:
    """Name the unit of consent that opens writing a measure; None while no consent text covers it."""
    kind = _BY_CODE.get(code)
    return kind.scope if kind else None
