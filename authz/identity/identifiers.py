"""The sign-in identifier: its rules, and its one spelling."""

from __future__ import annotations

import re

from authz.errors import Refusal

_SHAPE = re.compile(r"[a-z0-9._-]{8,64}")
_NIR = re.compile(r"[1-478][0-9]{5}[0-9ab][0-9]{6}([0-9]{2})?")
_IBAN = re.compile(r"[a-z]{2}[0-9]{2}[a-z0-9]{11,30}")


class IdentifierRefused(Refusal):
    """A new identifier breaks a rule; `rule` is one of shape, number, taken."""

    code = "invalid_identifier"
    description = "The identifier needs 8 letters, digits or . - _ at least, and may not be a personal number."


def is_well_formed(identifier: str) -> bool:
    """Tell whether an account could have this identifier; whatever could not is never looked up."""
    return _SHAPE.fullmatch(identifier) is not None


def as_identifier(text: str) -> str:
    """Return a new identifier in its one spelling; refuses an ill-formed one, a social security number, an IBAN."""
    identifier = text.strip().lower()
    if not is_well_formed(identifier):
        raise IdentifierRefused(rule="shape")
    bare = re.sub(r"[._-]", "", identifier)
    if _NIR.fullmatch(bare) or (_IBAN.fullmatch(bare) and _is_iban(bare)):
        raise IdentifierRefused(rule="number")
    return identifier


def _is_iban(bare: str) -> bool:
    """ISO 7064 mod 97-10, with the first four characters moved to the end and letters counted from ten."""
    return int("".join(str(int(char, 36)) for char in bare[4:] + bare[:4])) % 97 == 1
