"""The last step of an activation: the space is claimed, and becomes an account with its profile and civil identity."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update

from authz import audit, clock, crypto, db, entropy, events
from authz.identity import activation, activation_proof, civil, prepared, profiles
from authz.identity.activation_refusals import ActivationOver, AlreadyActivated
from authz.identity.civil_models import Activation
from authz.identity.identifiers import IdentifierRefused
from authz.identity.models import Account
from authz.notifications import contacts, outbox


@dataclass(frozen=True)
class Opened:
    """A space that is open: whose account, and the request that was waiting, if any."""

    account_id: str
    interaction_id: str | None


def finish(row: Any, *, lang: str, with_phone: bool) -> Opened:
    """Open the space; refuses with AlreadyActivated when another browser has, IdentifierRefused when it was taken.

    The account is written first, as its identifier is contested too, and goes again if the space is another's by then.
    """
    if row.done_at is not None or row.email_verified_at is None or row.password_hash is None:
        raise ActivationOver(reason="not at its end")
    space, now = activation.space_of(row), clock.now()
    person, known = prepared.person_of(space), prepared.reach_of(space)
    activation_proof.check_unused(space)
    account_id = entropy.new_id()
    if not db.insert_once(Account, **_account(row, person, account_id, now)):
        activation.forget_access(row)
        raise IdentifierRefused(rule="taken")
    if not prepared.claim(space, now=now):
        db.session().execute(delete(Account).where(Account.id == account_id))
        raise AlreadyActivated(reason="meanwhile")
    email, phone = (activation.address_of(row, channel) for channel in ("email", "sms"))
    phone = phone if with_phone else ""
    reach = contacts.Reach(lang, email, email_verified=True, phone=phone or None, phone_verified=bool(phone))
    contacts.add(account_id, reach, now=now)
    profile_id = profiles.add_own(account_id, asdict(person), now=now)
    civil.keep(profile_id, space._mapping, now=now)
    prepared.hand_over(space, profile_id)
    _conclude(row, now)
    audit.record("account:activate", profile_id=profile_id, account_id=account_id, by=row.origin[:16])
    events.space_opened.send(None, account_id=account_id, profile_id=profile_id, origin=row.origin)
    _tell(account_id, email, known["email"])
    return Opened(account_id, row.interaction_id)


def _account(row: Any, person: prepared.Person, account_id: str, now: datetime) -> dict[str, Any]:
    told = {"name": f"{person.given_name} {person.family_name}"} | asdict(person)
    return {
        "id": account_id,
        "identifier": row.identifier,
        "password_hash": row.password_hash,
        "password_changed_at": now,
        "claims_sealed": crypto.seal("account", json.dumps(told)),
        "created_at": now,
        "updated_at": now,
        "activated_at": now,
    }


def _conclude(row: Any, now: datetime) -> None:
    """Keep of the activation only that it is done, for a page that is loaded again."""
    nothing = dict.fromkeys(("identifier", "password_hash", "email_sealed", "phone_sealed", "code_digest"))
    db.session().execute(update(Activation).where(Activation.id == row.id).values(done_at=now, **nothing))


def _tell(account_id: str, email: str, known: str) -> None:
    """Tell the patient, and whoever reads the address that the operator knew: it may not have been the patient."""
    # Not as an alert: what it would ask the contacts is written in this very unit.
    outbox.notify(account_id, "space_opened", page=outbox.SAFETY_PAGE)
    if known and known.lower() != email.lower():
        outbox.notify(account_id, "space_opened", channels=["email"], to=known, page=outbox.SAFETY_PAGE)
