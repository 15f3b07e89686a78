"""Opening a prepared space, step by step: what was proven and chosen waits in one row of the browser that does it.

Nothing becomes an account before the last step, which claims the space by one conditional UPDATE: of two browsers with
the same letter, or of two tabs, one opens it. Whoever leaves halfway has used up nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import delete, insert, select, update

from authz import clock, crypto, db, entropy, ratelimit
from authz.identity import accounts, activation_proof, civil, otp, passwords, prepared, sessions
from authz.identity.activation_refusals import ActivationOver
from authz.identity.civil_models import Activation
from authz.identity.identifiers import IdentifierRefused, as_identifier
from authz.notifications import contacts, outbox

TTL = timedelta(hours=1)
MAX_TRIES = 5
SENDS = (8, timedelta(hours=1))  # codes sent by one activation
IDENTITY = (10, timedelta(hours=1))  # begun by one identity that a provider vouches for
BY_CODE = "code"


class Step(Enum):
    """What comes next; the values are the ends of the addresses of their pages."""

    ACCESS = "access"
    EMAIL = "email"
    EMAIL_CODE = "email-code"
    PHONE = "phone"
    PHONE_CODE = "phone-code"
    DONE = "done"


def begin(facts: activation_proof.Facts, interaction_id: str | None) -> str:
    """Begin by the facts of a letter; returns the activation's id, or refuses as `activation_proof.prove` does."""
    row = activation_proof.prove(facts)
    activation_proof.check_alone(row)
    return _begin(row, BY_CODE, interaction_id)


def begin_from_identity(pivot_digest: str, *, origin: str, interaction_id: str | None) -> str | None:
    """Begin by an identity that a provider vouches for, which stands for the code and all facts of the letter.

    Returns None where no space waits for that identity, or several do, or the person has one already; refuses with
    TooMany, whether one waits or not. `origin` comes back with `space_opened`.
    """
    ratelimit.spend("activation", f"identity {pivot_digest}", limit=IDENTITY[0], per=IDENTITY[1])
    row = prepared.find_by_pivot(pivot_digest)
    if row is None or row.nir_digest in civil.list_known([row.nir_digest]):
        return None
    activation_proof.check_alone(row)
    return _begin(row, origin, interaction_id)


def get(activation_id: str) -> Any:
    """Return an activation of this browser, done or not; refuses with ActivationOver."""
    with db.reading() as connection:
        row = connection.execute(select(Activation.__table__).where(_mine(activation_id))).first()
    if row is None:
        raise ActivationOver(reason="not open here")
    return row


def step_of(row: Any) -> Step:
    """Tell what comes next."""
    waits = (
        (row.done_at is None, Step.DONE),
        (row.password_hash is not None, Step.ACCESS),
        (row.email_sealed is not None, Step.EMAIL),
        (row.email_verified_at is not None, Step.EMAIL_CODE),
        (row.phone_sealed is not None, Step.PHONE),
    )
    return next((step for is_past, step in waits if not is_past), Step.PHONE_CODE)


def space_of(row: Any) -> Any:
    """Return the prepared space that is being opened; refuses with ActivationOver when it is gone."""
    space = prepared.find(row.prepared_id)
    if space is None:
        raise ActivationOver(reason="space gone")
    return space


def choose(row: Any, *, identifier: str, password: str) -> None:
    """Keep identifier and password; refuses with IdentifierRefused or PasswordRefused.

    That an identifier is taken is told to who proved who they are: they have to choose another one.
    """
    spelled = as_identifier(identifier)
    if accounts.find_card(spelled) is not None:
        raise IdentifierRefused(rule="taken")
    space = space_of(row)
    person, reach = prepared.person_of(space), prepared.reach_of(space)
    born = "".join(reversed(person.birthdate.split("-")))
    known = [reach["email"].partition("@")[0], reach["phone"].removeprefix("+33"), born, person.birthdate]
    passwords.check_rules(password, personal=[spelled, person.given_name, person.family_name, *known])
    _change(row, identifier=spelled, password_hash=passwords.hash_of(password))


def forget_access(row: Any) -> None:
    """Ask for identifier and password again."""
    _change(row, identifier=None, password_hash=None)


def set_address(row: Any, channel: str, text: str, *, lang: str) -> None:
    """Send a code to an e-mail address or a telephone; refuses with ContactRefused, TooSoon, TooMany or `texting`'s."""
    address = contacts.as_email(text) if channel == "email" else contacts.as_phone(text)
    sealed = crypto.seal("activation", address)
    values: dict[str, Any] = {"phone_sealed": sealed}
    if channel == "email":
        values = {"email_sealed": sealed, "email_verified_at": None, "phone_sealed": None}
    _send(row, channel, address, lang=lang, values=values)


