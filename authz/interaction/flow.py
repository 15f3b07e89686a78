"""Moving an interaction on: each step tells what happened and gets the address of the next one from the dispatcher.

Pages never decide where to go. `register_pages` tells which endpoint serves which step, since this package knows none.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, url_for
from sqlalchemy import delete, update

from authz import audit, clock, crypto, entropy
from authz.catalogue import entries
from authz.clients import registry
from authz.clients.models import RegisteredClient
from authz.db import claimed, session
from authz.errors import Refusal
from authz.identity import sessions
from authz.interaction import remembered, upstream, wishes
from authz.interaction.models import Interaction, Request
from authz.interaction.steps import Facts, Step, next_step
from authz.tokens import device_codes

TTL = timedelta(minutes=30)
NOT_SURE = {
    "error": "unmet_authentication_requirements",
    "error_description": "The patient signed in, but not in a way that reaches the level that is essential.",
}
SOMEBODY_ELSE = {"error": "login_required", "error_description": "Somebody else signed in than was expected."}


class UnknownInteraction(Refusal):
    """No such request, or not one of this browser: which of the two is not said."""

    code = "not_found"
    status = 404
    description = "This request is not known in this browser."


class InteractionExpired(Refusal):
    """The request is too old to go on; it must be started again from the app."""

    code = "expired"
    status = 410
    description = "This request has expired; start again from the app."


def register_pages(endpoints: dict[Step, str]) -> None:
    """Tell which endpoint serves which step; called once at start by the packages that own the pages."""
    current_app.extensions.setdefault("pages", {}).update(endpoints)


def register_reopening(endpoint: str) -> None:
    """Tell which endpoint offers to open a closed account again."""
    current_app.extensions["reopening_page"] = endpoint


def start(client: RegisteredClient, request: Request) -> Interaction:
    """Store an authorization request for this browser."""
    return _start(client_id=client.id, request=request, next_path=None)


def start_sign_in(next_path: str) -> Interaction:
    """Store a plain sign-in for this browser, ending at a path of our own."""
    return _start(client_id=None, request=Request(), next_path=own_path(next_path)[:500])


def own_path(path: str) -> str:
    """Return a path if it stays on this server, the bare address otherwise: `//host` and `/\\host` are elsewhere."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"


def load(interaction_id: str) -> Interaction:
    """Return this browser's interaction; refuses another browser's, and one left alone or expired undecided."""
    interaction = session().get(Interaction, interaction_id) if interaction_id.isalnum() else None
    if interaction is None or not crypto.same(interaction.browser_digest, crypto.digest(sessions.browser_key())):
        raise UnknownInteraction(reason=interaction_id[:32])
    if interaction.decided_at is None and interaction.expires_at <= clock.now():
        raise InteractionExpired(reason=interaction.id, client_id=interaction.client_id)
    if interaction.decided_at is not None and not _is_by_hand(interaction):
        raise UnknownInteraction(reason="not signed in as who decided", client_id=interaction.client_id)
    return interaction


def request_of(interaction: Interaction) -> Request:
    """Return the parameters of the stored request."""
    return Request(**json.loads(interaction.request))


def client_of(interaction: Interaction) -> RegisteredClient:
    """Return the client that asks; refuses one that has been suspended meanwhile, itself or in the catalogue."""
    client = registry.find(interaction.client_id or "")
    if client is None or entries.of_client(client).status == "suspended":
        raise UnknownInteraction(reason="client gone")
    return client


def arrive(interaction: Interaction) -> str:
    """The patient has read who asks."""
    interaction.arrived_at = interaction.arrived_at or clock.now()
    return next_url(interaction)


def identify(interaction: Interaction, account_id: str | None) -> str:
    """The password was right for this account; None goes back to sign in as somebody else."""
    if interaction.decided_at is None:
        interaction.account_id = account_id
        upstream.forget_linked(interaction)
    return next_url(interaction)


def authenticate(interaction: Interaction, *, amr: tuple[str, ...]) -> str:
    """The second factor was right too: this browser is signed in, as the app wishes or not."""
    if interaction.account_id is not None and not upstream.stands(interaction):
        identify(interaction, None)
    if interaction.account_id is None:
        return next_url(interaction)
    browser, request = sessions.start(interaction.account_id, amr=amr), request_of(interaction)
    if sessions.current() is None:  # the account is closed: its holder may open it again, and then comes back
        return url_for(current_app.extensions["reopening_page"], next=next_url(interaction))
    upstream.keep_session(interaction, browser)
    if interaction.client_id and not wishes.is_expected(client_of(interaction), browser, request):
        claim(interaction, {"decision": "deny", "answer": SOMEBODY_ELSE})
    elif interaction.client_id and not wishes.is_sure(browser.acr, request):
        claim(interaction, {"decision": "deny", "answer": NOT_SURE})
    return next_url(interaction)


