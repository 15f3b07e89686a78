"""Registers of made-up people for imports: nobody was born in department 69, commune 999."""

from __future__ import annotations

from typing import Any

from stdnum.fr import nir as authority


def nir_of(number: int, *, year: str = "58") -> str:
    """Return the social security number of the n-th person, with its key."""
    thirteen = f"2{year}0469{number // 1000:03d}{number % 1000:03d}"
    return thirteen + str(authority.calc_check_digits(thirteen))


def person(number: int, **changes: Any) -> dict[str, Any]:
    """Return the n-th person as an operator's register has them."""
    return {
        "given_name": f"Jeanne{number}",
        "family_name": "Lefèvre",
        "birthdate": "1958-04-12",
        "nir": nir_of(number),
        "card_serial": f"{number:011d}",
        "email": f"jeanne{number}@example.org",
    } | changes