def send_again(row: Any, *, lang: str) -> None:
    """Send another code to the address at hand; refuses with TooSoon or TooMany."""
    channel = "email" if step_of(row) is Step.EMAIL_CODE else "sms"
    _send(row, channel, address_of(row, channel), lang=lang, values={})


def address_of(row: Any, channel: str) -> str:
    """Return the address that was typed for a channel; empty where none was."""
    sealed = row.email_sealed if channel == "email" else row.phone_sealed
    return crypto.unseal("activation", sealed) if sealed else ""


def is_waiting_at(row: Any, channel: str, typed: str) -> bool:
    """Tell whether the code on its way goes where was typed: the same form sent twice."""
    return bool(typed) and row.code_digest is not None and address_of(row, channel).lower() == typed.lower()


def check_code(row: Any, code: str) -> None:
    """Take the code of the address at hand; refuses with WrongCode, TooManyTries or CodeExpired.

    The try is counted before the code is looked at: a hundred guesses at once are still five.
    """
    alive = _mine(row.id) & Activation.done_at.is_(None) & (Activation.code_expires_at > clock.now())
    counted = update(Activation).where(alive, Activation.tries < MAX_TRIES).values(tries=Activation.tries + 1)
    found = db.session().execute(counted.returning(Activation.tries, Activation.code_digest)).first()
    if found is None:
        raise otp.TooManyTries() if row.tries >= MAX_TRIES else otp.CodeExpired(reason="none is valid")
    typed = "".join(char for char in code if char.isdecimal() and char.isascii())
    if not crypto.same(found.code_digest or "", _digest(row.id, typed)):
        if found.tries == MAX_TRIES:
            raise otp.TooManyTries()
        raise otp.WrongCode(tries_left=MAX_TRIES - found.tries)
    spent: dict[str, Any] = {"code_digest": None, "code_expires_at": None}
    is_email = row.email_verified_at is None
    _change(row, **spent, **({"email_verified_at": clock.now()} if is_email else {}))


def purge(now: datetime) -> int:
    """Forget activations whose time is over; returns how many."""
    return db.changed(db.session().execute(delete(Activation).where(Activation.expires_at < now)))


def _begin(space: Any, origin: str, interaction_id: str | None) -> str:
    now, activation_id = clock.now(), entropy.new_id()
    row = {"id": activation_id, "prepared_id": space.id, "origin": origin, "interaction_id": interaction_id}
    row |= {"browser_digest": _browser(), "tries": 0, "created_at": now, "expires_at": now + TTL}
    db.session().execute(insert(Activation).values(**row))
    return activation_id


def _change(row: Any, **values: Any) -> None:
    """Write what was chosen, and give the activation its full time again; refuses with ActivationOver once done."""
    open_ = update(Activation).where(_mine(row.id), Activation.done_at.is_(None))
    if not db.claimed(db.session().execute(open_.values(expires_at=clock.now() + TTL, **values))):
        raise ActivationOver(reason="done or gone meanwhile")


def _send(row: Any, channel: str, address: str, *, lang: str, values: dict[str, Any]) -> None:
    try:
        ratelimit.spend("pace", f"{row.id} {channel} {address}", limit=1, per=otp.RESEND_AFTER)
    except ratelimit.TooMany as refusal:
        raise otp.TooSoon(wait=refusal.params["wait"]) from refusal
    ratelimit.spend("activation", f"send {row.prepared_id}", limit=SENDS[0], per=SENDS[1])
    code = entropy.new_digits(otp.DIGITS)
    minutes = int(otp.CODE_TTL.total_seconds() // 60)
    outbox.send_code(row.id, channel, outbox.Code(code, minutes, "code_activation", lang), to=address)
    until = clock.now() + otp.CODE_TTL
    _change(row, code_digest=_digest(row.id, code), code_expires_at=until, tries=0, **values)


def _mine(activation_id: str) -> Any:
    return (
        (Activation.id == activation_id)
        & (Activation.browser_digest == _browser())
        & (Activation.expires_at > clock.now())
    )


def _browser() -> str:
    return crypto.digest(sessions.browser_key())


def _digest(activation_id: str, code: str) -> str:
    return crypto.keyed_digest("activation", f"{activation_id} {code}")
