"""What a line of an operator's register says of somebody whose space is to be prepared, checked; writes nothing.

A line that cannot be used is refused with a rule alone: who reads why learns nothing about the person.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from authz.errors import Refusal
from authz.identity import delegation, pivot
from authz.identity.nir import CardRefused, NirRefused, as_card_serial, as_nir
from authz.identity.prepared import Person, Space
from authz.notifications.contacts import LANGS, ContactRefused, as_email, as_phone

_NAMES = ("given_name", "family_name", "birthdate", "nir")
_PIVOT = ("gender", "birthplace", "birthcountry")
_GENDERS = {"f": "female", "m": "male", "2": "female", "1": "male"}
_LONGEST, _MOST_LINES = 200, 6
COLUMNS = frozenset(
    {*_NAMES, *_PIVOT, "given_names", "card_serial", "email", "phone", "lang", "address", "representative_nir"}
)
RULES = {
    "unreadable": "The line is no record: not JSON, or not as many cells as the first line has.",
    "text": "A value is no text of UTF-8, is too long, or holds control characters.",
    "missing": "One of given_name, family_name, birthdate and nir is missing.",
    "birthdate": "birthdate is not a date of the past such as 1985-04-12.",
    "nir_shape": "nir has not the 15 characters of a social security number.",
    "nir_key": "nir has a wrong key: the last two digits do not fit the others.",
    "card": "card_serial has fewer than 11 digits, or is missing for an adult.",
    "identity": "gender, birthplace and birthcountry are not those of an identity.",
    "email": "email is not an address that can be written to.",
    "phone": "phone is not a number that can be called.",
    "lang": "lang is not a language of the pages.",
    "representative": "A minor needs representative_nir, the number of one or two adults; an adult has none.",
    "reach": "Codes go by e-mail, and there is no email.",
}


class LineRefused(Refusal):
    """A line of a register cannot be used; `rule` is one of RULES."""

    code = "invalid_line"
    description = "The line cannot be used."


@dataclass(frozen=True)
class Prepared:
    """A space to prepare, and the lines of the postal address, which are printed and not kept."""

    space: Space
    address: tuple[str, ...]
    is_minor: bool


def described(said: Mapping[str, Any] | None, *, today: date, needs_email: bool = False) -> Prepared:
    """Check one line as a whole; refuses with LineRefused."""
    if said is None:
        raise LineRefused(rule="unreadable")
    known = {name: said.get(name) for name in COLUMNS}
    words = {name: _text(value) for name, value in known.items() if name not in ("address", "representative_nir")}
    if not all(words[name] for name in _NAMES):
        raise LineRefused(rule="missing")
    born = _birthdate(words["birthdate"], today)
    is_minor = delegation.age(born, today) < delegation.MAJORITY
    if needs_email and not words["email"]:
        raise LineRefused(rule="reach")
    space = Space(
        person=Person(words["given_name"], words["family_name"], born.isoformat()),
        nir=_nir(words["nir"]),
        card=_card(words["card_serial"], is_minor),
        email=_reach(words, "email"),
        phone=_reach(words, "phone"),
        lang=_lang(words["lang"]),
        representatives=_representatives(known["representative_nir"], is_minor),
        **_pivot(words, born),
    )
    return Prepared(space, _address(known["address"]), is_minor)


def _text(value: object) -> str:
    """Return a value as a line of text; numbers, as spreadsheets write them, are texts too."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else "" if value is None else None
    if text is None or len(text) > _LONGEST or not text.strip().isprintable():
        raise LineRefused(rule="text")
    return text.strip()


def _birthdate(text: str, today: date) -> date:
    try:
        born = date.fromisoformat(text)
    except ValueError as error:
        raise LineRefused(rule="birthdate") from error
    if born > today or len(text) != 10:
        raise LineRefused(rule="birthdate")
    return born


def _nir(text: str) -> str:
    try:
        return as_nir(text)
    except NirRefused as error:
        raise LineRefused(rule=f"nir_{error.params['rule']}") from error


def _card(text: str, is_minor: bool) -> str:
    if not text and is_minor:
        return ""
    try:
        return as_card_serial(text)
    except CardRefused as error:
        raise LineRefused(rule="card") from error


def _reach(words: Mapping[str, str], name: str) -> str:
    try:
        return {"email": as_email, "phone": as_phone}[name](words[name]) if words[name] else ""
    except ContactRefused as error:
        raise LineRefused(rule=name) from error


def _lang(text: str) -> str:
    lang = text[:2].lower() or LANGS[0]
    if lang not in LANGS:
        raise LineRefused(rule="lang")
    return lang


def _representatives(value: object, is_minor: bool) -> tuple[str, ...]:
    given = value if isinstance(value, list) else _text(value).replace(";", ",").replace("|", ",").split(",")
    numbers = [_text(number) for number in given if _text(number)]
    if bool(numbers) != is_minor or len(numbers) > 2:
        raise LineRefused(rule="representative")
    try:
        return tuple(map(as_nir, numbers))
    except NirRefused as error:
        raise LineRefused(rule="representative") from error


def _pivot(words: Mapping[str, str], born: date) -> dict[str, str]:
    """Return the pivot identity, if the line tells one: all given names, then gender and where somebody was born."""
    if not any(words[name] for name in _PIVOT):
        return {}
    gender = _GENDERS.get(words["gender"].lower(), words["gender"].lower())
    told = {name: words[name] for name in ("family_name", "birthplace", "birthcountry")} | {"gender": gender}
    try:
        found = pivot.of(
            given_names=words["given_names"] or words["given_name"], birthdate=born.isoformat(), **told
        )  # fmt: skip
    except pivot.PivotRefused as error:
        raise LineRefused(rule="identity") from error
    return {"pivot": json.dumps(asdict(found), ensure_ascii=False), "pivot_digest": pivot.digest(found)}


def _address(value: object) -> tuple[str, ...]:
    """Return the lines of a postal address: a list, or a text in which `|` or a new line ends one."""
    lines = value if isinstance(value, list) else str(value or "").replace("\r", "").replace("|", "\n").split("\n")
    told = tuple(text for text in map(_text, lines) if text)
    if len(told) > _MOST_LINES:
        raise LineRefused(rule="text")
    return told
