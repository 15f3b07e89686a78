"""The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2): check, store, send to the first step.

An unknown client or redirect URI is told on a page and never redirected; everything else is told to the client.
A POST redirects to the same request as a GET: a form from the app's site comes without the browser's cookie
(SameSite=Lax), and answering it with one would overwrite that cookie and sign the patient out.
"""

from __future__ import annotations

from urllib.parse import urlencode

from authlib.oauth2.rfc6749 import OAuth2Error
from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from authz.catalogue import entries
from authz.clients import registry
from authz.clients.models import RegisteredClient
from authz.errors import Refusal
from authz.guard import mark
from authz.interaction import decision, flow
from authz.interaction.models import Request
from authz.interaction.steps import Step
from authz.protocol import responses, running

bp = Blueprint("authorize", __name__)
LONGEST = {"state": 2048, "nonce": 2048, "scope": 1000, "app_account": 254, "app_account_name": 100, "login_hint": 254,
           "ui_locales": 100, "prompt": 50}  # fmt: skip
LONGEST_QUERY = 16_000
SILENT = {
    Step.ARRIVAL: "login_required",
    Step.LOGIN: "login_required",
    Step.SECOND_FACTOR: "login_required",
    Step.CONSENT: "consent_required",
}


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


class _ToClient(Exception):
    """An error that the client is told at its redirect URI."""

    def __init__(self, code: str, description: str) -> None:
        self.code, self.description = code, description


@bp.route("/authorize", methods=["GET", "POST"])
@mark("public")
def authorize() -> AnyResponse:
    """Take an authorization request."""
    if any(len(values) > 1 for _name, values in request.values.lists()):
        raise RepeatedParameter()
    if request.method == "POST":
        return _as_get()
    client, redirect_uri = _trusted()
    try:
        wanted = _checked(client, redirect_uri)
        interaction = flow.start(client, wanted)
        if "none" in wanted.prompt.split():
            return _silent(client, flow.step_of(interaction), interaction.id)
    except _ToClient as error:
        return _refused(redirect_uri, error)
    return redirect(flow.next_url(interaction), 303)


@bp.get("/authorize/<interaction_id>")
@mark("session")
def come_back(interaction_id: str) -> AnyResponse:
    """Bring the browser home with the answer, once the dispatcher says that nothing is left to do."""
    interaction = flow.load(interaction_id)
    if flow.step_of(interaction) not in (Step.RETURN, Step.DONE):
        return redirect(flow.next_url(interaction), 303)
    outcome = decision.outcome(interaction)
    return responses.redirect_back(outcome.redirect_uri, outcome.params)


def _as_get() -> AnyResponse:
    query = urlencode(list(request.values.items()))
    if len(query) > LONGEST_QUERY:
        raise TooLong()
    return redirect(f"{request.path}?{query}", 303)


def _trusted() -> tuple[RegisteredClient, str]:
    client = registry.find(request.values.get("client_id", ""))
    if client is None:
        raise UnknownApp(reason=request.values.get("client_id", "")[:64])
    redirect_uri = request.values.get("redirect_uri", "")
    if not client.check_redirect_uri(redirect_uri):
        raise RedirectNotRegistered(reason=client.id)
    return client, redirect_uri


def _checked(client: RegisteredClient, redirect_uri: str) -> Request:
    """Run the checks in order: lengths, what we do not take, the library's, the prompts, the service's own state."""
    values = request.values
    for name, longest in LONGEST.items():
        if len(values.get(name, "")) > longest or "\x00" in values.get(name, ""):
            raise _ToClient("invalid_request", f"The parameter {name} is too long or not text.")
    for name in ("request", "request_uri"):
        if name in values:
            raise _ToClient(f"{name}_not_supported", f"The parameter {name} is not supported.")
    if values.get("response_mode", "query") != "query":
        raise _ToClient("invalid_request", "The response_mode must be query.")
    scope = _library_checks(client)
    prompts = values.get("prompt", "").split()
    if "none" in prompts and len(prompts) > 1:
        raise _ToClient("invalid_request", "The prompt none stands alone.")
    if entries.of_client(client).status == "suspended":
        raise _ToClient("access_denied", "The service is suspended.")
    return Request(
        redirect_uri=redirect_uri,
        scope=scope,
        state=values.get("state"),
        nonce=values.get("nonce"),
        code_challenge=values.get("code_challenge"),
        max_age=_seconds(values.get("max_age")),
        **{name: values.get(name, "") for name in
           ("prompt", "ui_locales", "login_hint", "app_account", "app_account_name")},
    )  # fmt: skip


def _library_checks(client: RegisteredClient) -> str:
    try:
        grant = running.server().get_consent_grant()
    except OAuth2Error as error:
        raise _ToClient(error.error, error.description or "The request is not valid.") from error
    except ValueError as error:  # the library builds a description from what was sent
        raise _ToClient("invalid_request", "A parameter has characters that are not allowed.") from error
    if not grant.client.check_grant_type("authorization_code"):
        raise _ToClient("unauthorized_client", "The client may not use authorization codes.")
    return str(grant.request.scope)


def _seconds(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise _ToClient("invalid_request", "The max_age must be a number of seconds.")
    return int(text)


def _silent(client: RegisteredClient, step: Step, interaction_id: str) -> AnyResponse:
    """Answer `prompt=none` without any page: at once, or with what would have been asked."""
    if step in SILENT:
        raise _ToClient(SILENT[step], "The patient would have to be asked.")
    return come_back(interaction_id)


def _refused(redirect_uri: str, error: _ToClient) -> Response:
    params = {"error": error.code, "error_description": responses.clean(error.description)}
    if request.values.get("state"):
        params["state"] = request.values["state"]
    return responses.redirect_back(redirect_uri, params)
