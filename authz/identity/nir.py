"""The French social security number and the serial of its card: their forms, checked; the only importer of stdnum.

Neither is shown again, nor written to a log: refusals carry the rule that was broken, never the number.
"""

from __future__ import annotations

import re

from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.fr import nir

from authz.errors import Refusal

CARD_DIGITS = 11  # of a longer serial the last ones count, which are those that people are asked for
_SHAPE = re.compile(r"[1-478][0-9]{4}[0-9][0-9AB][0-9]{8}")
_BETWEEN = re.compile(r"[\s._\-/]")
_LONGEST = 60


class NirRefused(Refusal):
    """A social security number is none; `rule` is shape, or key where the last two digits do not fit the others."""

    code = "invalid_nir"
    description = "The social security number is not valid."


class CardRefused(Refusal):
    """The serial of a card has too few digits, or something else than digits."""

    code = "invalid_card"
    description = "The serial of the card is not valid."


def as_nir(text: str) -> str:
    """Return a number of 15 characters in its one spelling, Corsica's 2A and 2B included; refuses with NirRefused."""
    bare = _BETWEEN.sub("", text[:_LONGEST]).upper()
    if not bare.isascii() or not _SHAPE.fullmatch(bare):
        raise NirRefused(rule="shape")
    try:
        nir.validate(bare)
    except InvalidChecksum as error:
        raise NirRefused(rule="key") from error
    except ValidationError as error:
        raise NirRefused(rule="shape") from error
    return bare


def as_card_serial(text: str) -> str:
    """Return the last digits of a card's serial; refuses with CardRefused."""
    bare = _BETWEEN.sub("", text[:_LONGEST])
    if not (bare.isascii() and bare.isdecimal() and len(bare) >= CARD_DIGITS):
        raise CardRefused()
    return bare[-CARD_DIGITS:]
