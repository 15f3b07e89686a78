"""What apps read at the FHIR base: single resources and searches, checked, journaled and written as FHIR.

An app that speaks the scopes of this space also reads back what it wrote itself. One that speaks SMART reads what its
scopes say and nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from authz.protocol import step_up
from authz.protocol.bearer import Access
from connectors.fhir_api import people
from connectors.fhir_api.searching import Query
from connectors.records import codes, identities, limits, partners, reading, writing
from connectors.records.contract import Document, Measure
from connectors.records.fhir_mapping import rendering
from connectors.records.fhir_mapping.documents import document_reference
from connectors.records.outcomes import NotFound, WrongPatient
from connectors.records.searching import SearchRefused
from connectors.records.subjects import check_subject, subject_of

BASE = "/fhir"


def base() -> str:
    """Return the public address of this FHIR server."""
    return partners.address(BASE)


def check_about(access: Access, query: Query) -> None:
    """Refuse a search about anybody but the token's patient, who need not be named."""
    for name, value in query.about.items():
        if name == "subject.identifier":
            check_subject(access, *value.rpartition("|")[::2])
        else:
            check_patient(access, value)


def check_patient(access: Access, reference: str) -> None:
    """Refuse a reference to anybody but the token's patient."""
    if reference.removeprefix(f"{base()}/").removeprefix("Patient/") != access.subject:
        raise WrongPatient()


def about(access: Access, resource: dict[str, Any]) -> dict[str, Any]:
    """Add to a resource the reference to its patient, which can be read here."""
    resource["subject"] = {"reference": f"Patient/{access.subject}"} | resource["subject"]
    return resource


def observation(access: Access, text: str) -> dict[str, Any]:
    """Return one measure that the app may read."""
    step_up.check(access, "measures")
    measure = reading.store().find_measure(access.profile_id, identities.read(text))
    if measure is None or not _may_read_measure(access, measure):
        raise NotFound(reason=text)
    writing.note(access, "record:measure:read", code=measure.code, count=1)
    return about(access, rendering.observation(measure, subject_of(access)))


def observations(access: Access, query: Query) -> dict[str, Any]:
    """Answer a search for measures, whoever brought them in."""
    check_about(access, query)
    step_up.check(access, "measures")
    query = replace(query, since=partners.since(access, query.since))
    open_to = writing.check_some_reading(access)
    wanted = [limits.wanted(limit) for limit in limits.within(open_to, query.limit)]
    named = limits.wanted(query.limit).codes or frozenset()
    if codes.BMI in named and len(named) > 1:
        raise SearchRefused("Body mass index is worked out when it is read: search it by itself.")
    page = {"limit": query.count, "offset": query.page * query.count}
    if query.ids is not None:
        return _by_ids(access, query)
    found = reading.select(access.profile_id, wanted, since=query.since, until=query.until, **page)
    writing.note(access, "record:measure:read", code=" ".join(sorted(named)), count=len(found.measures))
    return _measures(access, query, list(found.measures), total=found.total)


def device(access: Access, text: str) -> dict[str, Any]:
    """Return one object that measured, to who may read all measures or sent it, and reaches one of its measures."""
    step_up.check(access, "measures")
    found = reading.store().list_devices(access.profile_id, [identities.read(text)], since=access.history_start)
    may_read = () in access.reach.limits(codes.MEASURES_READ, "Observation", "r")
    if not found or not (may_read or _is_own(access, found[0].client_id)):
        raise NotFound(reason=text)
    return rendering.device(found[0])


def document(access: Access, text: str) -> dict[str, Any]:
    """Return one document that the app may read, without its bytes."""
    found = _document(access, text)
    return about(access, document_reference(found, subject_of(access), base=base()))


def binary(access: Access, text: str) -> tuple[Document, bytes]:
    """Return one document that the app may read, with its bytes."""
    found = _document(access, text)
    return found, reading.content(access.profile_id, found.id) or b""


