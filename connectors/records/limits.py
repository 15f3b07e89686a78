"""What a measure or document is in the words of FHIR searches, and whether an app's consents let it through. Pure.

An app may have narrowed its request, as in `patient/Observation.rs?category=…`; then only what the query finds is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from authz.catalogue.smart import Reach
from authz.clients import smart_scopes
from authz.clients.smart_scopes import Facts, Limit
from connectors.records import codes
from connectors.records.codes import Kind
from connectors.records.contract import Wanted
from connectors.records.fhir_mapping import shapes
from connectors.records.fhir_mapping.documents import CATEGORY_SYSTEM

DOCUMENTS_READ = "documents.read"


def facts_of_measure(code: str, resource: Mapping[str, Any]) -> Facts:
    """Return the codings of a measure: every spelling of its code, and its categories as they were sent."""
    kind = codes.get_kind(code)
    categories = [pair for item in shapes.children(resource, "category") for pair in _pairs(item)]
    return {"code": [(kind.system, kind.code), *kind.aliases], "category": categories}


def facts_of_document(category: str) -> Facts:
    """Return the codings of a document."""
    return {"category": [(CATEGORY_SYSTEM, category)]}


def wanted(limit: Limit) -> Wanted:
    """Say to the store what a limit lets through of the measures."""
    found = dict(limit)
    named = [token.rpartition("|") for token in found.get("code", ())]
    kinds = {kind.code for system, _, code in named if (kind := codes.find_kind(code, system or None))}
    return Wanted(frozenset(kinds) if "code" in found else None, found.get("category"))


def limit_of_kind(kind: Kind) -> Limit:
    """Return the limit that lets measures of one kind through."""
    codings = [(kind.system, kind.code), *kind.aliases]
    return (("code", frozenset(f"{system}|{code}" for system, code in codings)),)


def within(limits: Iterable[Limit], asked: Limit) -> list[Limit]:
    """Return what of the limits is left when a search asks for less."""
    return [both for limit in limits if (both := smart_scopes.meet(limit, asked)) is not None]


def lets_any(limits: Iterable[Limit], facts: Facts) -> bool:
    """Tell whether one of the limits lets a resource through."""
    return any(smart_scopes.lets_through(limit, facts) for limit in limits)


def may_add_measure(reach: Reach, code: str, resource: Mapping[str, Any]) -> bool:
    """Tell whether an app may add this measure now."""
    unit = codes.scope_for_code(code)
    return unit is not None and reach.lets(unit, "Observation", "c", facts_of_measure(code, resource))


def _pairs(concept: Mapping[str, Any]) -> list[tuple[str, str]]:
    return shapes.codings({"concept": concept}, "concept")
