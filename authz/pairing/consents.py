"""Consents: one appended row for each decision on a scope, and the sum of them kept on the pairing."""

from __future__ import annotations

from sqlalchemy import select

from authz import audit, clock, entropy, events
from authz.catalogue import scopes
from authz.db import session
from authz.errors import Refusal
from authz.pairing import notices, state
from authz.pairing.models import Consent, Pairing


class NothingLeft(Refusal):
    """Amending would leave a pairing without any authorisation: the patient is asked to end it instead."""

    code = "nothing_granted"
    description = "A link needs at least one authorisation; end it instead."


def current(pairing: Pairing) -> dict[str, Consent]:
    """Return the latest decision on each scope."""
    query = select(Consent).where(Consent.profile_id == pairing.profile_id, Consent.pairing_id == pairing.id)
    return {consent.scope: consent for consent in session().scalars(query.order_by(Consent.id))}


def history(pairing: Pairing) -> list[Consent]:
    """List every decision ever made, oldest first."""
    query = select(Consent).where(Consent.profile_id == pairing.profile_id, Consent.pairing_id == pairing.id)
    return list(session().scalars(query.order_by(Consent.id)))


def decide(pairing: Pairing, decisions: dict[str, bool], *, by: str, lang: str) -> list[str]:
    """Append the decisions that change something and sum them up on the pairing; returns the scopes that changed."""
    granted = set(pairing.granted.split())
    before = current(pairing)
    changed = []
    for name, is_granted in decisions.items():
        known = before.get(name)
        if known and known.is_granted == is_granted and known.text_version == scopes.SCOPES[name].version:
            continue
        changed.append(name)
        granted = granted | {name} if is_granted else granted - {name}
        session().add(_row(pairing, name, is_granted=is_granted, by=by, lang=lang))
    if changed:
        pairing.granted = " ".join(name for name in scopes.SCOPES if name in granted)
    return changed


def amend(pairing: Pairing, decisions: dict[str, bool], *, by: str, lang: str) -> list[str]:
    """Change authorisations of a living pairing; it counts from the next request on; refuses to leave none."""
    # Locked and read again: an end that came meanwhile, in another window, must not be told as a choice that was saved.
    session().refresh(pairing, with_for_update=True)
    if pairing.state == "ended":
        raise state.PairingOver(reason="ended")
    left = (set(pairing.granted.split()) | {name for name, on in decisions.items() if on}) - {
        name for name, on in decisions.items() if not on
    }
    if not left:
        raise NothingLeft()
    changed = decide(pairing, decisions, by=by, lang=lang)
    for name in changed:
        audit.record(
            "pairing:consent:amend", profile_id=pairing.profile_id, account_id=by, client_id=pairing.client_id,
            pairing_id=pairing.id, scope=name, granted=decisions[name],
        )  # fmt: skip
    if changed:
        notices.tell(pairing, "pairing_changed")
        events.pairing_changed.send(pairing, changed=changed)
    return changed


def _row(pairing: Pairing, name: str, *, is_granted: bool, by: str, lang: str) -> Consent:
    return Consent(
        profile_id=pairing.profile_id,
        pairing_id=pairing.id,
        id=entropy.new_id(),
        scope=name,
        is_granted=is_granted,
        text_version=scopes.SCOPES[name].version,
        text_digest=scopes.text_digest(name, lang),
        lang=lang,
        account_id=by,
        decided_at=clock.now(),
    )