def documents(access: Access, query: Query) -> dict[str, Any]:
    """Answer a search for documents, newest first."""
    check_about(access, query)
    step_up.check(access, "documents")
    open_to = access.reach.limits(limits.DOCUMENTS_READ, "DocumentReference", "s")
    if not open_to and access.reach.is_smart:
        writing.refuse_documents(access)
    asked = limits.within([()], query.limit)
    found = [
        one
        for one in reading.documents(access.profile_id)
        if not one.is_of_space
        and (_is_own(access, one.client_id) or limits.lets_any(open_to, limits.facts_of_document(one.category)))
        and limits.lets_any(asked, limits.facts_of_document(one.category))
        and query.covers(one.created_at)
        and not writing.is_out_of_reach(access, one.effective_at)
        and (query.ids is None or identities.shown(one.id) in query.ids)
    ]
    start = query.page * query.count
    shown = found[start : start + query.count]
    writing.note(access, "record:document:read", count=len(shown))
    resources = [about(access, document_reference(one, subject_of(access), base=base())) for one in shown]
    return bundle(query, resources, total=len(found))


def patients(access: Access, query: Query) -> dict[str, Any]:
    """Answer a search for the patient of the token."""
    found = people.search_patients(access, query.ids, dict(query.said).get("identifier"))
    return bundle(query, found, total=len(found))


def bundle(query: Query, resources: list[dict[str, Any]], *, total: int, others: Any = ()) -> dict[str, Any]:
    """Write one page of a search; FHIR has no empty lists."""
    links = query.links(base(), total)
    page = rendering.searchset(resources, others, base=base(), total=total, links=links)
    return page if page["entry"] else {name: value for name, value in page.items() if name != "entry"}


def _by_ids(access: Access, query: Query) -> dict[str, Any]:
    texts = sorted(query.ids or ())[: query.count]
    found = [reading.store().find_measure(access.profile_id, identities.read(text)) for text in texts]
    open_to = limits.within(access.reach.limits(codes.MEASURES_READ, "Observation", "s"), query.limit)
    shown = [
        one
        for one in found
        if one
        and query.covers(one.effective_at)
        and limits.lets_any(open_to, limits.facts_of_measure(one.code, one.resource))
    ]
    writing.note(access, "record:measure:read", code="", count=len(shown))
    return _measures(access, query, shown, total=len(shown))


def _measures(access: Access, query: Query, found: list[Measure], *, total: int) -> dict[str, Any]:
    resources = [about(access, rendering.observation(measure, subject_of(access))) for measure in found]
    ids = {measure.device_id for measure in found if measure.device_id} if query.with_devices else set()
    devices = [rendering.device(one) for one in reading.store().list_devices(access.profile_id, sorted(ids))]
    return bundle(query, resources, total=total, others=devices)


def _may_read_measure(access: Access, measure: Measure) -> bool:
    if writing.is_out_of_reach(access, measure.effective_at):
        return False
    facts = limits.facts_of_measure(measure.code, measure.resource)
    return _is_own(access, measure.client_id) or access.reach.lets(codes.MEASURES_READ, "Observation", "r", facts)


def _document(access: Access, text: str) -> Document:
    step_up.check(access, "documents")
    found = reading.document(access.profile_id, identities.read(text))
    facts = limits.facts_of_document(found.category) if found else {}
    if found is None or found.is_of_space or writing.is_out_of_reach(access, found.effective_at):
        raise NotFound(reason=text)
    if not (
        _is_own(access, found.client_id) or access.reach.lets(limits.DOCUMENTS_READ, "DocumentReference", "r", facts)
    ):
        raise NotFound(reason=text)
    writing.note(access, "record:document:read", category=found.category, id=found.id)
    return found


def _is_own(access: Access, client_id: str) -> bool:
    return client_id == access.client_id and not access.reach.is_smart
