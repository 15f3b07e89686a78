"""What needs no asking again: a living pairing that already answers everything a request asks, found in one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from authz import clock
from authz.catalogue import scopes, smart
from authz.clients.models import RegisteredClient
from authz.identity import delegation
from authz.identity.models import Delegation
from authz.interaction import wishes
from authz.interaction.models import Request
from authz.pairing import state
from authz.pairing.models import Consent, Pairing
from authz.prepared import Prepared


@dataclass(frozen=True)
class Remembered:
    """The pairing of an account's own profile that answers a request by itself."""

    profile_id: str
    id: str
    ends_at: datetime
    subject: str
    details_sealed: str | None  # to what the patient held the last answer


_own = (Delegation.profile_id == Pairing.profile_id) & (Delegation.kind == delegation.SELF)
_decided = (Consent.profile_id == Pairing.profile_id) & (Consent.pairing_id == Pairing.id)
_query = Prepared(
    select(
        Pairing.profile_id, Pairing.id, Pairing.ends_at, Pairing.state, Pairing.paused_until,
        Pairing.subject, Pairing.details_sealed, Consent.scope, Consent.text_version, Consent.limits,
    )
    .join(Delegation, _own)
    .outerjoin(Consent, _decided)
    .where(Delegation.account_id == bindparam("account"), Pairing.client_id == bindparam("client"))
    .where((Pairing.state == "active") | (Pairing.state == "pending"))
    .order_by(Consent.id)
)  # fmt: skip


def find(client: RegisteredClient, account_id: str, request: Request) -> Remembered | None:
    """Find such a pairing of the account's own profile; never where patients are asked each time."""
    # What is remembered is the account's own: no answer to who acts for somebody else.
    if request.device or request.details or request.expected_acts or "consent" in request.prompt.split():
        return None
    if client.profile.greets and not _is_renewal(request):
        return None
    rows = _query.read({"account": account_id, "client": client.id})
    if not rows:
        return None
    first = rows[0]
    if state.at(first.state, first.ends_at, first.paused_until, clock.now()) not in ("active", "pending"):
        return None
    if client.profile.greets and first.subject != request.expected:
        return None
    decided = {row.scope: row for row in rows}
    limits = wishes.limits(request)
    for name in wishes.asked(request):
        known = decided.get(name)
        if known is None or known.text_version != scopes.SCOPES[name].version:
            return None
        if not smart.is_within(limits.get(name, ""), known.limits or ""):
            return None
    return Remembered(first.profile_id, first.id, first.ends_at, first.subject, first.details_sealed)


def _is_renewal(request: Request) -> bool:
    """Tell whether an app whose patients are asked each time only renews what it has, without a page.

    It names whom it knows, and nobody of its own whom it might link to somebody else; and its address is its own, which
    neither a scheme nor a port on a phone is (RFC 8252 §8.6, RFC 6749 §10.2).
    """
    is_its_own = request.redirect_uri.startswith("https://")
    knows_whom = bool(request.expected) and not request.expected_acts
    return "none" in request.prompt.split() and is_its_own and knows_whom and not request.app_account
