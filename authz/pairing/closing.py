"""Closing a health space: its links and sessions end, nobody acts for it any more, its data are archived; and back.

What was decided stays undone when the space is opened again: links and delegations are made anew.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from sqlalchemy import select

from authz import audit, clock, db, events
from authz.errors import Refusal
from authz.identity import accounts, answers, closures, delegation, family, password_changes, profiles, sessions
from authz.identity.models import Delegation
from authz.notifications import outbox
from authz.pairing import notices, pairings, state
from authz.pairing.models import Pairing

LATE = timedelta(hours=1)  # how long after a closure something that was under way may still come in


class SoleRepresentative(Refusal):
    """Nobody else represents a child: its space would be left without anybody."""

    code = "sole_representative"
    status = 409
    description = "Nobody else represents this child; somebody else has to, before the account can be closed."


def close_own(account_id: str, password: str, *, erase: bool) -> None:
    """Close one's own space; refuses with LoginRefused, TooMany, SoleRepresentative or AlreadyClosed."""
    accounts.check_password(accounts.card(account_id).identifier, password)
    close(account_id, by=closures.HOLDER, erase=erase)


def close(account_id: str, *, by: str, erase: bool) -> None:
    """Close an account and its holder's space; refuses with SoleRepresentative, NotAllowed or AlreadyClosed."""
    lone = _list_alone_for_good(account_id)
    if lone:
        raise SoleRepresentative(names=", ".join(lone))
    own = profiles.find_own(account_id)
    if own and by == closures.HOLDER and not delegation.may_act(account_id, own, clock.now(), delegation.CLOSE):
        raise delegation.NotAllowed(reason="a minor")
    due_at = closures.begin(account_id, own, by=by, erase=erase)
    actor = account_id if by == closures.HOLDER else None
    audit.record("account:close", profile_id=own, account_id=account_id, by=by, erase=erase)
    _end_links(account_id, own, by=actor)
    answers.withdraw_all(account_id, own)  # first: who answers at this moment is one of those whose right ends
    _end_delegations(account_id, own)
    password_changes.drop_waiting(account_id)
    sessions.end_all(account_id)
    events.account_closed.send(None, account_id=account_id, profile_id=own)
    template = "space_closed_erase" if erase else "space_closed"
    outbox.alert(account_id, template, day=notices.day_of(due_at), page="/login")


def reopen(account_id: str, *, by: str = closures.HOLDER) -> None:
    """Open a closed account again; refuses with NotClosed or BeingErased."""
    closures.undo(account_id)
    audit.record("account:reopen", profile_id=profiles.find_own(account_id), account_id=account_id, by=by)
    outbox.alert(account_id, "space_reopened", page="/home/security")


def ask_erasure(account_id: str, *, by: str) -> None:
    """Have what is archived erased sooner; refuses with NotClosed or BeingErased."""
    due_at = closures.ask_erasure(account_id)
    audit.record("account:erase:ask", profile_id=profiles.find_own(account_id), account_id=account_id, by=by)
    outbox.alert(account_id, "space_closed_erase", day=notices.day_of(due_at), page="/login")


def list_alone(account_id: str) -> list[str]:
    """List the given names of the children that nobody but this account could act for."""
    represented = [card for card in profiles.list_for(account_id) if card.kind == delegation.REPRESENTATIVE]
    return [card.given_name for card in represented if not _has_others(account_id, card.id)]


def end_late() -> None:
    """End what came in while its account was being closed; for the worker."""
    for row in closures.list_since(clock.now() - LATE):
        _end_links(row.account_id, row.profile_id, by=None)
        with suppress(family.LastOne):
            _end_delegations(row.account_id, row.profile_id)


def _list_alone_for_good(account_id: str) -> list[str]:
    """List them while nobody else may leave: of two parents who close at once the second one stays."""
    for card in sorted(profiles.list_for(account_id), key=lambda card: card.id):
        if card.kind == delegation.REPRESENTATIVE:
            delegation.hold(card.id)
    return list_alone(account_id)


def _has_others(account_id: str, profile_id: str) -> bool:
    actors = family.list_actors(profile_id)
    return any(one.kind == delegation.REPRESENTATIVE and one.account_id != account_id for one in actors)


def _end_links(account_id: str, own: str | None, *, by: str | None) -> None:
    """End the links of the space, and hold those that the account opened in spaces of others."""
    now = clock.now()
    reached = select(Delegation.profile_id).where(Delegation.account_id == account_id)
    mine = (Pairing.profile_id == own) | (Pairing.account_id == account_id)
    query = select(Pairing).where(Pairing.profile_id.in_(reached), mine, Pairing.state != "ended")
    for pairing in db.session().scalars(query).all():
        if pairing.profile_id == own:
            pairings.end(pairing, by=by, reason="closure")
        elif state.of(pairing, now) in ("active", "pending", "paused") and not _is_held(pairing):
            pairings.hold(pairing)


def _end_delegations(account_id: str, own: str | None) -> None:
    """End what the account may do for others, and what carers may do for its space; the holder stays the holder."""
    for card in profiles.list_for(account_id):
        mine = None if card.is_self else family.find_of(account_id, card.id)
        if mine:
            family.leave(mine)
    for actor in family.list_actors(own) if own else []:
        if actor.kind == delegation.CARER:
            family.remove(actor, by=account_id)


def _is_held(pairing: Pairing) -> bool:
    return pairing.state == "paused" and pairing.paused_until is None
