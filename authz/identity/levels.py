"""How sure a sign-in is: the two levels that clients may ask for by `acr_values` (OpenID Connect Core §2). Pure.

`aal2`, the name of NIST SP 800-63B, is two factors; `phr`, the name of the OpenID EAP ACR values, is two factors of
which one cannot be phished. What counts are the `amr` of the factors (RFC 8176).
"""

from __future__ import annotations

from collections.abc import Iterable

TWO_FACTORS = "aal2"
PHISHING_RESISTANT = "phr"
LEVELS = (TWO_FACTORS, PHISHING_RESISTANT)  # the weaker first
REACHABLE = LEVELS  # a code can be phished, however it reaches the patient; a passkey cannot
_UNPHISHABLE = {"hwk", "swk"}  # possession of a key that the browser uses for one site only


def of(amr: Iterable[str]) -> str:
    """Return the level of a sign-in by its factors."""
    return PHISHING_RESISTANT if _UNPHISHABLE & set(amr) else TWO_FACTORS


def is_enough(acr: str, wanted: Iterable[str]) -> bool:
    """Tell whether a level reaches one of those wanted; names that we do not know are reached by none."""
    return any(name in LEVELS and acr in LEVELS[LEVELS.index(name) :] for name in wanted)


def is_reachable(wanted: Iterable[str]) -> bool:
    """Tell whether a patient could sign in here in a way that reaches one of those wanted."""
    return any(is_enough(acr, wanted) for acr in REACHABLE)


def told(acr: str, wanted: Iterable[str]) -> str:
    """Return what to tell a client: the first level it wants that was reached, or else the level there is."""
    return next((name for name in wanted if is_enough(acr, [name])), acr)