def authenticate_at_once(interaction: Interaction, account_id: str, *, amr: tuple[str, ...]) -> str:
    """Both factors were shown in one (a passkey), by this account."""
    if interaction.account_id != account_id:
        identify(interaction, account_id)
    return authenticate(interaction, amr=amr)


def choose_account(interaction: Interaction, *, same: bool) -> str:
    """Asked which account, the patient stays with the one that is signed in, or signs in with another."""
    request = request_of(interaction)
    rest = [word for word in request.prompt.split() if word != "select_account"]
    request = replace(request, prompt=" ".join(rest if same else [*rest, "login"]))
    interaction.request = json.dumps(vars(request))
    return next_url(interaction)


def next_url(interaction: Interaction) -> str:
    """Return the address of the step this interaction is at."""
    return url_of(interaction, step_of(interaction))


def step_of(interaction: Interaction) -> Step:
    """Return the step this interaction is at."""
    return next_step(facts_of(interaction))


def url_of(interaction: Interaction, step: Step) -> str:
    """Return the address of a step."""
    if step is Step.RETURN and interaction.client_id is None:
        return interaction.next_path or "/"
    return url_for(current_app.extensions["pages"][step], interaction_id=interaction.id)


def facts_of(interaction: Interaction) -> Facts:
    """Gather what the dispatcher needs to know."""
    browser, request = sessions.current(), request_of(interaction)
    client = client_of(interaction) if interaction.client_id else None
    is_signed_in = browser is not None and is_fresh(browser, request, interaction.created_at)
    if browser and interaction.account_id and browser.account_id != interaction.account_id:
        is_signed_in = False
    if browser and client and is_signed_in:
        is_signed_in = wishes.is_met(client, browser, request)
    chosen: dict[str, Any] = json.loads(interaction.decision) if interaction.decision else {}
    return Facts(
        is_for_object=bool(request_of(interaction).device),
        has_client=client is not None,
        greets=client is not None and client.profile.greets,
        has_arrived=interaction.arrived_at is not None,
        first_factor=interaction.account_id is not None,
        is_signed_in=is_signed_in,
        is_remembered=bool(
            client and browser and is_signed_in and remembered.find(client, browser.account_id, request)
        ),
        must_choose=browser is not None
        and "select_account" in request.prompt.split()
        and browser.auth_time < interaction.created_at,
        decision=chosen.get("decision"),
        is_to_link=upstream.is_to_link(interaction),
    )


def cancel(interaction: Interaction) -> str:
    """The patient leaves before deciding: the app is told that access was denied."""
    if claim(interaction, {"decision": "deny"}):
        device = request_of(interaction).device
        if device:
            device_codes.decide(device, family_id=None)
        audit.record("interaction:cancel", account_id=interaction.account_id, client_id=interaction.client_id)
    return next_url(interaction)


def claim(interaction: Interaction, chosen: dict[str, Any]) -> bool:
    """Write the decision down unless there is one: of two pages that decide at once, one does."""
    where = (Interaction.id == interaction.id) & Interaction.decided_at.is_(None)
    values = {"decided_at": clock.now(), "decision": json.dumps(chosen)}
    won = claimed(session().execute(update(Interaction).where(where).values(values)))
    session().refresh(interaction)
    return won


def purge() -> int:
    """Forget interactions a day past their end, those in which nobody signed in after an hour; returns how many."""
    now = clock.now()
    is_nobodys = Interaction.account_id.is_(None) & Interaction.decided_at.is_(None)
    is_old = (Interaction.expires_at < now - timedelta(days=1)) | (
        is_nobodys & (Interaction.expires_at < now - timedelta(hours=1))
    )
    result = session().execute(delete(Interaction).where(is_old))
    return int(getattr(result, "rowcount", 0))


def _is_by_hand(interaction: Interaction) -> bool:
    """What was agreed to goes home with who agreed, while signed in.

    Not with who uses this browser next, nor with who planted its cookie before (session fixation).
    """
    browser = sessions.current()
    refused = interaction.decision is not None and json.loads(interaction.decision)["decision"] == "deny"
    return refused or (browser is not None and browser.account_id == interaction.account_id)


def _start(*, client_id: str | None, request: Request, next_path: str | None) -> Interaction:
    now = clock.now()
    interaction = Interaction(
        id=entropy.new_id(), client_id=client_id, browser_digest=crypto.digest(sessions.browser_key()),
        request=json.dumps(vars(request)), next_path=next_path, created_at=now, expires_at=now + TTL,
    )  # fmt: skip
    session().add(interaction)
    return interaction


def is_fresh(browser: sessions.SignedIn, request: Request, begun_at: datetime) -> bool:
    """Tell whether a sign-in counts for a request (OIDC Core §3.1.2.1, RFC 9470 §5: level, `prompt`, `max_age`)."""
    if browser.auth_time < begun_at and not wishes.is_wished(browser.acr, request):
        return False  # once: who then signs in no surer is what the app is told
    if "login" in request.prompt.split():
        return browser.auth_time >= begun_at
    return request.max_age is None or browser.auth_time >= begun_at - timedelta(seconds=request.max_age)
