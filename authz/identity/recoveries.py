"""Getting back in: the identifier forgotten, and the password, without a word on whether an account exists.

Whoever asks gets the same page after the same work: a row. The worker finds out later what the row is about, and writes
to the account's own addresses only. A new password takes two different proofs, waits for a while, and can be stopped by
whoever reads any of the account's messages.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from authz import audit, clock, crypto, db, entropy, ratelimit, settings
from authz.errors import Refusal
from authz.identity import attempts, devices, otp, password_changes, passwords, sessions
from authz.identity.identifiers import is_well_formed
from authz.identity.models import Account, KnownDevice, Recovery
from authz.notifications import contacts, outbox, texting, worker

PURPOSE = "recover"
TTL, KEPT = timedelta(minutes=15), timedelta(days=30)
MAX_TRIES = 5
NETWORK = (20, timedelta(hours=1))  # asked from a network, or by a known browser
ACCOUNT = (3, timedelta(days=1))  # told to an account, for each of its devices, and for each network without one
ABROAD = (9, timedelta(days=1))  # told to an account for all browsers together that it does not know
AGAIN = timedelta(minutes=1)  # when a row that failed is tried again
_ASKED = 250


class RecoveryOver(Refusal):
    """The recovery is not one of this browser, or not at this step, or its time is over."""

    code = "expired"
    description = "This is no longer open; begin again."


def ask_identifier(email: str) -> None:
    """Ask for the identifiers that belong to an e-mail address; refuses with TooMany."""
    _ask("identifier", email, "email")


def ask_password(identifier: str, channel: str) -> str:
    """Begin to replace a password, by a code over a channel; returns the recovery's id, or refuses with TooMany."""
    return _ask("password", identifier, channel if channel in otp.SENT else "email")


def check_code(recovery_id: str, code: str) -> None:
    """Take the first proof, counted before it is looked at; an account that is not there fails like a wrong code."""
    mine = _mine(recovery_id, clock.now()) & Recovery.proven_at.is_(None) & (Recovery.tries < MAX_TRIES)
    counted = update(Recovery).where(mine).values(tries=Recovery.tries + 1).returning(Recovery.tries)
    tries = db.session().execute(counted).scalar_one_or_none()
    if tries is None:
        raise RecoveryOver(reason="not open, or tried too often")
    kept = db.session().execute(select(Recovery.code_digest).where(Recovery.id == recovery_id)).scalar_one()
    typed = "".join(char for char in code if char.isdecimal() and char.isascii())
    if not crypto.same(kept or crypto.digest(entropy.new_secret("none")), _digest(recovery_id, typed)):
        raise otp.WrongCode(tries_left=MAX_TRIES - tries)
    values = {"proven_at": clock.now(), "expires_at": clock.now() + TTL}
    db.session().execute(update(Recovery).where(Recovery.id == recovery_id).values(**values))


def get(recovery_id: str) -> Any:
    """Return this browser's recovery after its first proof; refuses with RecoveryOver."""
    now = clock.now()
    with db.reading() as connection:
        row = connection.execute(select(Recovery.__table__).where(_mine(recovery_id, now))).first()
    if row is None or row.proven_at is None or row.due_at is not None or row.done_at is not None:
        raise RecoveryOver(reason="not at this step")
    return row


def seconds(row: Any) -> list[otp.Method]:
    """List what may be the second proof: anything but the way of the first."""
    return [method for method in otp.methods(row.account_id) if method.kind != row.channel]


def check_second(row: Any, kind: str, code: str) -> None:
    """Take the second proof by a code; refuses as `otp.check` does."""
    if kind not in [method.kind for method in seconds(row)]:
        raise otp.NoSuchMethod(reason=kind)
    otp.check(row.account_id, kind, code, PURPOSE)
    prove(row, kind)


def prove(row: Any, kind: str) -> None:
    """Note the second proof."""
    values = {"second": kind, "expires_at": clock.now() + TTL}
    db.session().execute(update(Recovery).where(Recovery.id == row.id).values(**values))


def choose(row: Any, new: str) -> datetime:
    """Keep the new password until its time has come, and tell everywhere how to stop it; returns that time."""
    if row.second is None:
        raise RecoveryOver(reason="one proof is not two")
    password_changes.check(row.account_id, new)
    kept, secret = passwords.hash_of(new), entropy.new_secret("aprs")
    hours = settings.current().recovery_hours
    due_at = clock.now() + timedelta(hours=hours)
    values: dict[str, Any] = {"password_hash": kept, "cancel_digest": crypto.digest(secret), "due_at": due_at}
    undecided = _mine(row.id, clock.now()) & Recovery.due_at.is_(None) & Recovery.done_at.is_(None)
    if not db.claimed(db.session().execute(update(Recovery).where(undecided).values(**values))):
        raise RecoveryOver(reason="decided meanwhile")
    audit.record("account:recovery:wait", account_id=row.account_id, first=row.channel, second=row.second)
    outbox.alert(row.account_id, "recovery_waits", hours=hours, page=f"/recover/stop/{secret}")
    return due_at


def stop(secret: str) -> None:
    """Stop a recovery by the secret of one of its messages; refuses with RecoveryOver."""
    waits = (Recovery.cancel_digest == crypto.digest(secret)) & Recovery.done_at.is_(None)
    values = {"done_at": clock.now(), "password_hash": None, "asked_sealed": None}
    stopped = db.session().execute(update(Recovery).where(waits).values(**values).returning(Recovery.account_id))
    account_id = stopped.scalar_one_or_none()
    if account_id is None:
        raise RecoveryOver(reason="nothing to stop")
    audit.record("account:recovery:stop", account_id=account_id)
    outbox.alert(account_id, "recovery_stopped")


