"""What a measure can be in a living person: values outside are refused as errors of unit, device or transmission.

Pure. The public interface gives no figures, so these are ours: as wide as what has been observed or what an instrument
can show, never "normal" ranges, since an alarming value is exactly the one that must not be lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.records import codes


@dataclass(frozen=True)
class Bound:
    """Both ends are allowed values, in the kept unit; `source` says where they come from."""

    low: float
    high: float
    source: str
    whole: bool = False


BOUNDS = {
    codes.WEIGHT: Bound(0.2, 650, "smallest surviving newborn 0.212 kg (Singapore 2020); heaviest person 635 kg"),
    codes.HEIGHT: Bound(20, 280, "smallest surviving newborns 24 cm; tallest person 272 cm (R. Wadlow, 1940)"),
    "8280-0": Bound(15, 320, "a preterm's girth is near its head's, 18 cm; largest waist recorded 302 cm (W. Hudson)"),
    "8287-5": Bound(15, 100, "preterm of 22 weeks about 18 cm (Fenton 2013); extreme hydrocephalus 94 cm (2013)"),
    "8310-5": Bound(11, 47, "lowest survived 11.8 Cel (Poland 2014), highest survived 46.5 Cel (Atlanta 1980)"),
    "2345-7": Bound(10, 2700, "home meters show from 10 mg/dL; highest survived 2656 mg/dL (Pennsylvania 2008)"),
    codes.INTERSTITIAL: Bound(40, 500, "a mean lies within what sensors report: 40 to 500 mg/dL (FreeStyle Libre)"),
    codes.GMI: Bound(4.2, 15.3, "3.31 + 0.02392 x mean (Bergenstal 2018) over means of 40 to 500 mg/dL"),
    "4548-4": Bound(2.5, 20, "laboratory and bedside analysers report 2.5 to 14 %, chromatographs up to 20 %"),
    codes.SYSTOLIC: Bound(30, 300, "cuffs are limited to 300 mmHg (IEC 80601-2-30); shock seldom reads under 30"),
    codes.DIASTOLIC: Bound(10, 250, "below the systolic limit of a cuff (IEC 80601-2-30); newborns in shock from 10"),
    "72514-3": Bound(0, 10, "the numeric rating scale runs from 0 to 10 by definition"),
    "8867-4": Bound(15, 350, "deep bradycardia under 20 /min in athletes' sleep; neonatal tachycardia to 300 /min"),
    "41950-7": Bound(0, 300_000, "the 24 h running record, 319 km (2022), is under 300 000 steps", whole=True),
}


def complaint(code: str, value: float) -> str | None:
    """Say in one sentence why a value cannot be right, or None when it can."""
    bound = BOUNDS[code]
    if not bound.low <= value <= bound.high:
        kind = codes.find_kind(code)
        unit = kind.unit if kind else "mm[Hg]"
        return f"The value is outside {bound.low:g} to {bound.high:.6g} {unit}, the bounds for {code}."
    if bound.whole and value != int(value):
        return f"The value of {code} is a count and must be a whole number."
    return None
