"""Which units of consent SMART scopes need, and what of them the patient's consents leave open. Pure.

The patient is asked the ordinary questions: a scope of SMART is a way for an app to ask for them, and a query in it a
limit that is shown with the question and kept with the answer. What an app reaches is what it asked for and what the
patient agreed to, both at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from authz.clients import smart_scopes
from authz.clients.smart_scopes import Facts, Limit, SmartScope

READ = {"Patient": "profile", "Observation": "measures.read", "DocumentReference": "documents.read"}
LOINC = "http://loinc.org|"
TAASIP = "https://mos.esante.gouv.fr/NOS/TRE_R308-TAASIP/FHIR/TRE-R308-TAASIP|"
# Each unit that lets an app add, and what it is about in the words of FHIR searches.
WRITE: dict[str, dict[str, Limit]] = {
    "Observation": {
        unit: (("code", frozenset(codes)),)
        for unit, codes in {
            "measures.glucose.write": [TAASIP + "MED-969", LOINC + "99504-3", TAASIP + "MED-972"],
            "measures.weight.write": [LOINC + "29463-7"],
            "measures.blood_pressure.write": [LOINC + "85354-9"],
            "measures.steps.write": [LOINC + "41950-7"],
        }.items()
    },
    "DocumentReference": {
        "documents.summary.write": (("category", frozenset(["urn:appairage:document-category|SYNTHESE"])),)
    },
}


@dataclass(frozen=True)
class Opening:
    """A unit of consent opened to one interaction with one kind of resource, within a limit; "" is any kind."""

    resource: str
    letters: str
    unit: str
    limit: Limit


@dataclass(frozen=True)
class Reach:
    """What a token reaches now: `names` are open as a whole, the rest by openings."""

    names: frozenset[str]
    openings: tuple[Opening, ...] = ()
    is_smart: bool = False

    def limits(self, unit: str, resource: str, letter: str) -> list[Limit]:
        """List the limits within any of which a unit is open to an interaction: none if it is closed."""
        if unit in self.names:
            return [()]
        return [
            one.limit
            for one in self.openings
            if one.unit == unit and one.resource in ("", resource) and letter in one.letters
        ]

    def lets(self, unit: str, resource: str, letter: str, facts: Facts) -> bool:
        """Tell whether a unit is open to an interaction with this resource."""
        return any(smart_scopes.lets_through(limit, facts) for limit in self.limits(unit, resource, letter))

    def units(self) -> frozenset[str]:
        """Return the units that are open at all."""
        return self.names | {one.unit for one in self.openings}


@lru_cache(maxsize=1024)
def openings(name: str) -> tuple[Opening, ...]:
    """Return what a scope asks to be opened."""
    return tuple(opening for part in smart_scopes.read(name) for opening in _openings(part))


def limits_asked(scope: str) -> dict[str, str]:
    """Return the units that a request asks for within limits only, each with these, as a consent keeps them."""
    found: dict[str, set[str]] = {}
    names = scope.split()
    for one in (one for name in names for one in openings(name) if one.unit not in names):
        found.setdefault(one.unit, set()).add(smart_scopes.query(one.limit))
    return {unit: " ".join(sorted(limits)) for unit, limits in found.items() if "" not in limits}


def read_limits(text: str) -> list[Limit]:
    """Read the limits of one consent; no limit is one that lets everything through."""
    found = [smart_scopes.read_limit(part) for part in text.split()]
    return [limit for limit in found if limit is not None] if text else [()]


def is_within(asked: str, agreed: str) -> bool:
    """Tell whether the limits of a request are within those of a consent."""
    outer = read_limits(agreed)
    return all(any(smart_scopes.is_within(inner, one) for one in outer) for inner in read_limits(asked))


def summed(before: str, changes: dict[str, str]) -> str:
    """Put the limits of changed consents (`""`: none) into a pairing's: `unit?query` for each."""
    kept = [part for part in before.split() if part.partition("?")[0] not in changes]
    return " ".join(kept + [f"{unit}?{one}" for unit, limits in changes.items() for one in limits.split()])


def reach(scope: str, granted: frozenset[str], limits: str, protocol: Iterable[str]) -> Reach:
    """Return what a scope reaches under consents and their limits."""
    names = scope.split()
    if "/" not in scope and not limits:
        return Reach(granted.union(protocol).intersection(names))
    agreed = _by_unit(limits)
    whole = frozenset(name for name in names if name in protocol or (name in granted and name not in agreed))
    asked = [Opening("", "crs", name, ()) for name in names if name in granted and name in agreed]
    asked += [one for name in names for one in openings(name)]
    found = tuple(_narrowed(asked, granted, agreed))
    return Reach(whole, found, is_smart=any(smart_scopes.read(name) for name in names))


def told(scope: str, granted: frozenset[str], limits: str, protocol: Iterable[str]) -> str:
    """Write what of a scope the consents leave, in the order and the words in which it was asked."""
    if "/" not in scope:
        return " ".join(name for name in scope.split() if name in protocol or name in granted)
    agreed = _by_unit(limits)
    found: list[str] = []
    for name in scope.split():
        if name in protocol or name in granted:
            found.append(name)
        parts = [left for part in smart_scopes.read(name) for left in _left(part, granted, agreed)]
        found += [str(part) for part in smart_scopes.merged(parts)]
    return " ".join(dict.fromkeys(found))


def _openings(part: SmartScope) -> Iterator[Opening]:
    reads = "".join(letter for letter in part.letters if letter in "rs")
    if reads:
        yield Opening(part.resource, reads, READ[part.resource], part.limit)
    if "c" in part.letters:
        for unit, about in WRITE[part.resource].items():
            both = smart_scopes.meet(part.limit, about)
            if both is not None:
                yield Opening(part.resource, "c", unit, tuple(one for one in both if one not in about))


def _narrowed(asked: Iterable[Opening], granted: frozenset[str], agreed: dict[str, list[Limit]]) -> Iterator[Opening]:
    for one in asked:
        for limit in agreed.get(one.unit, [()]) if one.unit in granted else []:
            both = smart_scopes.meet(one.limit, limit)
            if both is not None:
                yield replace(one, limit=both)


def _left(part: SmartScope, granted: frozenset[str], agreed: dict[str, list[Limit]]) -> Iterator[SmartScope]:
    asked = list(_openings(part))
    left = list(_narrowed(asked, granted, agreed))
    for one in left:
        about = WRITE[part.resource][one.unit] if one.letters == "c" else ()
        # Not every unit behind an interaction is open: say which, for what an app may add is one scope in SMART.
        all_of_it = {other for other in asked if other.letters == one.letters} <= set(left)
        limit = part.limit if all_of_it else smart_scopes.meet(one.limit, about)
        yield replace(part, letters=one.letters, limit=limit or ())


@lru_cache(maxsize=1024)
def _by_unit(limits: str) -> dict[str, list[Limit]]:
    found: dict[str, list[Limit]] = {}
    for part in limits.split():
        unit, _, text = part.partition("?")
        found.setdefault(unit, []).extend(read_limits(text))
    return found
