"""What is given in for tokens: claimed, and what follows it written, with one winner.

PostgreSQL does it in one statement, a unit by itself: no BEGIN, no COMMIT, one round trip (docs/decisions/0022). SQLite
has no data-modifying CTE and no round trips: there it is a few statements of the request's unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import Insert, Table, Update, bindparam, insert, select, update

from authz import clock, db
from authz.prepared import Prepared
from authz.tokens.models import AccessToken, AuthorizationCode, RefreshToken, TokenFamily

Kind = Literal["code", "refresh_token"]
_ACCESS, _REFRESH = cast(Table, AccessToken.__table__), cast(Table, RefreshToken.__table__)
_CODE, _FAMILY = cast(Table, AuthorizationCode.__table__), cast(Table, TokenFamily.__table__)
_GIVEN: dict[Kind, Table] = {"code": _CODE, "refresh_token": _REFRESH}
# What is only ever set later.
_LATER = {"claimed_at", "revoked_at", "revoke_reason"}


@dataclass(frozen=True)
class Minted:
    """A code or token in plain, told this once, and the row that is kept of it."""

    plain: str
    row: dict[str, Any]

    @property
    def expires_in(self) -> int:
        """Its whole life in seconds."""
        return int((self.row["expires_at"] - self.row["issued_at"]).total_seconds())


def take(kind: Kind, presented: str, access: Minted, refresh: Minted | None) -> bool:
    """Claim what was given in (its digest) and keep what it is exchanged for; False if somebody was faster."""
    claim = {"presented": presented, "now": clock.now()}
    if db.is_postgresql():
        values = claim | _named("access", access.row) | (_named("refresh", refresh.row) if refresh else {})
        return _WHOLE[kind, refresh is not None].alone(values) == 1
    if _CLAIM[kind].run(claim) != 1:
        return False
    if refresh:
        _INSERT["refresh"].run(refresh.row)
    _INSERT["access"].run(access.row)
    return True


def keep(access: Minted, refresh: Minted | None = None) -> None:
    """Keep tokens that nothing was given in for."""
    if refresh:
        _INSERT["refresh"].run(refresh.row)
    _INSERT["access"].alone(access.row)


def open_family(family: dict[str, Any], code: Minted) -> None:
    """Keep an authorization and its code."""
    if db.is_postgresql():
        _OPENING.alone(_named("family", family) | _named("code", code.row))
    else:
        _INSERT["family"].run(family)
        _INSERT["code"].run(code.row)


def _named(prefix: str, row: dict[str, Any]) -> dict[str, Any]:
    return {f"{prefix}_{name}": value for name, value in row.items()}


def _parameters(table: Table, prefix: str) -> dict[str, Any]:
    """Return the parameter of each column; a name of a column's own would be taken for a value to set."""
    return {name: bindparam(f"{prefix}_{name}", type_=table.c[name].type) for name in _columns(table)}


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.c if column.name not in _LATER]


def _claim(kind: Kind) -> Update:
    table = _GIVEN[kind]
    mine = (table.c.digest == bindparam("presented")) & table.c.claimed_at.is_(None)
    return update(table).where(mine).values(claimed_at=bindparam("now"))


def _whole(kind: Kind, *, with_refresh: bool) -> Insert:
    """Build the one statement: rows are inserted from what the claim returns, so none if somebody was faster."""
    claimed = _claim(kind).returning(_GIVEN[kind].c.family_id).cte("claimed")

    def fed(table: Table, prefix: str) -> Insert:
        values = _parameters(table, prefix)
        return insert(table).from_select(list(values), select(*values.values()).select_from(claimed))

    minted = fed(_ACCESS, "access")
    if with_refresh:
        minted = minted.add_cte(fed(_REFRESH, "refresh").cte("fresh"))
    return minted


def _opening() -> Insert:
    family = insert(_FAMILY).values(**_parameters(_FAMILY, "family")).cte("opened")
    return insert(_CODE).values(**_parameters(_CODE, "code")).add_cte(family)


_WHOLE = {(kind, on): Prepared(_whole(kind, with_refresh=on)) for kind in _GIVEN for on in (True, False)}
_CLAIM = {kind: Prepared(_claim(kind)) for kind in _GIVEN}
_OPENING = Prepared(_opening())
_INSERT = {
    name: Prepared(insert(table), _columns(table))
    for name, table in (("access", _ACCESS), ("refresh", _REFRESH), ("code", _CODE), ("family", _FAMILY))
}
