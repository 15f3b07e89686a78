"""The glucose connector: a sensor's export becomes two measures, the mean and the management indicator, and a report.

The report and the measures are about the last 14 dates with data, as the consensus wants. With fewer, they are still
made, for the dates there are, and say that they are not enough.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Any, Final, cast

from connectors.cgm import payloads, texts
from connectors.cgm.goals import Population, population
from connectors.cgm.readings import Export
from connectors.cgm.report import make_report
from connectors.cgm.report_data import origin_line
from connectors.cgm.summary import REPORT_DAYS, Day, Summary, figures, span_of
from connectors.cgm.walltime import Window
from connectors.contract import Card, Connector, Yield, YieldedDocument, YieldedMeasure

MEAN_CODE: Final = "MED-969"
GMI_CODE: Final = "MED-972"
CATEGORY: Final = "SYNTHESE"

# Durations the French measures interface has a code for (JDV_J164); any other number of days is "other".
DAYS_CODES: Final = {7: "GEN-275", 14: "GEN-276", 30: "GEN-277", 90: "GEN-278"}
OTHER_DAYS: Final = "GEN-092"

CARD: Final = Card(
    title={"fr": "Glucose en continu", "en": "Continuous glucose"},
    summary={
        "fr": "Lit l’export d’un capteur de glucose et en tire la moyenne, l’indicateur de gestion et un rapport.",
        "en": "Reads the export of a glucose sensor and makes the mean, the management indicator and a report of it.",
    },
    accepts=("text/csv", "text/plain", "application/octet-stream"),
    scopes=("measures.glucose.write", "documents.summary.write"),
)


@dataclass(frozen=True)
class GlucoseConnector:
    """The contract's implementation; holds nothing but its name and card."""

    name: str = "cgm"
    card: Card = CARD

    def accept(
        self,
        payload: bytes,
        *,
        content_type: str,
        zone: tzinfo,
        lang: str,
        now: datetime,
        source: str = "",
        age: int | None = None,
    ) -> Yield:
        """Read an export, of whatever declared type: its own first bytes tell what it is."""
        export = payloads.read(payload)
        span = span_of(export, zone=zone, days=REPORT_DAYS)
        summary = figures(span, export.unit, traces=True)
        origin = origin_line(lang, source=source, devices=export.devices)
        whose = population(age)
        content = make_report(summary, lang=lang, made_at=now.astimezone(zone), population=whose, origin=origin)
        document = _document(span, summary, zone, lang=lang, content=content, export=export, whose=whose)
        return Yield(
            readings=summary["n"],
            summary=without_points(summary),
            measures=_measures(span, summary, zone),
            documents=(document,),
            rejected=tuple(export.rejected),
        )


connector: Final[Connector] = GlucoseConnector()


def without_points(summary: Summary) -> dict[str, Any]:
    """Return a summary without the points of its days: figures to answer with, not the readings themselves."""
    daily = [cast(Day, {key: value for key, value in day.items() if key != "points"}) for day in summary["daily"]]
    return {**summary, "daily": daily}


def _measures(span: Window, summary: Summary, zone: tzinfo) -> tuple[YieldedMeasure, YieldedMeasure]:
    days = (span.end - span.dates[0]).days + 1
    effective_at = _end_of(span, zone)
    mean = YieldedMeasure(
        code=MEAN_CODE,
        value=round(summary["mean_mg_dl"], 2),
        unit="mg/dL",
        effective_at=effective_at,
        days=days,
        days_code=DAYS_CODES.get(days, OTHER_DAYS),
        identity=f"mean:{_identity(span)}",
        sufficient=summary["sufficient_14d_70pct"],
    )
    gmi = replace(
        mean, code=GMI_CODE, value=round(summary["gmi_percent"], 2), unit="%", identity=f"gmi:{_identity(span)}"
    )
    return mean, gmi


def _document(
    span: Window, summary: Summary, zone: tzinfo, *, lang: str, content: bytes, export: Export, whose: Population
) -> YieldedDocument:
    start, end = (date.fromisoformat(summary[key]) for key in ("start_date", "end_date"))
    title = f"{texts.words(lang)['title']}, {texts.period(start, end, lang)}"
    return YieldedDocument(
        title=title,
        category=CATEGORY,
        mime="application/pdf",
        content=content,
        effective_at=_end_of(span, zone),
        identity=f"report:{_identity(span)}",
        details={
            "kind": "glucose-report",
            "version": 1,
            "summary": summary,
            "devices": export.devices,
            "goals": whose,
        },
    )


def _end_of(span: Window, zone: tzinfo) -> datetime:
    """Return the instant of the last reading, on the patient's clock."""
    return span.readings[-1].at.astimezone(zone)


def _identity(span: Window) -> str:
    """Return the same name for the same readings, whenever and however often they are sent."""
    told = hashlib.sha256(f"{span.start} {span.end}".encode())
    for one in span.readings:
        told.update(f"|{one.at:%Y-%m-%dT%H:%M} {one.value:g}".encode())
    return told.hexdigest()[:32]
