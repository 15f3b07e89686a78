"""The words of the report and of its drawings, in French and English, with each language's numbers and dates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final, TypeVar

LANGS: Final = ("fr", "en")
NBSP: Final = "\u00a0"

Key = TypeVar("Key", bound=str)

# Every word in every language: {"key": {"fr": "…", "en": "…"}}.
_WORDS: Final[dict[str, dict[str, str]]] = json.loads((Path(__file__).parent / "texts.json").read_text("utf-8"))


def words(lang: str) -> Mapping[str, str]:
    """Return every word of the report in a language; French where the language is not one of ours."""
    return {key: texts[language(lang)] for key, texts in _WORDS.items()}


def language(lang: str) -> str:
    """Return the language the report will be in."""
    return "en" if lang.lower().startswith("en") else "fr"


def number(value: float, digits: int, lang: str) -> str:
    """Write a number with a fixed count of decimals, halves rounded up as people expect."""
    scaled = int(value * 10**digits + 0.5 + 1e-9) / 10**digits
    return f"{scaled:.{digits}f}".replace(".", words(lang)["decimal"])


def percent(value: float, digits: int, lang: str) -> str:
    """Write a percentage as the language does."""
    return words(lang)["percent_of"].format(number(value, digits, lang))


def duration(share: float, lang: str) -> str:
    """Write a share of the day, in percent, as hours and minutes."""
    minutes = int(share * 14.4 + 0.5)
    if not minutes:
        return f"<{NBSP}1{NBSP}min" if share else words(lang)["never"]
    hours, rest = divmod(minutes, 60)
    return f"{hours}{NBSP}h{NBSP}{rest:02d}" if hours else f"{rest}{NBSP}min"


def hour(value: int, lang: str) -> str:
    """Write an hour of the day."""
    return words(lang)["hour_at"].format(value)


def long_date(day: date, lang: str, *, parts: int = 3) -> str:
    """Write a date in full, 2 février 2026 or 2 February 2026, or only its first parts."""
    told = words(lang)
    number_of_day = told["first_of_month"] if day.day == 1 else str(day.day)
    month = told["months"].split()[day.month - 1]
    return [number_of_day, f"{number_of_day}{NBSP}{month}", f"{number_of_day}{NBSP}{month} {day.year}"][parts - 1]


def short_date(day: date, lang: str) -> str:
    """Write a date for a narrow place: lun. 2, Mon 2."""
    return f"{words(lang)['weekdays'].split()[day.weekday()]}{NBSP}{day.day}"


def period(start: date, end: date, lang: str) -> str:
    """Write a period without repeating what both ends share."""
    if start == end:
        return long_date(end, lang)
    parts = 3 if start.year != end.year else 2 if start.month != end.month else 1
    return words(lang)["joins"].format(start=long_date(start, lang, parts=parts), end=long_date(end, lang))


def whole_percents(shares: Mapping[Key, float]) -> dict[Key, int]:
    """Round shares that sum to 100 to whole percents that still do, moving the fewest roundings."""
    floors = {key: int(share) for key, share in shares.items()}
    missing = 100 - sum(floors.values())
    by_rest = sorted(shares, key=lambda key: shares[key] - floors[key], reverse=True)
    return {key: floors[key] + (key in by_rest[:missing]) for key in shares}
