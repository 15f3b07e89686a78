"""The patient's decision on a request: what is asked, what may be chosen, and what comes of it.

Choices stay on the interaction until here; then one claim decides who acts, so that a form posted twice acts once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from authz import clock, crypto, settings
from authz.catalogue import entries
from authz.clients.models import RegisteredClient
from authz.db import claimed, session
from authz.errors import Refusal
from authz.identity import delegation, profiles, sessions
from authz.interaction import detail, flow, pushed, remembered, wishes
from authz.interaction.models import Interaction, Request
from authz.interaction.remembered import Remembered
from authz.interaction.steps import Step
from authz.pairing import pairings
from authz.pairing.consents import Answer
from authz.pairing.models import Pairing
from authz.tokens import codes, device_codes, exchange, families
from authz.tokens.models import Grounds

REPEAT = timedelta(seconds=50)  # less than a code's life


class ChoiceMissing(Refusal):
    """The form lacks a choice that only the patient can make; `field` says which."""

    code = "choice_missing"
    description = "A choice is missing."


class AlreadyReturned(Refusal):
    """The request was completed and its answer delivered; nothing is done twice."""

    code = "already_done"
    status = 410
    description = "This request is already completed."


class RightEnded(Exception):
    """Who decided for somebody else may no longer act for them: nothing is handed out any more."""


class ObjectGone(Refusal):
    """The object has stopped waiting, or has its answer already: its code must be shown anew."""

    code = "expired"
    status = 410
    description = "The object no longer waits; start again from it."


@dataclass(frozen=True)
class Choice:
    """What the patient chose: for whom, which scopes, how many months (0: as long as may be)."""

    profile_id: str
    granted: frozenset[str]
    months: int
    lang: str


@dataclass(frozen=True)
class Outcome:
    """The answer to the authorization request: parameters to bring back to the redirect URI."""

    client_id: str
    redirect_uri: str
    params: dict[str, str]


def month_choices(request: Request | None = None) -> list[int]:
    """List the durations that a patient may choose, in months, longest first: none longer than the app asks for."""
    longest = settings.current().pairing_months
    if request:
        longest = min(longest, detail.of(request).get("months", longest))
    return [longest, *(months for months in (6, 1) if months < longest)]


def ends_at(months: int, now: datetime) -> datetime:
    """Return when a link of so many calendar months ends: the same day of the month, or its last."""
    return clock.months_later(now, months)


def allow(interaction: Interaction, choice: Choice) -> str:
    """Open or renew the pairing as chosen and return the next address; a second post changes nothing."""
    browser = sessions.current()
    client = flow.client_of(interaction)
    if browser is None or flow.step_of(interaction) is not Step.CONSENT:
        return flow.next_url(interaction)
    request, auth = flow.request_of(interaction), _auth(browser)
    decisions, limits = _decisions(interaction, client, choice), wishes.limits(request)
    profiles.get_for(browser.account_id, choice.profile_id)
    if not wishes.may_answer(client, request, choice.profile_id):
        raise profiles.NotYourProfile(reason="not whom the hint is about", client_id=client.id)
    if request.device and not device_codes.hold(request.device):
        raise ObjectGone(reason=interaction.id, client_id=interaction.client_id)
    if not flow.claim(interaction, {"decision": "allow", "auth": auth}):
        return flow.next_url(interaction)
    named = {"account": request.app_account, "name": request.app_account_name}
    months = choice.months or month_choices(request)[0]
    request = detail.granted(interaction, request, months)
    pairing = pairings.open_or_renew(
        client,
        choice.profile_id,
        by=browser.account_id,
        decisions={name: Answer(is_on, limits.get(name, "")) for name, is_on in decisions.items()},
        lang=choice.lang,
        ends_at=ends_at(months, clock.now()),
        app_account={key: value for key, value in named.items() if value},
    )
    pairing.details_sealed = detail.kept(request, pairing.ends_at)
    interaction.pairing_id, interaction.profile_id = pairing.id, pairing.profile_id
    interaction.account_id = browser.account_id
    if request.device:
        device_codes.decide(request.device, family_id=families.keep(_family(client, pairing, request, auth)))
    return flow.next_url(interaction)


def outcome(interaction: Interaction) -> Outcome:
    """Return the answer to bring home: made once, given again for a moment to a reload, then refused."""
    request = flow.request_of(interaction)
    if interaction.outcome_sealed:
        if interaction.returned_at and clock.now() - interaction.returned_at < REPEAT:
            return Outcome(**json.loads(crypto.unseal("outcome", interaction.outcome_sealed)))
        raise AlreadyReturned(reason=interaction.id, client_id=interaction.client_id)
    where = (Interaction.id == interaction.id) & Interaction.returned_at.is_(None)
    if not claimed(session().execute(update(Interaction).where(where).values(returned_at=clock.now()))):
        raise AlreadyReturned(reason=interaction.id, client_id=interaction.client_id)
    if request.pushed and not pushed.consume(request.pushed):
        raise AlreadyReturned(reason="pushed request used", client_id=interaction.client_id)
    params = _answer(interaction, request)
    if request.state is not None:
        params["state"] = request.state
    made = Outcome(interaction.client_id or "", request.redirect_uri, params)
    interaction.outcome_sealed = crypto.seal("outcome", json.dumps(vars(made)))
    return made


def answer_silently(client: RegisteredClient, browser: sessions.SignedIn, request: Request) -> dict[str, str] | None:
    """Answer a request at once, without keeping anything of it; None where something would have to be asked."""
    found = remembered.find(client, browser.account_id, request)
    if found is None:
        return None
    if request.pushed and not pushed.consume(request.pushed):
        raise AlreadyReturned(reason="pushed request used", client_id=client.id)
    params = flow.SOMEBODY_ELSE
    if wishes.is_about(client, request, found.profile_id, found.subject):
        params = {"code": mint_code(client, found, request, _auth(browser))}
    return params | ({"state": request.state} if request.state is not None else {})


def _answer(interaction: Interaction, request: Request) -> dict[str, str]:
    chosen: dict[str, Any] = json.loads(interaction.decision) if interaction.decision else {}
    if chosen.get("decision") == "deny":
        return chosen.get("answer") or {"error": "access_denied", "error_description": "The patient refused."}
    client = flow.client_of(interaction)
    auth = chosen.get("auth")
    pairing: Pairing | Remembered
    if auth:
        pairing = pairings.get(interaction.profile_id or "", interaction.pairing_id or "")
    else:
        pairing, auth = _remembered(interaction, client, request)
    if not wishes.is_about(client, request, pairing.profile_id, pairing.subject):
        return flow.SOMEBODY_ELSE
    try:
        return {"code": mint_code(client, pairing, request, auth)}
    except RightEnded:
        return {"error": "access_denied", "error_description": "The patient may no longer act for this profile."}


def mint_code(client: RegisteredClient, pairing: Pairing | Remembered, request: Request, auth: dict[str, Any]) -> str:
    """Make the family of this authorization and its code."""
    family = _family(client, pairing, request, auth)
    code = codes.prepare(
        family["id"], client.id, request.redirect_uri, code_challenge=request.code_challenge, nonce=request.nonce,
        dpop_jkt=request.dpop_jkt or None,
    )  # fmt: skip
    exchange.open_family(family, code)
    return code.plain


def _family(
    client: RegisteredClient, pairing: Pairing | Remembered, request: Request, auth: dict[str, Any]
) -> dict[str, Any]:
    # What is remembered is the account's own: nobody acts for somebody else then.
    is_remembered = isinstance(pairing, Remembered)
    own = None if is_remembered else profiles.find_own(auth["account_id"])
    actor = ""
    if own != pairing.profile_id and not is_remembered:
        if not delegation.may_act(auth["account_id"], pairing.profile_id, clock.now(), delegation.LINK):
            raise RightEnded(pairing.id)
        # Somebody without a space of their own is still somebody else than the patient.
        actor = pairings.subject_of(client, own or auth["account_id"])
    return families.prepare(
        client_id=client.id,
        profile_id=pairing.profile_id,
        pairing_id=pairing.id,
        scope=request.scope,
        ends_at=pairing.ends_at,
        grounds=Grounds(
            **auth | {"acr": wishes.told_level(request, auth["acr"])},
            oid=entries.standing(client.catalogue_entry_id).oid,
            actor=actor,
            claims=wishes.kept_claims(request),
            resources=request.resources or None,
            details_sealed=pairing.details_sealed if is_remembered else detail.kept(request, pairing.ends_at),
        ),
    )


def _remembered(
    interaction: Interaction, client: RegisteredClient, request: Request
) -> tuple[Remembered, dict[str, Any]]:
    browser = sessions.current()
    found = remembered.find(client, browser.account_id, request) if browser else None
    if browser is None or found is None:
        raise flow.UnknownInteraction(reason="not decided")
    interaction.decided_at, interaction.account_id = clock.now(), browser.account_id
    return found, _auth(browser)


def _decisions(interaction: Interaction, client: RegisteredClient, choice: Choice) -> dict[str, bool]:
    request = flow.request_of(interaction)
    asked = wishes.asked(request)
    entry = entries.of_client(client)
    if not choice.profile_id:
        raise ChoiceMissing(field="profile")
    if choice.months and choice.months not in month_choices(request):
        raise ChoiceMissing(field="until")
    decisions = {name: name in choice.granted or entry.ask(name).required for name in asked}
    if asked and not any(decisions.values()):
        raise ChoiceMissing(field="scope")
    return decisions


def _auth(browser: sessions.SignedIn) -> dict[str, Any]:
    return {
        "account_id": browser.account_id, "auth_time": int(browser.auth_time.timestamp()), "acr": browser.acr,
        "amr": " ".join(browser.amr), "sid": browser.sid,
    }  # fmt: skip
