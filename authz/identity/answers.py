"""Answers to invitations: a code is good for an account for which the guest's address was verified, and once.

Whoever steals, guesses or forwards a code holds nothing; of two answers, or of two guests for a last seat, one counts.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select, update

from authz import clock, db, ratelimit
from authz.errors import Refusal
from authz.identity import accounts, delegation, family, invitations, profiles
from authz.identity.invitations import LENGTH, PENDING, Card, Guest, InvitationUnknown, OwnAddress
from authz.identity.models import Delegation, Invitation
from authz.notifications import contacts

ACCEPTED, REFUSED, WITHDRAWN = "accepted", "refused", "withdrawn"
PER, OF_GUEST, OF_NETWORK = timedelta(minutes=15), 20, 100
KEEP = timedelta(days=90)


class InvitationOver(Refusal):
    """The invitation was answered or withdrawn meanwhile, or whoever sent it may not do so any more."""

    code = "invitation_over"
    status = 410
    description = "This invitation is no longer open."


def get_for(account_id: str, typed: str, *, network: str) -> Card:
    """Return the open invitation that a code opens for this account; each try counts, right or wrong."""
    ratelimit.spend("invitation", f"account {account_id}", limit=OF_GUEST, per=PER)
    ratelimit.spend("invitation", f"network {network}", limit=OF_NETWORK, per=PER)
    code = "".join(char for char in typed.upper() if char.isalnum())
    query = select(Invitation.__table__).where(Invitation.code_digest == invitations.digest(code[:LENGTH]))
    with db.reading() as connection:
        row = connection.execute(query).first()
    if row and row.decided_by == account_id:
        raise InvitationOver(reason="answered")
    card = invitations.opened(row) if row and len(code) == LENGTH else None
    if card is None or account_id not in contacts.list_by_email(card.guest.address) or not _may_hold(card, account_id):
        raise InvitationUnknown(reason="no such code, or another's")
    if card.state != PENDING or not _stands(card):
        raise InvitationOver(reason=card.state)
    return card


def accept(card: Card, account_id: str, relation: str) -> None:
    """Act for the profile from now on; of two answers one counts, and one that finds no seat leaves it open."""
    if card.account_id == account_id:
        raise OwnAddress(reason="own invitation")
    if card.kind == delegation.SELF:
        relation = delegation.SELF
        if (profiles.age(card.profile_id) or 0) >= delegation.MAJORITY:
            family.come_of_age(card.profile_id)
    _claim(card, account_id, ACCEPTED)
    try:
        family.begin(account_id, card.profile_id, kind=card.kind, relation=relation, invited_by=card.account_id)
    except (delegation.TooManyPeople, delegation.AlreadyActs):
        # A refusal is kept: what was claimed is given back with it.
        mine = (Invitation.profile_id == card.profile_id) & (Invitation.id == card.id)
        open_again = {
            "state": PENDING,
            "decided_at": None,
            "decided_by": None,
            "guest_sealed": invitations.sealed(card.guest),
        }
        db.session().execute(update(Invitation).where(mine).values(**open_again))
        raise


def refuse(card: Card, account_id: str) -> None:
    """Say no; who invited is told."""
    _claim(card, account_id, REFUSED)
    invitations.record("family:refuse", card, by=account_id)
    if delegation.may_act(card.account_id, card.profile_id, clock.now()):
        invitations.tell(card.account_id, "family_refused", card)


def withdraw(card: Card, *, by: str) -> None:
    """Take an invitation back; its code opens nothing any more."""
    _claim(card, by, WITHDRAWN)
    invitations.record("family:withdraw", card, by=by)


def withdraw_all(account_id: str, profile_id: str | None) -> None:
    """Take back what is open to a space that closes, and what its holder sent to act for others.

    But not the way of adolescents into their own space: it is good after the birthday, whoever is there by then.
    """
    waits = (Invitation.profile_id == profile_id) | (
        (Invitation.account_id == account_id) & (Invitation.kind != delegation.SELF)
    )
    with db.reading() as connection:
        rows = connection.execute(select(Invitation.__table__).where(waits, Invitation.state == PENDING)).all()
    for card in map(invitations.opened, rows):
        if card.state == PENDING:
            with suppress(InvitationOver):  # answered meanwhile
                withdraw(card, by=account_id)


def purge(now: datetime) -> int:
    """Delete invitations that have been over for long; returns how many."""
    return db.changed(db.session().execute(delete(Invitation).where(Invitation.expires_at < now - KEEP)))


def _stands(card: Card) -> bool:
    """Tell whether an invitation still means what it said: whoever sent it may send it, or could until majority."""
    if card.kind == delegation.SELF and any(one.kind == card.kind for one in family.list_actors(card.profile_id)):
        return False
    born, act = profiles.birthdate(card.profile_id), invitations.TO_INVITE[card.kind]
    if card.kind != delegation.SELF or born is None or not delegation.is_adult(born, clock.now().date()):
        return delegation.may_act(card.account_id, card.profile_id, clock.now(), act)
    return _represented_until_majority(card, born)


def _may_hold(card: Card, account_id: str) -> bool:
    """Tell whether an account can be the adolescent's whose space it is: another one of a parent is of another age."""
    if card.kind != delegation.SELF:
        return True
    known, born = accounts.claims(account_id, (), ["birthdate"]).get("birthdate"), profiles.birthdate(card.profile_id)
    return not known or born is None or known == born.isoformat()


def _represented_until_majority(card: Card, born: date) -> bool:
    mine = (Delegation.profile_id == card.profile_id, Delegation.account_id == card.account_id)
    query = select(Delegation.until_at).where(*mine, Delegation.kind == delegation.REPRESENTATIVE)
    with db.reading() as connection:
        ends = connection.execute(query).scalars().all()
    return any(end is None or delegation.is_adult(born, end.date()) for end in ends)


def _claim(card: Card, account_id: str, state: str) -> None:
    now = clock.now()
    mine = (Invitation.profile_id == card.profile_id) & (Invitation.id == card.id)
    is_open = (Invitation.state == PENDING) & (Invitation.expires_at > now)
    known = Guest(card.guest.name, "")
    values = {"state": state, "decided_at": now, "decided_by": account_id, "guest_sealed": invitations.sealed(known)}
    if not db.claimed(db.session().execute(update(Invitation).where(mine, is_open).values(**values))):
        raise InvitationOver(reason="not open")
