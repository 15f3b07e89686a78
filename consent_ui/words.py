"""Dates, numbers and names as a person reads them, in the language of the page."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal
from flask_babel import get_locale, gettext

from authz import clock, settings

NARROW, FIRM = "\u202f", "\u00a0"
VOWELS = frozenset("aàâäeéèêëiîïoôöuùûüyhœæ")


def tidy(text: str) -> str:
    """The page's font has no narrow no-break space; the ordinary one reads the same."""
    return text.replace(NARROW, FIRM)


def language() -> str:
    """Two letters of the page's language."""
    return str(get_locale().language)


def local(at: datetime) -> datetime:
    """The moment on the clock of the space, whose people live in one zone."""
    return at.astimezone(settings.current().zone)


def _dated(pattern: str, at: date) -> str:
    """Write a date; the first of a month is « 1er » in French, which the locale data do not know."""
    if at.day == 1 and language() == "fr":
        pattern = pattern.replace("d", "'1er'")
    return tidy(format_date(at, pattern, locale=get_locale()))


def _as_date(at: date | datetime) -> date:
    return local(at).date() if isinstance(at, datetime) else at


def day(at: date | datetime) -> str:
    """18 mars 2026, never broken between day and month."""
    return _dated("d MMMM y", _as_date(at)).replace(" ", FIRM)


def reaching_back(start: datetime | None) -> str:
    """Say from which day on an app reaches data; empty where all of them."""
    return gettext("Data since %(day)s, none from before", day=day(start)) if start else ""


def short_day(at: date | datetime) -> str:
    """18 mars."""
    return _dated("d MMM", _as_date(at)).replace(" ", FIRM)


def hour(at: datetime) -> str:
    """08:10, the same in both languages."""
    return f"{local(at):%H:%M}"


def moment(at: datetime) -> str:
    """18 mars 2026 à 08:10."""
    return gettext("%(day)s at\u00a0%(hour)s", day=day(at), hour=hour(at))


def ago(at: datetime) -> str:
    """il y a 2 heures."""
    gone = at - clock.now()
    if abs(gone) < timedelta(minutes=1):
        return gettext("just now")
    return tidy(format_timedelta(gone, add_direction=True, locale=get_locale())).replace(" ", FIRM)


def heading(at: date) -> str:
    """Aujourd’hui, mercredi 18 mars: how the journal names a day."""
    today = local(clock.now()).date()
    text = _dated("EEEE d MMMM", at)
    if at.year != today.year:
        text = f"{text} {at.year}"
    if at == today:
        return gettext("Today, %(day)s", day=text)
    if (today - at).days == 1:
        return gettext("Yesterday, %(day)s", day=text)
    return text[:1].upper() + text[1:]


def number(value: float | Decimal | int, digits: int | None = None) -> str:
    """7 412 or 5,6; with digits, always that many decimals."""
    pattern = None if digits is None else "#,##0." + "0" * digits if digits else "#,##0"
    return tidy(format_decimal(value, format=pattern, locale=get_locale()))


def size(count: int) -> str:
    """210 ko."""
    kilo = max(1, round(count / 1000))
    if kilo < 1000:
        return gettext("%(n)s\u00a0kB", n=number(kilo))
    return gettext("%(n)s\u00a0MB", n=number(round(count / 1_000_000, 1)))


def whose(name: str) -> str:
    """de Camille, d’Alice; in English Alice’s: texts take it as %(whose)s."""
    if language() != "fr":
        return f"{name}’s"
    return f"d’{name}" if name[:1].lower() in VOWELS else f"de {name}"
