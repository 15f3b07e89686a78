"""Writing to the record: what every door does after its own checks, consent, the store, the journal, the card.

A refusal for want of consent is written in the journal too: the patient sees what an app tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from authz import audit, clock, db
from authz.clients.smart_scopes import Limit
from authz.pairing import notices, pairings
from authz.protocol.bearer import Access, PairingNotActive
from connectors.records import codes, limits, reading
from connectors.records.codes import Kind
from connectors.records.contract import NewDocument, NewMeasure, Origin, Put, Wanted
from connectors.records.fhir_mapping.documents import CATEGORIES
from connectors.records.outcomes import ConsentNotGiven, IdentityConflict


def origin_of(access: Access) -> Origin:
    """Return whose record a writer writes in, and as whom."""
    return Origin(access.profile_id, access.client_id, access.pairing_id)


def check_measure_consent(access: Access, code: str, resource: Mapping[str, Any]) -> None:
    """Refuse a measure whose writing the patient does not consent to at this moment."""
    if not limits.may_add_measure(access.reach, code, resource):
        _refuse(access, "record:measure:refuse", code=code)


def check_some_consent(access: Access, scopes: Sequence[str], *, connector: str) -> None:
    """Refuse a payload of which the patient allows nothing at this moment."""
    if not access.reach.units().intersection(scopes):
        _refuse(access, "record:measure:refuse", connector=connector)


def check_document_consent(access: Access, category: str) -> None:
    """Refuse a document whose category the patient has not opened to this app."""
    if not access.reach.lets(
        CATEGORIES.get(category) or "", "DocumentReference", "c", limits.facts_of_document(category)
    ):
        _refuse(access, "record:document:refuse", category=category)


def check_read_consent(access: Access, kind: Kind) -> list[Wanted]:
    """Return what the patient lets an app read of one kind of measure at this moment; refuses if nothing."""
    open_to = access.reach.limits(codes.MEASURES_READ, "Observation", "s")
    left = limits.within(open_to, limits.limit_of_kind(kind))
    if not left:
        _refuse(access, "record:measure:refuse", code=kind.code, action="read")
    return [limits.wanted(limit) for limit in left]


def check_some_reading(access: Access) -> list[Limit]:
    """Return the limits within which a reader may search measures now; refuses one who may not at all."""
    open_to = access.reach.limits(codes.MEASURES_READ, "Observation", "s")
    if not open_to:
        _refuse(access, "record:measure:refuse", action="read")
    return open_to


def refuse_documents(access: Access) -> None:
    """Refuse a reader whom the patient does not let read documents at this moment."""
    _refuse(access, "record:document:refuse", action="read")


def keep_measure(access: Access, new: NewMeasure) -> Put:
    """Keep a measure that was checked; its source is the app unless it names one of its own."""
    if is_out_of_reach(access, new.effective_at):
        _refuse(access, "record:measure:refuse", code=new.code)
    new = new if new.source else replace(new, source=source_of(access))
    put = reading.store().put_measure(origin_of(access), new, at=clock.now())
    if put.conflict:
        raise IdentityConflict()
    note(access, "record:measure:add" if put.created else "record:measure:repeat", code=new.code, id=put.id)
    return put


def keep_document(access: Access, new: NewDocument, *, is_made_here: bool = False) -> Put:
    """Keep a document that was checked. One made here from the same data differs in its date only: it is the same."""
    if is_out_of_reach(access, new.effective_at):
        _refuse(access, "record:document:refuse", category=new.category)
    put = reading.store().put_document(origin_of(access), new, at=clock.now())
    if put.conflict and not is_made_here:
        raise IdentityConflict()
    tag = "record:document:add" if put.created else "record:document:repeat"
    note(access, tag, category=new.category, id=put.id)
    if put.created:
        notices.tell_of(access.profile_id, access.client_id, "new_document", page=f"/home/documents/{put.id}")
    return put


def is_out_of_reach(access: Access, at: datetime) -> bool:
    """Tell whether data are older than the authorization reaches back (its `history_days`)."""
    return access.history_start is not None and at < access.history_start


def note_received(access: Access) -> None:
    """Show on the patient's card that data just came: the last write, and the one that waits for who ends the link.

    Of a push and an end at once one is first: either what was pushed is there when the end hides or erases what came
    through the link, or nothing of the push stays. Nor does anything of a push that a pause overtakes.
    """
    if not pairings.note_received(access.profile_id, access.pairing_id):
        db.abandon()
        raise PairingNotActive(pairings.get(access.profile_id, access.pairing_id).state)


def note(access: Access, tag: str, **detail: Any) -> None:
    """Write a line of the journal about this writer or reader."""
    audit.record(tag, profile_id=access.profile_id, client_id=access.client_id, pairing_id=access.pairing_id, **detail)


def source_of(access: Access) -> str:
    """Name the app as the source of what it sends: its OID, or its client id where none is registered."""
    return f"urn:oid:{access.client_oid}" if access.client_oid else f"urn:appairage:client:{access.client_id}"


def _refuse(access: Access, tag: str, **detail: Any) -> None:
    note(access, tag, **detail)
    raise ConsentNotGiven()
