"""The checks of an authorization request, in their order, whichever way its parameters came.

Lengths, what we do not take, the library's own (response type, scope, PKCE), prompts, the service's state.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from flask import request as http_request
from werkzeug.datastructures import MultiDict

from authz import settings
from authz.catalogue import details, entries, resources
from authz.clients.models import RegisteredClient
from authz.interaction import wishes
from authz.interaction.models import Request
from authz.protocol import response_modes, running, smart

LONGEST = {"state": 2048, "nonce": 2048, "scope": 2000, "app_account": 254, "app_account_name": 100, "login_hint": 254,
           "ui_locales": 100, "prompt": 50, "dpop_jkt": 43, "resource": 2000,
           "authorization_details": 2000}  # fmt: skip
LONGEST_WHOLE = 16_000
WORDS = ("prompt", "ui_locales", "login_hint", "app_account", "app_account_name", "dpop_jkt")


ACCOUNT = {"account": "app_account", "account_name": "app_account_name"}


class ToClient(Exception):
    """An error that the client is told at its redirect URI, once that is known to be its own."""

    def __init__(self, code: str, description: str) -> None:
        self.code, self.description = code, description
        super().__init__(description)


class _Stored(OAuth2Request):  # type: ignore[misc]  # Authlib ships no types
    """The request as the library sees it, from parameters that need not be in the address."""

    def __init__(self, params: dict[str, str]) -> None:
        super().__init__("GET", settings.current().issuer + "/authorize", headers=http_request.headers)
        self.payload = BasicOAuth2Payload(params)


def check(client: RegisteredClient, params: dict[str, str], *, pushed: str = "") -> Request:
    """Run the checks; refuses with what the client is told."""
    # A public client pushes without proof: what it may leave here has to be small.
    if sum(len(name) + len(value) for name, value in params.items()) > LONGEST_WHOLE:
        raise ToClient("invalid_request", "The request is too long.")
    for name, value in params.items():
        if len(value) > LONGEST.get(name, 8000) or "\x00" in value:
            raise ToClient(
                "invalid_request", f"The parameter {name if name in LONGEST else ''} is too long or not text."
            )
    if client.must_push and not pushed:
        raise ToClient("invalid_request", "This client must push its requests.")
    mode = params.get("response_mode", "query")
    if mode not in response_modes.MODES:
        raise ToClient("invalid_request", f"The response_mode must be one of {', '.join(response_modes.MODES)}.")
    if mode.startswith(response_modes.POSTED) and not response_modes.is_posted_to(params["redirect_uri"]):
        raise ToClient("invalid_request", "Nothing can be posted to this redirect_uri.")
    lacking = smart.problem(client, params)
    if lacking:
        raise ToClient("invalid_request", lacking)
    scope = _library_checks(params)
    prompts = params.get("prompt", "").split()
    if "none" in prompts and len(prompts) > 1:
        raise ToClient("invalid_request", "The prompt none stands alone.")
    if entries.standing(client.catalogue_entry_id).status == "suspended":
        raise ToClient("access_denied", "The service is suspended.")
    return Request(
        redirect_uri=params["redirect_uri"],
        scope=scope,
        state=params.get("state"),
        nonce=params.get("nonce"),
        code_challenge=params.get("code_challenge"),
        max_age=_seconds(params.get("max_age", client.metadata.get("default_max_age"))),
        response_mode=mode,
        pushed=pushed,
        resources=_resources(client, params),
        **_words(client, params),
        **_wishes(client, params),
    )


def visible(text: str) -> str:
    """Drop what cannot be seen: marks that turn the direction of a text, or hide in it, make it say something else."""
    return "".join(char for char in text if char.isprintable())


def of_form(values: MultiDict[str, str]) -> dict[str, str]:
    """Return the parameters of a query or form; the one that may come several times becomes one text (RFC 8707 §2)."""
    named = values.getlist("resource")
    return values.to_dict() | ({"resource": resources.SEPARATOR.join(named)} if named else {})


def _words(client: RegisteredClient, params: dict[str, str]) -> dict[str, Any]:
    """Return what is kept as it is; an account named in detail counts as one named by the parameters for that."""
    words = {name: visible(params.get(name, "")) for name in WORDS}
    try:
        return words | detail_words(client, params)
    except details.InvalidDetails as problem:
        raise ToClient(problem.code, problem.description) from problem


def detail_words(client: RegisteredClient, params: Mapping[str, str]) -> dict[str, str]:
    """Return what a request's authorization_details put into it (RFC 9396), nothing where it has none."""
    text = params.get("authorization_details")
    if text is None:
        return {}
    detail = details.read(text, client)
    named = {parameter: detail[member] for member, parameter in ACCOUNT.items() if member in detail}
    if any(params.get(parameter, value) != value for parameter, value in named.items()):
        raise details.InvalidDetails("authorization_details names another account than the parameters do.")
    return {"details": json.dumps(detail)} | named


def _resources(client: RegisteredClient, params: dict[str, str]) -> str:
    named = params["resource"].split(resources.SEPARATOR) if "resource" in params else []
    try:
        return resources.read(named, client) or ""
    except resources.InvalidTarget as problem:
        raise ToClient(problem.code, problem.description) from problem


def _wishes(client: RegisteredClient, params: dict[str, str]) -> dict[str, Any]:
    try:
        return wishes.check(client, params)
    except wishes.Unfulfilled as problem:
        raise ToClient(problem.code, problem.description) from problem


def _library_checks(params: dict[str, str]) -> str:
    try:
        grant = running.server().get_consent_grant(_Stored(params))
    except OAuth2Error as error:
        raise ToClient(error.error, error.description or "The request is not valid.") from error
    except ValueError as error:  # the library builds a description from what was sent
        raise ToClient("invalid_request", "A parameter has characters that are not allowed.") from error
    if not grant.client.check_grant_type("authorization_code"):
        raise ToClient("unauthorized_client", "The client may not use authorization codes.")
    return str(grant.request.scope)


def _seconds(text: str | int | None) -> int | None:
    if text is None or isinstance(text, int):
        return text
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ToClient("invalid_request", "The max_age must be a number of seconds.")
    return int(text)
