"""Invitations to act for somebody: as a carer, as the other representative, or for the adolescent's own space.

The code reaches the guest at the address that the inviter typed, or by word of mouth; `answers` says whom it serves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from authz import audit, clock, crypto, db, entropy, ratelimit
from authz.errors import Refusal
from authz.identity import accounts, delegation, family, profiles
from authz.identity.models import Invitation
from authz.notifications import contacts, outbox

PENDING, EXPIRED = "pending", "expired"
TTL = timedelta(days=14)
# The adolescent's own: it may be opened after the birthday on which nobody can invite any more.
TTL_OWN = timedelta(days=120)
ALPHABET, LENGTH = "BCDFGHJKLMNPQRSTVWXZ", 12  # no vowels, so no words; 20^12 codes
LONGEST_NAME = 60
TO_INVITE = {
    delegation.CARER: delegation.PEOPLE,
    delegation.REPRESENTATIVE: delegation.REPRESENT,
    delegation.SELF: delegation.REPRESENT,
}
A_DAY, OF_ACCOUNT = timedelta(days=1), 10


class InvitationUnknown(Refusal):
    """No invitation waits for this account under this code: which of the two it is stays untold."""

    code = "unknown_code"
    status = 404
    description = "No invitation waits for you under this code."


class GuestMissing(Refusal):
    """The name of the person who is invited is missing."""

    code = "invalid_request"
    description = "The name of the guest is missing."


class OwnAddress(Refusal):
    """Somebody invites themselves."""

    code = "invalid_request"
    description = "You cannot invite yourself."


@dataclass(frozen=True)
class Guest:
    """Who is invited, as the inviter says it, and the code while it is open."""

    name: str
    address: str
    code: str = ""

    @property
    def written(self) -> str:
        """The code as people read it."""
        return "-".join(self.code[start : start + 4] for start in range(0, len(self.code), 4))


@dataclass(frozen=True)
class Card:
    """An invitation as both sides see it."""

    id: str
    profile_id: str
    account_id: str
    kind: str
    state: str
    guest: Guest
    created_at: datetime
    expires_at: datetime


def send(account_id: str, profile_id: str, *, kind: str, guest: Guest) -> Card:
    """Invite somebody: their code goes to their address, and whoever else acts for a minor is told."""
    guest = _checked(account_id, guest)
    now = clock.now()
    if not may_send(account_id, profile_id, kind):
        raise delegation.NotAllowed(reason=kind)
    ratelimit.spend("invite", account_id, limit=OF_ACCOUNT, per=A_DAY)
    code = entropy.new_letters(LENGTH, ALPHABET)
    guest = Guest(guest.name, guest.address, code)
    ttl = TTL_OWN if kind == delegation.SELF else TTL
    card = Card(entropy.new_id(), profile_id, account_id, kind, PENDING, guest, now, now + ttl)
    row = {name: value for name, value in vars(card).items() if name != "guest"}
    db.session().add(Invitation(**row, code_digest=digest(code), guest_sealed=sealed(guest)))
    record("family:invite", card, by=account_id)
    _write_to_guest(card)
    for other in delegation.list_accounts(profile_id, now, delegation.PEOPLE):
        if other != account_id:
            tell(other, "family_invited", card, inviter=accounts.card(account_id).name)
    return card


def may_send(account_id: str, profile_id: str, kind: str) -> bool:
    """Tell whether an account may invite in a kind now: another representative for a minor, the adolescent at 15."""
    if not delegation.may_act(account_id, profile_id, clock.now(), TO_INVITE[kind]):
        return False
    years, actors = profiles.age(profile_id), family.list_actors(profile_id)
    count = sum(one.kind == kind for one in actors)
    if kind == delegation.SELF:
        return count == 0 and years is not None and years >= delegation.ADOLESCENCE
    if kind == delegation.REPRESENTATIVE:
        return count < delegation.MOST_REPRESENTATIVES and years is not None and years < delegation.MAJORITY
    return count < delegation.MOST_CARERS


def list_of_profile(profile_id: str) -> list[Card]:
    """List the invitations to act for a profile, newest first."""
    query = select(Invitation.__table__).where(Invitation.profile_id == profile_id).order_by(Invitation.id.desc())
    with db.reading() as connection:
        return [opened(row) for row in connection.execute(query.limit(50))]


def get(profile_id: str, invitation_id: str) -> Card:
    """Return one invitation to act for a profile; refuses with InvitationUnknown."""
    for card in list_of_profile(profile_id):
        if card.id == invitation_id:
            return card
    raise InvitationUnknown(reason=invitation_id)


def _checked(account_id: str, guest: Guest) -> Guest:
    name = " ".join(guest.name.split())[:LONGEST_NAME]
    if not name:
        raise GuestMissing()
    address = contacts.as_email(guest.address)
    reach = contacts.find(account_id)
    if reach and reach.email and reach.email.lower() == address.lower():
        raise OwnAddress(reason="own address")
    return Guest(name, address)


def _write_to_guest(card: Card) -> None:
    told = {"inviter": accounts.card(card.account_id).name, "profile": profiles.given_name(card.profile_id)}
    told |= {"code": card.guest.written, "day": card.expires_at.date().isoformat(), "to": card.guest.address}
    page = f"{family.PAGE}/join?code={card.guest.written}"
    template = "invitation_own" if card.kind == delegation.SELF else "invitation"
    outbox.notify(card.account_id, template, channels=["email"], lang=None, due_at=None, page=page, **told)


def tell(account_id: str, template: str, card: Card, **params: str) -> None:
    """Tell somebody who acts for the profile what became of an invitation."""
    named = profiles.given_name(card.profile_id)
    outbox.notify(
        account_id,
        template,
        channels=None,
        lang=None,
        due_at=None,
        name=card.guest.name,
        profile=named,
        page=family.PAGE,
        **params,
    )


def record(tag: str, card: Card, *, by: str) -> None:
    """Write down what was done with an invitation."""
    audit.record(tag, profile_id=card.profile_id, account_id=by, kind=card.kind, invitation_id=card.id)


def digest(code: str) -> str:
    """Return what is kept of a code to find it by."""
    return crypto.keyed_digest("invitation", code)


def sealed(guest: Guest) -> str:
    """Return what is kept of a guest."""
    return crypto.seal("invitation", json.dumps(vars(guest)))


def opened(row: Any) -> Card:
    """Read a row."""
    guest = Guest(**json.loads(crypto.unseal("invitation", row.guest_sealed)))
    is_over = row.state == PENDING and row.expires_at <= clock.now()
    state = EXPIRED if is_over else row.state
    return Card(row.id, row.profile_id, row.account_id, row.kind, state, guest, row.created_at, row.expires_at)
