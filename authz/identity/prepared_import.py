"""Preparing the spaces of a whole register, in batches: each is a unit by itself, with the letters it causes.

What has been written is never written again, so that an import that was stopped is simply begun anew; letters of a
batch are a message of its unit, and become a file at once or when the next import or the worker finds it waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any

from authz import audit, clock, db, entropy, settings
from authz.identity import prepared
from authz.identity.prepared_description import LineRefused, Prepared, described
from authz.identity.register_lines import Line
from authz.notifications import newcomers, worker
from authz.notifications.channels import letter

BATCH = 500
PAGES = {False: ("activation", "/activate"), True: ("activation_child", "/home/family/activate")}
_HEADS = {  # whose letter it is
    ("fr", False): "{}",
    ("en", False): "{}",
    ("fr", True): "Aux représentants légaux de {}",
    ("en", True): "To the legal representatives of {}",
}


@dataclass
class Tally:
    """What an import has done so far; `known` were there before, `renewed` got a new code."""

    lines: int = 0
    prepared: int = 0
    renewed: int = 0
    known: int = 0
    refused: int = 0
    emails: int = 0
    letters: int = 0
    files: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Way:
    """How codes reach people: by `letter` or `email`; `renews` whether codes that were not used are replaced."""

    channel: str = "letter"
    renews: bool = False


Refuse = Callable[[int, str], None]
Progress = Callable[[Tally], None]


def run(lines: Iterator[Line], way: Way, *, refuse: Refuse, progress: Progress) -> Tally:
    """Prepare a space for each line that can be used; `refuse` hears of the others: line number and rule."""
    tally = Tally()
    _post_waiting(tally)
    while batch := list(islice(lines, BATCH)):
        now = clock.now()
        usable = _usable(batch, way, tally, refuse=refuse, today=now.date())
        with db.unit_of_work():
            message_id = _batch(usable, way, now, tally)
        if message_id:
            _post(message_id, tally)
        progress(tally)
    return tally


def _usable(batch: Sequence[Line], way: Way, tally: Tally, *, refuse: Refuse, today: date) -> list[Prepared]:
    usable = []
    for line in batch:
        tally.lines += 1
        try:
            usable.append(described(line.said, today=today, needs_email=way.channel == "email"))
        except LineRefused as refusal:
            tally.refused += 1
            refuse(line.number, str(refusal.params["rule"]))
    return usable


def _batch(usable: Sequence[Prepared], way: Way, now: datetime, tally: Tally) -> str:
    """Write one batch and what tells its people; returns the name of its letters, if there are any."""
    codes = prepared.prepare([each.space for each in usable], now=now)
    tally.prepared += sum(code is not None for code in codes)
    told = []
    for each, made in zip(usable, codes, strict=True):
        code = made or (prepared.renew(each.space.nir, now=now) if way.renews else None)
        tally.renewed += code is not None and made is None
        tally.known += code is None
        if code:
            told.append((each, code))
    if not told:
        return ""
    batch_id, until = entropy.new_id(), now + prepared.CODE_TTL
    audit.record("space:prepare", batch=batch_id, count=len(told), by=way.channel)
    if way.channel == "email":
        for each, code in told:
            _write(batch_id, each, code, until)
        tally.emails += len(told)
        return ""
    tally.letters += len(told)
    return newcomers.post(batch_id, [_letter(each, code, until) for each, code in told], until=until)


def _write(batch_id: str, each: Prepared, code: str, until: datetime) -> None:
    template, page = PAGES[each.is_minor]
    params: dict[str, Any] = {"name": _name(each), "code": code, "day": until.date().isoformat(), "page": page}
    newcomers.write(batch_id, "email", each.space.email, template, lang=each.space.lang, until=until, **params)


def _letter(each: Prepared, code: str, until: datetime) -> dict[str, Any]:
    template, page = PAGES[each.is_minor]
    head = _HEADS[each.space.lang, each.is_minor].format(_name(each))
    params = {"name": _name(each), "code": code, "day": until.date().isoformat(), "page": page}
    return {
        "template": template,
        "lang": each.space.lang,
        "address": "\n".join((head, *each.address)),
        "params": params,
    }


def _name(each: Prepared) -> str:
    return f"{each.space.person.given_name} {each.space.person.family_name}"


def _post_waiting(tally: Tally) -> None:
    """Make the files of batches whose import was stopped before it could."""
    for message_id in worker.list_waiting(letter.CHANNEL):
        _post(message_id, tally)


def _post(message_id: str, tally: Tally) -> None:
    worker.deliver_now(message_id)
    path = letter.file_of(message_id, settings.current())
    if path.exists():  # else the disk is full, or worse: the worker tries again
        tally.files.append(str(path))
