"""Pairings: opening, renewing, pausing and ending the link between a profile and a client.

Consents are decided in `consents`, tokens hang from a pairing in `tokens`; ending a pairing ends everything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, cast

from sqlalchemy import Table, bindparam, select, update

from authz import audit, clock, crypto, entropy, events
from authz.clients import addresses
from authz.clients.models import RegisteredClient
from authz.db import claimed, session
from authz.errors import Refusal
from authz.pairing import consents, notices, state
from authz.pairing.models import Pairing
from authz.pairing.state import PairingOver as PairingOver  # re-exported: most of what refuses so is here
from authz.prepared import Prepared

UNDO = timedelta(days=7)
# The reason kept when a patient ends a link that was suspended or held: taking the end back must not free it.
SUSPENDED = "suspended"
Afterwards = Literal["keep", "hide", "delete"]
# On the path of every push: prepared once, and on the table, so that the ORM does not look for rows it holds.
_table = cast(Table, Pairing.__table__)
_received = Prepared(
    update(_table)
    .where(_table.c.profile_id == bindparam("profile"), _table.c.id == bindparam("pairing"))
    .where(_table.c.state != "ended", _table.c.state != SUSPENDED)
    .where((_table.c.state != "paused") | (_table.c.paused_until <= bindparam("now")))
    .values(last_received_at=bindparam("now"))
)


class UnknownPairing(Refusal):
    """No such pairing for this profile; whose it may be otherwise is not said."""

    code = "not_found"
    status = 404
    description = "There is no such link."


def subject_of(client: RegisteredClient, profile_id: str) -> str:
    """Return what this client calls the profile (OIDC Core §8): a name for its sector alone, or one for all if public.

    The sector is the service in the catalogue, whatever its clients' addresses; else the host; else the client.
    """
    host = addresses.sector_of(client.metadata)
    sector = client.catalogue_entry_id or (f"host:{host}" if host else client.id)
    return crypto.keyed_digest(
        "subject:" + ("" if client.metadata.get("subject_type") == "public" else sector), profile_id
    )


def find_live(profile_id: str, client_id: str) -> Pairing | None:
    """Find the one pairing of a profile and a client that is not ended."""
    query = select(Pairing).where(
        Pairing.profile_id == profile_id, Pairing.client_id == client_id, Pairing.state != "ended"
    )
    return session().scalars(query).first()


def list_subjects(client_id: str, profile_ids: Sequence[str]) -> list[str]:
    """List what a client has ever called these profiles."""
    query = select(Pairing.subject).where(Pairing.profile_id.in_(profile_ids), Pairing.client_id == client_id)
    return list(session().scalars(query))


def get(profile_id: str, pairing_id: str) -> Pairing:
    """Return a profile's pairing; refuses when it is not this profile's."""
    pairing = session().get(Pairing, (profile_id, pairing_id))
    if pairing is None:
        raise UnknownPairing(reason=pairing_id)
    return pairing


def list_of_profile(profile_id: str) -> list[Pairing]:
    """List a profile's pairings, the living first, the newest first."""
    rows = session().scalars(select(Pairing).where(Pairing.profile_id == profile_id)).all()
    return sorted(rows, key=lambda row: (row.state == "ended", -row.opened_at.timestamp()))


def open_or_renew(
    client: RegisteredClient,
    profile_id: str,
    *,
    by: str,
    decisions: Mapping[str, consents.Answer | bool],
    lang: str,
    ends_at: datetime,
    app_account: dict[str, str],
) -> Pairing:
    """Open the link, or renew the one that lives, with the patient's decisions and its end date."""
    pairing = find_live(profile_id, client.id)
    is_new = pairing is None
    if pairing is None:
        pairing = Pairing(
            profile_id=profile_id, id=entropy.new_id(), client_id=client.id, account_id=by, state="pending",
            subject=subject_of(client, profile_id), granted="", opened_at=clock.now(), ends_at=ends_at,
        )  # fmt: skip
        session().add(pairing)
    elif pairing.state != "active":
        pairing.state = "pending"
    pairing.ends_at, pairing.paused_until, pairing.account_id, pairing.reminded_days = ends_at, None, by, None
    if app_account:
        pairing.app_account_sealed = crypto.seal("app-account", json.dumps(app_account))
    consents.decide(pairing, decisions, by=by, lang=lang)
    _record("pairing:open" if is_new else "pairing:renew", pairing, by=by, scopes=pairing.granted)
    notices.tell(pairing, "pairing_opened" if is_new else "pairing_changed")
    events.pairing_opened.send(pairing, is_new=is_new)
    return pairing


def app_account(pairing: Pairing) -> dict[str, str]:
    """Return the app's own account name (`account`) and display name (`name`) of its user, as the app gave them."""
    if not pairing.app_account_sealed:
        return {}
    found: dict[str, str] = json.loads(crypto.unseal("app-account", pairing.app_account_sealed))
    return found


