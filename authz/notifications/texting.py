"""Text messages cost money: to which numbers they go, and how many; every purpose that sends them spends here.

A number is served when it begins like one of `APPAIRAGE_SMS_RANGES`. Ranges that bill whoever writes to them are never
served, unless a longer entry of the operator's says so. The budgets, from small to large: a number that is not yet an
account's; an account's own number; a range; all. Of the larger two a fifth is kept for devices that are known. Notices
have two of their own, a number's and all's, so that they use up nothing of the codes'.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache

from authz import logs, ratelimit, settings
from authz.errors import Refusal
from authz.ratelimit import TooMany

RANGES = (
    *("+336", "+337", "+262692", "+262693", "+262639", "+590690", "+590691", "+594694", "+596696", "+596697", "+508"),
    *("+6877", "+6878", "+6879", "+68987", "+68989", "+681", "+324", "+417", "+3526", "+3774", "+3776", "+376"),
    *("+4915", "+4916", "+4917", "+393", "+346", "+347", "+447"),
)
_ENTRY = re.compile(r"(?P<prefix>\+[1-9][0-9]{0,9})(=(?P<limit>[1-9][0-9]{0,6}))?")
# Premium, shared-cost and satellite ranges, and personal numbers that lead there.
PREMIUM = (
    *("+338", "+3290", "+4190", "+4470", "+4476", "+449", "+49900", "+3989", "+3480", "+35290", "+1900", "+1976"),
    *("+808", "+878", "+870", "+881", "+882", "+883", "+888", "+979"),
)
LANDLINES = ("+331", "+332", "+333", "+334", "+335", "+339")
NEW_NUMBER = (5, timedelta(days=1))  # codes to a number that is not yet an account's, whoever asks
TOLD = (20, timedelta(days=1))  # notices to a number
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_log = logs.get(__name__)


class NoText(Refusal):
    """No text message goes to this number now; another way has to be chosen."""

    code = "no_text_message"


class LandLine(NoText):
    """The number is a landline's, which shows no text messages."""

    description = "Text messages do not reach a landline."


class NumberNotServed(NoText):
    """The number begins like none of those that are served, or like those that cost extra."""

    description = "No text messages are sent to numbers that begin like this."


class TextsSpent(NoText):
    """A budget of text messages is spent; `wait` says for how many seconds."""

    code = "too_many_requests"
    status = 429
    description = "No more text messages are sent for now."


def check(number: str) -> str:
    """Return the range that a number is served under; refuses with LandLine or NumberNotServed."""
    served = _longest(number, tuple(ranges()))
    if len(_longest(number, LANDLINES)) > len(served):
        raise LandLine(reason="landline")
    if not served or len(_longest(number, PREMIUM)) > len(served):
        raise NumberNotServed(reason="range")
    return served


def is_served(number: str) -> bool:
    """Tell whether text messages go to a number at all."""
    try:
        return bool(check(number))
    except NoText:
        return False


def spend(number: str, *, is_new: bool = False, is_known: bool = False) -> None:
    """Count one code to a number; refuses with LandLine, NumberNotServed or TextsSpent.

    `is_new`: it is not the account's own yet; `is_known`: a device that the account knows asked for it.
    """
    served, config = check(number), settings.current()
    limit, per = NEW_NUMBER if is_new else (config.sms_number_day, _DAY)
    _spend("texts new" if is_new else "texts", number, limit, per)
    for bucket, key, cap, per in (("texts range", served, ranges()[served], _HOUR), ("texts all", "", *_all())):
        if not is_known:
            _spend(f"{bucket} abroad", key, max(1, cap * 4 // 5), per, is_cap=True)
        _spend(bucket, key, cap, per, is_cap=True)


def may_tell(number: str) -> bool:
    """Count one notice to a number; tells whether it may go there, for the bell and e-mail say it too."""
    try:
        check(number)
        _spend("texts told", number, *TOLD)
        _spend("texts told all", "", *_all(), is_cap=True)  # else accounts by the hundred make it cost what they like
    except NoText as refusal:
        _log.warning("sms:untold", extra={"reason": refusal.reason})
        return False
    return True


def ranges() -> dict[str, int]:
    """Return the beginnings of the numbers served, each with its limit an hour."""
    config = settings.current()
    return read_ranges(config.sms_ranges, limit=config.sms_range_hour)


@lru_cache(maxsize=4)
def read_ranges(entries: tuple[str, ...], *, limit: int) -> dict[str, int]:
    """Read the setting; refuses with NumberNotServed what is no range."""
    found = {}
    for entry in entries or RANGES:
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise NumberNotServed("APPAIRAGE_SMS_RANGES: each must be + and digits, or that, = and so many an hour.")
        found[match["prefix"]] = int(match["limit"] or limit)
    return found


def list_low() -> list[str]:
    """Say which of the larger budgets are nearly spent, for the operator."""
    found = [
        f"{left} of {cap} left this hour for {served}"
        for served, cap in ranges().items()
        if (left := ratelimit.remaining("texts range", served, limit=cap, per=_HOUR)) * 5 < cap
    ]
    limit, per = _all()
    left = ratelimit.remaining("texts all", "", limit=limit, per=per)
    return [*found, f"{left} of {limit} left today"] if left * 5 < limit else found


def _all() -> tuple[int, timedelta]:
    return settings.current().sms_day, _DAY


def _spend(bucket: str, key: str, limit: int, per: timedelta, *, is_cap: bool = False) -> None:
    try:
        ratelimit.spend(bucket, key, limit=limit, per=per)
    except TooMany as refusal:
        if is_cap:
            _log.warning("sms:cap", extra={"bucket": bucket, "range": key or "all"})
        raise TextsSpent(reason=refusal.reason, wait=refusal.params["wait"]) from refusal


def _longest(number: str, prefixes: tuple[str, ...]) -> str:
    return max((prefix for prefix in prefixes if number.startswith(prefix)), key=len, default="")
