"""Which account an identity at a provider signs in to: linked with proof of both, told of, and unlinked.

No address or name ever links the two. An identity has one account and an account one identity of a provider; the
database holds both. Where the civil identity of the account's holder is known, the provider's must be the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from authz import audit, clock, crypto, db, entropy
from authz.identity import profiles, providers
from authz.identity.civil_models import CivilIdentity
from authz.identity.federation import FRESH, Proven
from authz.identity.models import Account
from authz.identity.sessions import SignedIn
from authz.identity.upstream_models import UpstreamIdentity, UpstreamSession
from authz.identity.upstream_refusals import UpstreamGone, UpstreamOther, UpstreamStale, UpstreamTaken
from authz.notifications import outbox


@dataclass(frozen=True)
class Linked:
    """An identity as the account's owner sees it; `label` is the issuer's where its provider is set no more."""

    id: str
    issuer: str
    label: str
    name: str
    linked_at: datetime
    used_at: datetime | None


def find_account(proven: Proven) -> str | None:
    """Return the account that an identity signs in to, if it is open; or None."""
    query = (
        select(UpstreamIdentity.account_id)
        .join(Account, Account.id == UpstreamIdentity.account_id)
        .where(*_is(proven), Account.closed_at.is_(None))
    )
    with db.reading() as connection:
        return connection.execute(query).scalar_one_or_none()


def link(account_id: str, proven: Proven, *, within: timedelta = FRESH) -> None:
    """Link an identity to an account whose owner has proven both, lately.

    Refuses with UpstreamStale, UpstreamOther or UpstreamTaken.
    """
    label = providers.get(proven.provider).label
    if not proven.is_within(within):
        raise UpstreamStale(provider=label)
    if not _may_be_same(account_id, proven):
        audit.record("account:upstream:refuse", account_id=account_id, provider=proven.provider)
        raise UpstreamOther(provider=label)
    row = {
        "id": entropy.new_id(),
        "account_id": account_id,
        "issuer": proven.issuer,
        "subject_digest": _digest(proven),
        "claims_sealed": crypto.seal("upstream", json.dumps(proven.claims)),
        "linked_at": clock.now(),
    }
    if not db.insert_once(UpstreamIdentity, **row):
        if find_account(proven) == account_id:
            return
        raise UpstreamTaken(provider=label)
    audit.record("account:upstream:link", account_id=account_id, identity_id=row["id"], provider=proven.provider)
    outbox.alert(account_id, "upstream_linked", provider=label)


def is_linked(proven: Proven) -> bool:
    """Tell whether an identity still signs in to the account that it was found to, in this unit too."""
    query = select(UpstreamIdentity.id).where(*_is(proven), UpstreamIdentity.account_id == proven.account_id)
    return db.session().execute(query).first() is not None


def mark(proven: Proven) -> str:
    """Return what tells an identity from another one, and nobody whose it is."""
    return _digest(proven)[:20]


def note_use(proven: Proven) -> None:
    """Note that an identity has just signed in."""
    db.session().execute(update(UpstreamIdentity).where(*_is(proven)).values(used_at=clock.now()))


def list_of_account(account_id: str) -> list[Linked]:
    """List the identities of an account, the oldest first."""
    query = select(UpstreamIdentity.__table__).where(UpstreamIdentity.account_id == account_id)
    with db.reading() as connection:
        return [_card(row) for row in connection.execute(query.order_by(UpstreamIdentity.id))]


def get(account_id: str, identity_id: str) -> Linked:
    """Return one identity of an account; refuses with UpstreamGone."""
    for one in list_of_account(account_id):
        if one.id == identity_id:
            return one
    raise UpstreamGone()


def unlink(account_id: str, identity_id: str) -> None:
    """Forget an identity: it signs in no more, and the account is told; refuses with UpstreamGone."""
    one = get(account_id, identity_id)
    mine = (UpstreamIdentity.id == identity_id) & (UpstreamIdentity.account_id == account_id)
    if not db.claimed(db.session().execute(delete(UpstreamIdentity).where(mine))):
        raise UpstreamGone()
    audit.record("account:upstream:unlink", account_id=account_id, identity_id=identity_id)
    outbox.alert(account_id, "upstream_unlinked", provider=one.label)


def forget(account_id: str) -> None:
    """Delete every identity of an account, for its erasure."""
    db.session().execute(delete(UpstreamIdentity).where(UpstreamIdentity.account_id == account_id))


def keep_session(browser: SignedIn, proven: Proven) -> None:
    """Keep what a signed-in browser's sign-out at the provider needs, in place of what was kept of an earlier one."""
    sealed = crypto.seal("upstream-session", proven.id_token)
    db.session().execute(delete(UpstreamSession).where(UpstreamSession.session_id == browser.id))
    row = {"session_id": browser.id, "provider": proven.provider, "expires_at": browser.expires_at}
    db.insert_once(UpstreamSession, **row, id_token_sealed=sealed)  # two answers at once: one of them is kept


def find_session(session_id: str) -> tuple[str, str] | None:
    """Return the provider and the ID token that a browser came by; None if it came otherwise."""
    query = select(UpstreamSession.__table__).where(UpstreamSession.session_id == session_id)
    with db.reading() as connection:
        row = connection.execute(query).first()
    return (row.provider, crypto.unseal("upstream-session", row.id_token_sealed)) if row else None


def purge(now: datetime) -> int:
    """Delete what was kept for signing out of sessions that are over; returns how many."""
    return db.changed(db.session().execute(delete(UpstreamSession).where(UpstreamSession.expires_at < now)))


def _may_be_same(account_id: str, proven: Proven) -> bool:
    """Tell whether a provider may speak of the account's holder.

    Where the holder's civil identity is known, one that vouches for such identities has to name the same.
    """
    query = select(CivilIdentity.pivot_digest).where(CivilIdentity.profile_id == profiles.find_own(account_id))
    with db.reading() as connection:
        known = connection.execute(query).scalar_one_or_none()
    if known is None or not providers.get(proven.provider).is_civil:
        return True
    told = proven.civil_digest
    return told is not None and crypto.same(known, told)


def _is(proven: Proven) -> tuple[Any, ...]:
    return UpstreamIdentity.issuer == proven.issuer, UpstreamIdentity.subject_digest == _digest(proven)


def _digest(proven: Proven) -> str:
    return crypto.keyed_digest("upstream-subject", f"{proven.issuer} {proven.subject}")


def _card(row: Any) -> Linked:
    claims = json.loads(crypto.unseal("upstream", row.claims_sealed))
    labels = {provider.issuer: provider.label for provider in providers.list_all()}
    return Linked(row.id, row.issuer, labels.get(row.issuer, row.issuer), name_of(claims), row.linked_at, row.used_at)


def name_of(claims: dict[str, str]) -> str:
    """Return what a provider calls a person, for their own eyes."""
    names = (claims.get("given_name", ""), claims.get("preferred_username") or claims.get("family_name", ""))
    return " ".join(filter(None, names)) or claims.get("name", "")
