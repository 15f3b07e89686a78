"""The pivot identity: the six civil facts by which two registers know that they speak of one person. Pure but the key.

They are what French identity providers vouch for: names at birth, gender, birth date, and the codes of the place and
country of birth (the official geographic code). Two identities are one when their normal forms are equal.

What may differ is writing: accents, ligatures, capitals, the kind of apostrophe or hyphen or none, spaces, and what is
said of a birthplace abroad, since registers disagree on it. What may not is the rest: each given name, in its order,
the parts of a family name, the gender, the date, the commune, the country. Nothing is guessed from a part of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from authz import crypto
from authz.errors import Refusal

FRANCE = "99100"
GENDERS = ("female", "male")
LONGEST_NAME = 200
_COMMUNE = re.compile(r"(?!99)[0-9][0-9AB][0-9]{3}")
_COUNTRY = re.compile(r"99[0-9]{3}")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_LETTERS = str.maketrans(
    {"Æ": "AE", "Œ": "OE", "Ø": "O", "Đ": "D", "Ð": "D", "Ħ": "H", "Ł": "L", "ẞ": "SS", "Þ": "TH", "ı": "I"}
)
# One claim of OpenID Connect per fact; the last two are those of French providers.
CLAIMS = {
    "family_name": "family_name",
    "given_names": "given_name",
    "gender": "gender",
    "birthdate": "birthdate",
    "birthplace": "birthplace",
    "birthcountry": "birthcountry",
}


class PivotRefused(Refusal):
    """Facts that are no pivot identity; `fact` names the first that is missing or not of its form."""

    code = "invalid_identity"
    description = "The identity is not complete, or a part of it is not of its form."


@dataclass(frozen=True)
class Pivot:
    """A pivot identity in its normal form; only `of` and `read` make one."""

    family_name: str
    given_names: str  # apart by spaces
    gender: str
    birthdate: str  # the month, or both, are 00 where the register knows no better
    birthplace: str  # empty for who was born abroad
    birthcountry: str


def of(*, family_name: str, given_names: str, gender: str, birthdate: str, birthplace: str, birthcountry: str) -> Pivot:
    """Return the normal form of an identity; refuses with PivotRefused."""
    country = _matching(_COUNTRY, birthcountry, "birthcountry")
    return Pivot(
        family_name=_name(family_name, "family_name"),
        given_names=_name(given_names, "given_names"),
        gender=_gender(gender),
        birthdate=_date(birthdate),
        birthplace=_matching(_COMMUNE, birthplace, "birthplace") if country == FRANCE else "",
        birthcountry=country,
    )


def read(claims: Mapping[str, Any]) -> Pivot:
    """Return the identity that OpenID Connect claims tell; refuses with PivotRefused."""
    return of(**{fact: _text(claims, claim, fact) for fact, claim in CLAIMS.items()})


def digest(pivot: Pivot) -> str:
    """Return what an identity is looked up by: nobody without our key can try people out on it."""
    return crypto.keyed_digest("pivot", "\n".join(getattr(pivot, spec.name) for spec in fields(Pivot)))


def normal_name(text: str) -> str:
    """Return a name without what may differ: `Élodie Anne-Lise` and `ELODIE ANNE LISE` are one; `` is no name.

    Letters that Latin does not have are left as they are: who calls decides what they mean.
    """
    # Marks fall before capitals and after: some letters get theirs only as a capital.
    plain = _bare(_bare(text).upper().translate(_LETTERS))
    return " ".join("".join(char if _is_letter(char) else " " for char in plain).split())


def _is_letter(char: str) -> bool:
    """Tell a letter; the modifiers, apostrophes among them, are none."""
    return char.isalpha() and unicodedata.category(char) != "Lm"


def _bare(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def _name(text: str, fact: str) -> str:
    name = normal_name(text) if len(text) <= LONGEST_NAME else ""
    if not name or not name.isascii() or any(char.isdigit() for char in text):
        raise PivotRefused(reason=fact, fact=fact)
    return name


def _gender(text: str) -> str:
    if text not in GENDERS:
        raise PivotRefused(reason="gender", fact="gender")
    return text


def _date(text: str) -> str:
    """Return an ISO date; the month and the day, or the day alone, may be unknown."""
    found = _DATE.fullmatch(text)
    try:
        year, month, day = map(int, found.groups()) if found and found[0].isascii() else (0, 0, 0)
        date(year, month or 1, day or 1)
    except ValueError as error:
        raise PivotRefused(reason="birthdate", fact="birthdate") from error
    if day and not month:
        raise PivotRefused(reason="birthdate", fact="birthdate")
    return text


def _matching(shape: re.Pattern[str], text: str, fact: str) -> str:
    code = text.strip().upper()
    if not shape.fullmatch(code):
        raise PivotRefused(reason=fact, fact=fact)
    return code


def _text(claims: Mapping[str, Any], claim: str, fact: str) -> str:
    value = claims.get(claim, "")
    if not isinstance(value, str):
        raise PivotRefused(reason=fact, fact=fact)
    return value
