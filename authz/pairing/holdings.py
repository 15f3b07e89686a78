"""What a code or token stands for: it, its family, its pairing and its client's status, found in one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, select

from authz import clock, crypto
from authz.catalogue import smart
from authz.catalogue.entries import CatalogueEntry
from authz.catalogue.scopes import PROTOCOL
from authz.clients.models import Client
from authz.pairing import state
from authz.pairing.models import Pairing
from authz.prepared import Prepared
from authz.tokens.device_codes import DeviceCode
from authz.tokens.models import AccessToken, AuthorizationCode, FamilyFacts, FoundCode, FoundToken, RefreshToken, Terms
from authz.tokens.models import TokenFamily as Family

_FAMILY: tuple[Any, ...] = (
    Family.id, Family.client_id, Family.profile_id, Family.pairing_id, Family.account_id, Family.scope,
    Family.auth_time, Family.acr, Family.amr, Family.sid, Family.oid, Family.actor, Family.claims, Family.resources,
    Family.details_sealed, Family.ends_at, Family.revoked_at, Pairing.subject, Pairing.granted, Pairing.state,
    Pairing.ends_at, Pairing.paused_until, Pairing.limits,
)  # fmt: skip
_ON_PAIRING: ColumnElement[bool] = (Pairing.profile_id == Family.profile_id) & (Pairing.id == Family.pairing_id)


@dataclass(frozen=True)
class FoundAccess:
    """An access token with everything a resource server needs to decide on a request."""

    token: FoundToken
    client_status: str
    oid: str
    entry_status: str


@dataclass(frozen=True)
class FoundDevice:
    """A device code with the authorization that was decided, if one was."""

    family: FamilyFacts | None
    digest: str
    client_id: str
    expires_at: datetime
    polled_at: datetime | None
    interval_seconds: int
    decided_at: datetime | None
    claimed_at: datetime | None

    def get_scope(self) -> str:
        """Return the scope agreed to (Authlib's contract)."""
        return self.family.scope if self.family else ""


def _query(row: Any, *columns: Any) -> Select[Any]:
    query = select(*columns, Client.status, *_FAMILY).select_from(row)
    query = query.outerjoin(Family, Family.id == row.family_id).outerjoin(Pairing, _ON_PAIRING)
    return query.join(Client, Client.id == row.client_id)


_code = _query(
    AuthorizationCode,
    AuthorizationCode.digest,
    AuthorizationCode.client_id,
    AuthorizationCode.redirect_uri,
    AuthorizationCode.code_challenge,
    AuthorizationCode.nonce,
    AuthorizationCode.expires_at,
    AuthorizationCode.claimed_at,
    AuthorizationCode.dpop_jkt,
)
_refresh = _query(
    RefreshToken,
    RefreshToken.digest,
    RefreshToken.client_id,
    RefreshToken.issued_at,
    RefreshToken.expires_at,
    RefreshToken.claimed_at,
    RefreshToken.bound_to,
)
_access = _query(
    AccessToken,
    AccessToken.digest,
    AccessToken.client_id,
    AccessToken.scope,
    AccessToken.issued_at,
    AccessToken.expires_at,
    AccessToken.revoked_at,
    AccessToken.bound_to,
    AccessToken.resources,
    AccessToken.details_sealed,
    AccessToken.exchanged_from,
    CatalogueEntry.oid,
    CatalogueEntry.status,
).outerjoin(CatalogueEntry, CatalogueEntry.id == Client.catalogue_entry_id)
_device = _query(
    DeviceCode,
    DeviceCode.digest,
    DeviceCode.client_id,
    DeviceCode.expires_at,
    DeviceCode.polled_at,
    DeviceCode.interval_seconds,
    DeviceCode.decided_at,
    DeviceCode.claimed_at,
)


_find_code = Prepared(_code.where(AuthorizationCode.digest == bindparam("digest")))
_find_refresh = Prepared(_refresh.where(RefreshToken.digest == bindparam("digest")))
_find_device = Prepared(_device.where(DeviceCode.digest == bindparam("digest")))
_find_access = Prepared(_access.where(AccessToken.digest == bindparam("digest")))
_when_claimed = Prepared(select(RefreshToken.claimed_at).where(RefreshToken.digest == bindparam("digest")))


def find_code(code: str) -> FoundCode | None:
    """Find an authorization code, used or not."""
    row = _find_code.find({"digest": crypto.digest(code)})
    if row is None:
        return None
    family = _facts(row[9:], row[8])
    return FoundCode(*row[:8], family=family) if family else None


def find_refresh(token: str) -> FoundToken | None:
    """Find a refresh token, exchanged or not."""
    row = _find_refresh.find({"digest": crypto.digest(token)})
    if row is None:
        return None
    digest, client_id, issued_at, expires_at, claimed_at, bound_to, status, *rest = row
    family = _facts(rest, status)
    if family is None:
        return None
    is_over, terms = expires_at <= clock.now(), Terms(bound_to, family.resources)
    return FoundToken(
        "refresh_token", digest, client_id, family.scope, issued_at, expires_at, is_over, claimed_at, family, terms
    )


def find_device(device_code: str) -> FoundDevice | None:
    """Find a device code, decided or not."""
    row = _find_device.find({"digest": crypto.digest(device_code)})
    return FoundDevice(_facts(row[8:], row[7]), *row[:7]) if row else None


def find_access(token: str) -> FoundAccess | None:
    """Find an access token that is neither revoked nor unknown."""
    row = _find_access.find({"digest": crypto.digest(token)})
    if row is None or row[5] is not None:
        return None
    digest, client_id, scope, issued_at, expires_at, _revoked, *terms, oid, entry_status, status = row[:13]
    is_over = expires_at <= clock.now()
    # A service suspended in the catalogue is as dead as a suspended client, for introspection too.
    family = _facts(row[13:], "suspended" if entry_status == "suspended" else status)
    found = FoundToken(
        "access_token", digest, client_id, scope, issued_at, expires_at, is_over, None, family, Terms(*terms)
    )
    return FoundAccess(found, status, oid or "", entry_status or "")


def find_any(token: str) -> FoundToken | None:
    """Find a token of either kind by its prefix."""
    if token.startswith("apr_"):
        return find_refresh(token)
    found = find_access(token)
    return found.token if found else None


def is_claimed(token: str) -> bool:
    """Tell whether a refresh token has been exchanged."""
    row = _when_claimed.find({"digest": crypto.digest(token)})
    return row is not None and row.claimed_at is not None


def reach(token: FoundToken) -> smart.Reach:
    """Return what a token reaches now: of what was asked for, what the consents allow at this moment."""
    if token.family is None:
        return smart.Reach(frozenset(token.scope.split()))
    return smart.reach(token.scope, token.family.granted, token.family.limits, PROTOCOL)


def _facts(row: Any, client_status: str) -> FamilyFacts | None:
    if row[0] is None:
        return None
    revoked_at, subject, granted, kept_state, ends_at, paused_until, limits = row[16:23]
    state_now = state.at(kept_state, ends_at, paused_until, clock.now())
    values = (*row[:16], revoked_at is not None, subject, frozenset(granted.split()), state_now, client_status,
              limits or "")  # fmt: skip
    return FamilyFacts(*values)
