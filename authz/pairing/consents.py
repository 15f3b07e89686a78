"""Consents: one appended row for each decision on a scope, and the sum of them kept on the pairing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from authz import audit, clock, entropy, events
from authz.catalogue import scopes, smart
from authz.db import session
from authz.errors import Refusal
from authz.pairing import notices, state
from authz.pairing.models import Consent, Pairing


@dataclass(frozen=True)
class Answer:
    """A decision on a scope; `limits` are the queries to which the app had narrowed its request, in text order."""

    is_granted: bool
    limits: str = ""


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


def decide(pairing: Pairing, decisions: Mapping[str, Answer | bool], *, by: str, lang: str) -> list[str]:
    """Append the decisions that change something and sum them up on the pairing; returns the scopes that changed."""
    granted = set(pairing.granted.split())
    before = current(pairing)
    changed = {}
    for name, decided in decisions.items():
        answer = decided if isinstance(decided, Answer) else Answer(decided)
        known = before.get(name)
        if known and known.text_version == scopes.SCOPES[name].version and _answer_of(known) == answer:
            continue
        changed[name] = answer.limits if answer.is_granted else ""
        granted = granted | {name} if answer.is_granted else granted - {name}
        session().add(_row(pairing, name, answer, by=by, lang=lang))
    if changed:
        pairing.granted = " ".join(name for name in scopes.SCOPES if name in granted)
        pairing.limits = smart.summed(pairing.limits or "", changed) or None
    return list(changed)


def amend(pairing: Pairing, decisions: Mapping[str, bool], *, by: str, lang: str) -> list[str]:
    """Change authorisations of a living pairing; it counts from the next request on; refuses to leave none.

    What the app had narrowed its request to stays the limit of what is switched on.
    """
    # Locked and read again: an end that came meanwhile, in another window, must not be told as a choice that was saved.
    session().refresh(pairing, with_for_update=True)
    if pairing.state == "ended":
        raise state.PairingOver(reason="ended")
    left = (set(pairing.granted.split()) | {name for name, on in decisions.items() if on}) - {
        name for name, on in decisions.items() if not on
    }
    if not left:
        raise NothingLeft()
    known = limits_of(pairing)
    changed = decide(
        pairing, {name: Answer(on, known.get(name, "")) for name, on in decisions.items()}, by=by, lang=lang
    )
    for name in changed:
        audit.record(
            "pairing:consent:amend", profile_id=pairing.profile_id, account_id=by, client_id=pairing.client_id,
            pairing_id=pairing.id, scope=name, granted=decisions[name],
        )  # fmt: skip
    if changed:
        notices.tell(pairing, "pairing_changed")
        events.pairing_changed.send(pairing, changed=changed)
    return changed


def limits_of(pairing: Pairing) -> dict[str, str]:
    """Return the scopes that were last asked for within limits only, each with these."""
    return {name: consent.limits for name, consent in current(pairing).items() if consent.limits}


def _answer_of(consent: Consent) -> Answer:
    return Answer(consent.is_granted, consent.limits or "")


def _row(pairing: Pairing, name: str, answer: Answer, *, by: str, lang: str) -> Consent:
    return Consent(
        profile_id=pairing.profile_id,
        pairing_id=pairing.id,
        id=entropy.new_id(),
        scope=name,
        is_granted=answer.is_granted,
        limits=answer.limits or None,
        text_version=scopes.SCOPES[name].version,
        text_digest=scopes.text_digest(name, lang),
        lang=lang,
        account_id=by,
        decided_at=clock.now(),
    )
