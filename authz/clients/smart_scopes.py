"""SMART on FHIR scopes such as `patient/Observation.rs?category=…`: their grammar, and which is within which. Pure.

SMART App Launch 2.2, scopes for clinical data; the words of SMART 1 (`.read`, `.write`, `.*`) are read as it says. What
is not understood to the last character opens nothing: a wildcard becomes the kinds of resource that there are, and
interactions that this server does not offer are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

# Apps add and read; nothing of a record is ever overwritten or deleted by one.
DOES = {"Patient": "rs", "Observation": "crs", "DocumentReference": "crs"}
WHOLE = [f"patient/{kind}.{letters}" for kind, letters in DOES.items()]
NARROWED_BY = {"Observation": ("category", "code"), "DocumentReference": ("category",)}
CONTEXT = ("launch/patient", "fhirUser")
V1 = {"read": "rs", "write": "cud", "*": "cruds"}
MOST_VALUES, LONGEST_VALUE = 20, 200
_SHAPE = re.compile(r"patient/(\*|[A-Z][A-Za-z]*)\.(read|write|\*|c?r?u?d?s?)(?:\?(.+))?")
_VALUE = re.compile(r"[!$'-+\--;=@-\[\]-~]+")  # of a scope's characters all that mean nothing in a query

# For each search parameter the tokens of which a resource must have one; empty: no limit.
Limit = tuple[tuple[str, frozenset[str]], ...]
Facts = Mapping[str, Iterable[tuple[str, str]]]


@dataclass(frozen=True)
class SmartScope:
    """What may be done with one kind of resource; `is_v1` when it was asked in the words of SMART 1."""

    resource: str
    letters: str
    limit: Limit = ()
    is_v1: bool = False

    def __str__(self) -> str:
        """Write it as it was asked, as far as that says it."""
        if self.is_v1 and not self.limit:
            for word, letters in V1.items():
                if self.letters == _done(self.resource, letters):
                    return f"patient/{self.resource}.{word}"
        return f"patient/{self.resource}.{self.letters}" + (f"?{query(self.limit)}" if self.limit else "")


@lru_cache(maxsize=1024)
def read(name: str) -> tuple[SmartScope, ...]:
    """Read a scope, one part for each kind of resource; nothing if it is not one, or not one of this server's."""
    found = _SHAPE.fullmatch(name)
    if found is None:
        return ()
    kind, verb, asked = found.groups()
    limit = read_limit(asked) if asked else ()
    if limit is None or (verb in V1 and limit):
        return ()
    kinds = list(DOES) if kind == "*" else [kind] if kind in DOES else []
    parts = (SmartScope(kind, _done(kind, V1.get(verb, verb)), limit, is_v1=verb in V1) for kind in kinds)
    return tuple(
        part for part in parts if part.letters and all(name in NARROWED_BY.get(part.resource, ()) for name, _ in limit)
    )


def read_limit(text: str) -> Limit | None:
    """Read a query; None if it says anything but which tokens of known parameters are wanted."""
    found: dict[str, frozenset[str]] = {}
    for part in text.split("&"):
        name, _, wanted = part.partition("=")
        values = frozenset(unquote(value) for value in wanted.split(","))
        if name in found or not name.isalpha() or len(values) > MOST_VALUES:
            return None
        if not all(len(value) <= LONGEST_VALUE and _VALUE.fullmatch(value) and _is_token(value) for value in values):
            return None
        found[name] = values
    return tuple(sorted(found.items()))


def query(limit: Limit) -> str:
    """Write a limit as a query, always in the same order."""
    return "&".join(f"{name}={','.join(sorted(values))}" for name, values in limit)


def is_within(inner: Limit, outer: Limit) -> bool:
    """Tell whether whatever one limit lets through the other does too."""
    known = dict(inner)
    return all(name in known and all(_is_among(value, values) for value in known[name]) for name, values in outer)


def meet(one: Limit, other: Limit) -> Limit | None:
    """Return the limit of both together; None if nothing can be within both."""
    found = dict(one)
    for name, values in other:
        found[name] = _common(found[name], values) if name in found else values
    return tuple(sorted(found.items())) if all(found.values()) else None


def lets_through(limit: Limit, facts: Facts) -> bool:
    """Tell whether a resource is within a limit, by its codings under each parameter."""
    return all(
        any(f"{system}|{code}" in values or code in values for system, code in facts.get(name, ()))
        for name, values in limit
    )


def merged(parts: Iterable[SmartScope]) -> list[SmartScope]:
    """Write parts of one kind of resource in as few as say the same; what another says too is left out."""
    by_limit: dict[tuple[str, Limit, bool], set[str]] = {}
    for part in parts:
        by_limit.setdefault((part.resource, part.limit, part.is_v1), set()).update(part.letters)
    found = []
    for (resource, limit, is_v1), letters in by_limit.items():
        wider = {
            letter
            for (kind, outer, _), others in by_limit.items()
            for letter in others
            if kind == resource and outer != limit and is_within(limit, outer)
        }
        left = _done(resource, "".join(sorted(letters - wider, key="cruds".index)))
        found += [SmartScope(resource, left, limit, is_v1)] if left else []
    return found


def registered(name: str, own: Iterable[str]) -> list[str]:
    """Return what of a scope a client may ask for, whose registration names others."""
    mine = [part for scope in own for part in read(scope)]
    found = [
        SmartScope(part.resource, letters, limit, part.is_v1)
        for part in read(name)
        for other in mine
        if other.resource == part.resource
        and (letters := "".join(letter for letter in part.letters if letter in other.letters))
        and (limit := meet(part.limit, other.limit)) is not None
    ]
    return [str(part) for part in merged(found)]


def narrowed(asked: str, scope: str) -> str | None:
    """Return what is asked for of a scope that was agreed to; None if any of it is more than that."""
    known, found = scope.split(), list[str]()
    for name in asked.split():
        parts = [name] if name in known else registered(name, known)
        said = {name} if name in known else {str(part) for part in merged(read(name))}
        if not said or said != set(parts):
            return None
        found += parts
    return " ".join(dict.fromkeys(found))


def _done(resource: str, letters: str) -> str:
    return "".join(letter for letter in letters if letter in DOES[resource])


def _is_token(value: str) -> bool:
    """Tell whether a value is `code` or `system|code`; the other forms of FHIR's tokens say less than they seem to."""
    return value.count("|") <= 1 and not value.startswith("|") and not value.endswith("|")


def _common(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """Return what is among both; of `code` and `system|code` the second, which says more."""
    found = [value for value in one if _is_among(value, other)]
    return frozenset(found + [value for value in other if _is_among(value, one)])


def _is_among(value: str, values: frozenset[str]) -> bool:
    return value in values or value.rpartition("|")[2] in values
