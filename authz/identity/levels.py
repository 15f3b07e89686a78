"""How sure a sign-in is: the two levels that clients may ask for by `acr_values` (OpenID Connect Core §2). Pure.

`aal2`, the name of NIST SP 800-63B, is two factors; `phr`, the name of the OpenID EAP ACR values, is two factors of
which one cannot be phished. What counts are the `amr` of the factors (RFC 8176).

Of a sign-in at an upstream provider (`fed`) we see nothing but what it says. The French one says the levels of the
eIDAS regulation: `eidas1` (low) is one factor here, and one of ours follows; `eidas2` (substantial) and `eidas3` (high)
are two by that regulation (2015/1502, annex, 2.2.1 and 2.3.1), and none of ours is asked. None counts as one that
cannot be phished: what the person held there is not told. Which levels count as two is a setting of each provider.
"""

from __future__ import annotations

from collections.abc import Iterable

TWO_FACTORS = "aal2"
PHISHING_RESISTANT = "phr"
LEVELS = (TWO_FACTORS, PHISHING_RESISTANT)  # the weaker first
REACHABLE = LEVELS  # a code can be phished, however it reaches the patient; a passkey cannot
FEDERATED = "fed"
EIDAS = ("eidas1", "eidas2", "eidas3")  # the weaker first
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


def reaches_upstream(acr: str, demanded: Iterable[str]) -> bool:
    """Tell whether a provider's level is one of those demanded, or above one where we know their order."""
    return any(acr == name or _is_above(acr, name) for name in demanded)


def amr_upstream(acr: str, two_factors: Iterable[str]) -> tuple[str, ...]:
    """Return what a sign-in at a provider counts for: one factor, or two (`mfa`)."""
    return (FEDERATED, "mfa") if acr in two_factors else (FEDERATED,)


def _is_above(acr: str, name: str) -> bool:
    return acr in EIDAS and name in EIDAS and EIDAS.index(acr) > EIDAS.index(name)