def work() -> None:
    """Do what is due: find out what was asked, and put new passwords in force; for the worker."""
    now = clock.now()
    new = Recovery.asked_sealed.is_not(None) & Recovery.kind.in_(["identifier", "password"])
    ready = Recovery.due_at.is_(None) | (Recovery.due_at <= now)
    due = (Recovery.due_at <= now) & Recovery.done_at.is_(None) & (Recovery.kind == "password")
    query = select(Recovery.__table__).where((new & ready) | due).order_by(Recovery.id).limit(50)
    with db.reading() as connection:
        rows = connection.execute(query).all()
    worker.each(rows, _do, after_fault=_do_later)


def purge(now: datetime) -> int:
    """Forget recoveries that are long over; returns how many."""
    return db.changed(db.session().execute(delete(Recovery).where(Recovery.expires_at < now - KEPT)))


def _ask(kind: str, asked: str, channel: str) -> str:
    # A browser that has signed in before has a share of its own, which nobody else in its network can spend.
    ratelimit.spend(PURPOSE, devices.find_any() or attempts.network(), limit=NETWORK[0], per=NETWORK[1])
    now, recovery_id = clock.now(), entropy.new_id()
    row = {"id": recovery_id, "kind": kind, "channel": channel, "tries": 0, "created_at": now, "expires_at": now + TTL}
    row |= {"browser_digest": crypto.digest(sessions.browser_key())}
    place = crypto.keyed_digest("network", attempts.network())
    whole = devices.secret_digest().ljust(len(place)) + place + asked.strip()[:_ASKED].ljust(_ASKED)
    db.session().execute(insert(Recovery).values(**row, asked_sealed=crypto.seal("recovery", whole)))
    return recovery_id


def _do(row: Any) -> None:
    if row.asked_sealed:
        _find_out(row)
    else:
        _put_in_force(row, clock.now())


def _do_later(row: Any) -> None:
    """Have a row that failed out of the way of the others for a while."""
    values = {"due_at": clock.now() + AGAIN}
    db.session().execute(update(Recovery).where(Recovery.id == row.id, Recovery.done_at.is_(None)).values(**values))


def _find_out(row: Any) -> None:
    whole = crypto.unseal("recovery", row.asked_sealed)
    head, asked = whole[:-_ASKED], whole[-_ASKED:].strip()
    browser, place = head[: len(head) // 2].strip(), head[len(head) // 2 :]
    claim = update(Recovery).where(Recovery.id == row.id, Recovery.asked_sealed.is_not(None))
    if not db.claimed(db.session().execute(claim.values(asked_sealed=None, due_at=None))):
        return
    try:
        if row.kind == "identifier":
            _remind(asked, browser, place)
        elif row.expires_at > clock.now():
            _send(row, asked.lower(), browser, place)
    except (ratelimit.TooMany, texting.NoText):
        return  # told often enough today: whoever asks is not told that either


def _spend(bucket: str, account_id: str, browser: str, place: str) -> bool:
    """Count one message; tells whether a device of the account asks: it has a share that nobody else uses up."""
    mine = (KnownDevice.account_id == account_id) & (KnownDevice.secret_digest == browser)
    device_id = db.session().execute(select(KnownDevice.id).where(mine)).scalar_one_or_none()
    ratelimit.spend(bucket, device_id or f"{account_id} {place}", limit=ACCOUNT[0], per=ACCOUNT[1])
    if device_id is None:  # after the place: what is refused there uses up nothing here
        ratelimit.spend(bucket, account_id, limit=ABROAD[0], per=ABROAD[1])
    return device_id is not None


def _remind(email: str, browser: str, place: str) -> None:
    for account_id in contacts.list_by_email(email):
        account = db.session().get(Account, account_id)
        if account is not None and account.closed_at is None:
            _spend("remind", account_id, browser, place)
            outbox.notify(account_id, "identifier", channels=["email"], identifier=account.identifier)


def _send(row: Any, identifier: str, browser: str, place: str) -> None:
    query = select(Account).where(Account.identifier == identifier, Account.closed_at.is_(None))
    account = db.session().scalars(query).first() if is_well_formed(identifier) else None
    reach = contacts.find(account.id) if account else None
    if account is None or reach is None or not reach.is_verified(row.channel):
        return
    is_known = _spend("reset", account.id, browser, place)
    code, minutes = entropy.new_digits(otp.DIGITS), int(TTL.total_seconds() // 60)
    outbox.send_code(account.id, row.channel, outbox.Code(code, minutes, "code_recover"), is_known=is_known)
    values = {"account_id": account.id, "code_digest": _digest(row.id, code)}
    db.session().execute(update(Recovery).where(Recovery.id == row.id).values(**values))
    audit.record("account:recovery:begin", account_id=account.id, kind=row.channel)


def _put_in_force(row: Any, now: datetime) -> None:
    waits = (Recovery.id == row.id) & Recovery.done_at.is_(None)
    if not db.claimed(db.session().execute(update(Recovery).where(waits).values(done_at=now, password_hash=None))):
        return
    values = {"password_hash": row.password_hash, "password_changed_at": now}
    is_open = (Account.id == row.account_id) & Account.closed_at.is_(None)
    if not db.claimed(db.session().execute(update(Account).where(is_open).values(**values))):
        return  # closed meanwhile
    sessions.end_all(row.account_id)
    audit.record("account:recovery:done", account_id=row.account_id)
    outbox.alert(row.account_id, "password_changed")


def _mine(recovery_id: str, now: datetime) -> Any:
    browser = crypto.digest(sessions.browser_key())
    return (Recovery.id == recovery_id) & (Recovery.browser_digest == browser) & (Recovery.expires_at > now)


def _digest(recovery_id: str, code: str) -> str:
    return crypto.keyed_digest("recovery", f"{recovery_id} {code}")