def activate(profile_id: str, pairing_id: str) -> None:
    """Note that the client has fetched its tokens."""
    where = (Pairing.profile_id == profile_id) & (Pairing.id == pairing_id) & (Pairing.state == "pending")
    session().execute(update(Pairing).where(where).values(state="active"))


def pause(pairing: Pairing, until: datetime, *, by: str) -> None:
    """Pause the link until a date: nothing is read or written meanwhile, and it resumes by itself."""
    if state.of(pairing, clock.now()) not in ("active", "paused"):
        raise PairingOver(reason=pairing.state)
    pairing.state, pairing.paused_until = "paused", until
    _record("pairing:pause", pairing, by=by, until=until.date().isoformat())
    events.pairing_changed.send(pairing, changed=[])


def hold(pairing: Pairing) -> None:
    """Pause the link without a date: nobody who opened it may act for the profile; who may is told, and can resume."""
    pairing.state, pairing.paused_until = "paused", None
    _record("pairing:hold", pairing, by=None)
    notices.tell(pairing, "pairing_suspended")
    events.pairing_changed.send(pairing, changed=[])


def resume(pairing: Pairing, *, by: str) -> None:
    """End a pause early; who resumes a link stands for it from now on."""
    if state.of(pairing, clock.now()) != "paused":
        raise PairingOver(reason=pairing.state)
    pairing.state, pairing.paused_until, pairing.account_id = "active", None, by
    _record("pairing:resume", pairing, by=by)
    events.pairing_changed.send(pairing, changed=[])


def suspend(profile_id: str, pairing_id: str, *, reason: str) -> None:
    """Suspend a living link at once, for a stolen token or by the operator; the patient is told."""
    where = (
        (Pairing.profile_id == profile_id) & (Pairing.id == pairing_id) & (Pairing.state.not_in(["ended", "suspended"]))
    )
    if claimed(session().execute(update(Pairing).where(where).values(state="suspended"))):
        pairing = get(profile_id, pairing_id)
        session().refresh(pairing)
        _record("pairing:suspend", pairing, by=None, reason=reason)
        notices.tell(pairing, "pairing_suspended")
        events.pairing_changed.send(pairing, changed=[], suspended=True)


def end(pairing: Pairing, *, by: str | None, reason: str = "patient", afterwards: Afterwards = "keep") -> None:
    """End the link: it counts from the next request on; what becomes of the data is what the patient chose."""
    where = (Pairing.profile_id == pairing.profile_id) & (Pairing.id == pairing.id) & (Pairing.state != "ended")
    is_held = pairing.state == "suspended" or (pairing.state == "paused" and pairing.paused_until is None)
    kept = SUSPENDED if is_held and reason == "patient" else reason
    values = {"state": "ended", "ended_at": clock.now(), "end_reason": kept, "afterwards": afterwards}
    if not claimed(session().execute(update(Pairing).where(where).values(values))):
        return
    session().refresh(pairing)
    _record("pairing:end", pairing, by=by, reason=reason, afterwards=afterwards)
    if may_undo(pairing, clock.now()):
        last_day = notices.day_of(clock.now() + UNDO)
        notices.tell(pairing, "pairing_stopped", day=last_day, page=f"/home/services#pairing-{pairing.id}-ended")
    else:
        notices.tell(pairing, "pairing_ended")
    events.pairing_ended.send(pairing, afterwards=afterwards)


def may_undo(pairing: Pairing, now: datetime) -> bool:
    """Tell whether an end can be undone: one of the patient's, within seven days, if no new link took its place."""
    if pairing.end_reason not in ("patient", SUSPENDED):
        return False
    is_fresh = pairing.state == "ended" and pairing.ended_at is not None and pairing.ended_at + UNDO > now
    return is_fresh and pairing.ends_at > now and find_live(pairing.profile_id, pairing.client_id) is None


def undo_end(pairing: Pairing, *, by: str) -> None:
    """Take an end back: the data show again, and the link is as it was, active, paused or suspended."""
    now = clock.now()
    if not may_undo(pairing, now):
        raise PairingOver(reason="too late to undo")
    is_paused = pairing.paused_until is not None and pairing.paused_until > now
    before = "suspended" if pairing.end_reason == SUSPENDED else "paused" if is_paused else "active"
    pairing.state, pairing.ended_at, pairing.end_reason, pairing.afterwards = before, None, None, None
    _record("pairing:end:undo", pairing, by=by)
    notices.tell(pairing, "pairing_restored")
    events.pairing_changed.send(pairing, changed=[], restored=True)


def note_received(profile_id: str, pairing_id: str) -> bool:
    """Note that data just came through the link, for the card; False when it was ended or paused meanwhile."""
    return _received.run({"profile": profile_id, "pairing": pairing_id, "now": clock.now()}) == 1


def _record(tag: str, pairing: Pairing, *, by: str | None, **detail: object) -> None:
    audit.record(
        tag, profile_id=pairing.profile_id, account_id=by, client_id=pairing.client_id, pairing_id=pairing.id, **detail
    )
