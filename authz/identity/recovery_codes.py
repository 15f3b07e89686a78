"""Recovery codes: ten to print, each of which takes the place of a second factor once."""

from __future__ import annotations

from sqlalchemy import delete, func, insert, select, update

from authz import audit, clock, crypto, db, entropy
from authz.identity.models import Account, RecoveryCode
from authz.notifications import outbox

COUNT, FEW = 10, 3
_LENGTH = 10  # of 28 letters: 48 bits, behind budgets
_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ23456789"  # nothing that reads as another, and no words


def make(account_id: str, *, instead_of: str) -> list[str]:
    """Make ten codes in place of those there were, and return them: nothing shows them again.

    `instead_of` is the set (see `current_set`) that the page knew of; when another has been made meanwhile, by a
    reload or in another window, nothing is changed and nothing returned.
    """
    session, mine = db.session(), RecoveryCode.account_id == account_id
    # Writing to the account's row first puts two who make codes at once in line: the second finds the first one's set.
    session.execute(update(Account).where(Account.id == account_id).values(updated_at=clock.now()))
    found = session.execute(select(RecoveryCode.set_id).where(mine).limit(1)).scalar_one_or_none() or ""
    if found != instead_of:
        return []
    session.execute(delete(RecoveryCode).where(mine))
    set_id, now = entropy.new_id(), clock.now()
    codes = [entropy.new_letters(_LENGTH, _ALPHABET) for _ in range(COUNT)]
    rows = [
        {"account_id": account_id, "digest": _digest(account_id, code), "set_id": set_id, "made_at": now}
        for code in codes
    ]
    session.execute(insert(RecoveryCode), rows)
    audit.record("account:recovery-code:make", account_id=account_id, count=COUNT)
    outbox.alert(account_id, "recovery_codes_made")
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def current_set(account_id: str) -> str:
    """Return the name of the set of codes that an account has; empty without one."""
    query = select(RecoveryCode.set_id).where(RecoveryCode.account_id == account_id).limit(1)
    with db.reading() as connection:
        return connection.execute(query).scalar_one_or_none() or ""


def count_left(account_id: str) -> int:
    """Count the codes that an account has not used."""
    query = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.account_id == account_id)
    with db.reading() as connection:
        return connection.execute(query.where(RecoveryCode.used_at.is_(None))).scalar_one()


def spend(account_id: str, code: str) -> bool:
    """Use a code up, and tell the account; false when it is not one, or was used before."""
    bare = "".join(char for char in code.upper() if char in _ALPHABET)
    unused = (RecoveryCode.account_id == account_id) & RecoveryCode.used_at.is_(None)
    claim = update(RecoveryCode).where(unused, RecoveryCode.digest == _digest(account_id, bare))
    if len(bare) != _LENGTH or not db.claimed(db.session().execute(claim.values(used_at=clock.now()))):
        return False
    left = db.session().execute(select(func.count()).select_from(RecoveryCode).where(unused)).scalar_one()
    audit.record("account:recovery-code:use", account_id=account_id, count=left)
    outbox.alert(account_id, "recovery_codes_few" if left <= FEW else "recovery_code_used", left=left)
    return True


def _digest(account_id: str, code: str) -> str:
    return crypto.keyed_digest("recovery_code", f"{account_id} {code}")
