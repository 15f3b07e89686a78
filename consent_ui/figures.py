"""A measure in words: its name, its value and unit as people write them, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext, ngettext

from connectors import records
from connectors.records import Measure
from consent_ui import apps, words
from consent_ui.apps import App
from consent_ui.charts import Spark
from consent_ui.sentences import N_

SYSTOLIC, DIASTOLIC = "8480-6", "8462-4"
TITLES: dict[str, str] = {
    "weight": N_("Weight"),
    "height": N_("Height"),
    "bmi": N_("Body mass index"),
    "waist": N_("Waist"),
    "temperature": N_("Body temperature"),
    "blood_glucose": N_("Blood glucose"),
    "interstitial_glucose": N_("Mean interstitial glucose"),
    "hba1c": N_("HbA1c"),
    "gmi": N_("Glucose management indicator"),
    "blood_pressure": N_("Blood pressure"),
    "pain": N_("Pain"),
    "heart_rate": N_("Heart rate"),
    "steps": N_("Steps in a day"),
    "head": N_("Head circumference"),
}
UNITS: dict[str, str] = {
    "mm[Hg]": "mmHg",
    "Cel": "°C",
    "kg/m2": "kg/m²",
    "/min": N_("beats/min"),
    "1/(24.h)": N_("steps"),
    "steps/day": N_("steps"),
    "{score}": N_("out of 10"),
    "1": N_("out of 10"),
}
WHOLE = {"interstitial_glucose", "blood_glucose", "blood_pressure", "heart_rate", "steps", "pain", "height"}


@dataclass(frozen=True)
class Tile:
    """One measure as a page shows it."""

    code: str
    title: str
    value: str
    unit: str
    at: datetime
    period: str
    app: str
    source: str
    spark: Spark | None


def tile(measure: Measure, spark: Spark | None, known: dict[str, App]) -> Tile:
    """Put a measure in words; `known` keeps the apps already looked up for this page."""
    kind = records.get_kind(measure.code)
    if measure.client_id not in known:
        known[measure.client_id] = apps.of_client(measure.client_id)
    app = known[measure.client_id].name
    period = ngettext("%(num)s day", "%(num)s days", measure.days) if measure.days else gettext("at that moment")
    return Tile(
        code=kind.code,
        title=title(kind.key),
        value=value(kind.key, measure),
        unit=unit(measure.unit),
        at=measure.effective_at,
        period=period,
        app=gettext("worked out here") if measure.is_computed else app,
        source=_source(measure, app),
        spark=spark,
    )


def title(key: str) -> str:
    """The name of a measure."""
    return gettext(TITLES[key])


def unit(code: str) -> str:
    """A unit as people write it."""
    spelled = UNITS.get(code, code)
    return gettext(spelled) if spelled.isascii() and spelled in UNITS.values() else spelled


def value(key: str, measure: Measure) -> str:
    """The figure of a measure; a blood pressure has two."""
    if SYSTOLIC in measure.components and DIASTOLIC in measure.components:
        return f"{plain(key, measure.components[SYSTOLIC])}/{plain(key, measure.components[DIASTOLIC])}"
    return plain(key, main_value(measure))


def plain(key: str, figure: float) -> str:
    """A figure with the decimals that make sense for this measure."""
    if key in WHOLE:
        return words.number(round(figure))
    return words.number(figure, 1)


def main_value(measure: Measure) -> float:
    """The figure a curve follows: the value, or the first of its parts."""
    if measure.value is not None:
        return measure.value
    return measure.components.get(SYSTOLIC, next(iter(measure.components.values()), 0.0))


def _source(measure: Measure, app: str) -> str:
    if measure.is_computed:
        return gettext("Worked out here from weight and height")
    if measure.days:
        days = ngettext("%(num)s day", "%(num)s days", measure.days)
        return gettext("Average over %(days)s, added by %(app)s", days=days, app=app)
    return gettext("Added by %(app)s", app=app)
