"""The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2): check, store, send to the first step.

An unknown client or redirect URI is told on a page and never redirected; everything else is told to the client.
A POST redirects to the same request as a GET: a form from the app's site comes without the browser's cookie
(SameSite=Lax), and answering it with one would overwrite that cookie and sign the patient out.
"""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from authz import clock
from authz.clients import registry
from authz.clients.models import RegisteredClient
from authz.errors import Refusal
from authz.guard import mark
from authz.identity import beginnings, sessions
from authz.interaction import decision, flow, pushed, wishes
from authz.interaction.models import Request
from authz.interaction.steps import Step
from authz.protocol import request_checks, request_object, response_modes, responses
from authz.protocol.request_checks import ToClient

bp = Blueprint("authorize", __name__)
LONGEST_QUERY = 16_000


class UnknownApp(Refusal):
    """The client_id names no client of ours, or a suspended one."""

    code = "invalid_client"
    description = "client_id is not known here."


class RedirectNotRegistered(Refusal):
    """The redirect URI is not one of the client's: nobody is sent there."""

    description = "redirect_uri is missing or not registered for this app."


class RepeatedParameter(Refusal):
    """A parameter is given more than once (RFC 6749 §3.1)."""

    description = "A parameter is given more than once."


class TooLong(Refusal):
    """The request as a whole is larger than an address may be."""

    status = 413
    description = "The request is too long."


class RequestGone(Refusal):
    """The pushed request is unknown, expired, answered already, or another client's (RFC 9126 §4)."""

    code = "invalid_request_uri"
    description = "request_uri is not known, expired or already used; start again from the app."


@bp.post("/authorize")
@mark("public")
def take_form() -> AnyResponse:
    """Send a posted request on to the same one as a GET."""
    query = urlencode(list(request.values.items(multi=True)))
    if len(query) > LONGEST_QUERY:
        raise TooLong()
    return redirect(f"{request.path}?{query}", 303)


@bp.get("/authorize")
@mark("public")
def authorize() -> AnyResponse:
    """Take an authorization request."""
    if any(len(values) > 1 for name, values in request.values.lists() if name != "resource"):
        raise RepeatedParameter()
    client = registry.find(request.values.get("client_id", ""))
    if client is None:
        raise UnknownApp(reason=request.values.get("client_id", "")[:64])
    params = request_checks.of_form(request.values)
    try:
        params, name = _resolved(client, params)
        _require_own_address(client, params)
        wanted = request_checks.check(client, params, pushed=name)
        if "none" in wanted.prompt.split():
            return _silent(client, wanted)
    except ToClient as error:
        _require_own_address(client, params)
        return _refused(client, params, error)
    beginnings.spend()
    return redirect(flow.next_url(flow.start(client, wanted)), 303)


@bp.get("/authorize/<interaction_id>")
@mark("session")
def come_back(interaction_id: str) -> AnyResponse:
    """Bring the browser home with the answer, once the dispatcher says that nothing is left to do."""
    interaction = flow.load(interaction_id)
    if interaction.client_id is None or flow.step_of(interaction) not in (Step.RETURN, Step.DONE):
        return redirect(flow.next_url(interaction), 303)
    client = flow.client_of(interaction)
    outcome = decision.outcome(interaction)
    mode = flow.request_of(interaction).response_mode
    return response_modes.deliver(client, outcome.redirect_uri, mode, outcome.params)


def _resolved(client: RegisteredClient, params: dict[str, str]) -> tuple[dict[str, str], str]:
    """Return the request's parameters, from where they are, and the name they were pushed under."""
    name = params.get("request_uri", "")
    if name.startswith(pushed.PREFIX):
        found = pushed.find(name, client.id)
        if found is None:
            raise RequestGone(reason=client.id)
        return found, name
    if name:
        raise ToClient("request_uri_not_supported", "Only a pushed request can be named.")
    if "request" in params and "request_object_signing_alg" not in client.metadata:
        raise ToClient("request_not_supported", "This client is not registered for signed requests.")
    return request_object.unwrapped(client, params), ""


def _require_own_address(client: RegisteredClient, params: dict[str, str]) -> None:
    if not client.check_redirect_uri(params.get("redirect_uri", "")):
        raise RedirectNotRegistered(reason=client.id)


def _silent(client: RegisteredClient, wanted: Request) -> Response:
    """Answer `prompt=none` at once, with a code or with what would have been asked; nothing of it is stored."""
    browser = sessions.current()
    is_fresh = browser is not None and flow.is_fresh(browser, wanted, clock.now())
    if browser is None or not is_fresh or not wishes.is_met(client, browser, wanted):
        raise ToClient("login_required", "The patient would have to sign in.")
    answer = decision.answer_silently(client, browser, wanted)
    if answer is None:
        raise ToClient("consent_required", "The patient would have to be asked.")
    return response_modes.deliver(client, wanted.redirect_uri, wanted.response_mode, answer)


def _refused(client: RegisteredClient, params: dict[str, str], error: ToClient) -> Response:
    answer = {"error": error.code, "error_description": responses.clean(error.description)}
    if params.get("state"):
        answer["state"] = params["state"]
    mode = params.get("response_mode", "query")
    return response_modes.deliver(
        client, params["redirect_uri"], mode if mode in response_modes.MODES else "query", answer
    )
