"""The pushed authorization request endpoint (RFC 9126): a client proves itself first, and gets a short-lived name."""

from __future__ import annotations

from flask import Blueprint, Response, request

from authz.clients.models import RegisteredClient
from authz.errors import Refusal
from authz.grants.authorization_code import AUTH_METHODS
from authz.guard import mark
from authz.identity import beginnings
from authz.interaction import pushed
from authz.protocol import client_auth, possession, request_checks, request_object, responses, running

bp = Blueprint("par", __name__)
PROOF = ("client_secret", "client_assertion", "client_assertion_type")


class PushRefused(Refusal):
    """The pushed request is not one that could be authorized (RFC 9126 §2.3)."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code


@bp.post("/par")
@mark("public")
def push() -> Response:
    """Take a request ahead of the browser."""
    return client_auth.checked(lambda: running.guarded(_push))


def _push() -> Response:
    request_object.fetch_keys(request.form.get("request", ""))
    server = running.server()
    client = server.authenticate_client(server.create_oauth2_request(None), AUTH_METHODS, "par")
    if client.is_public:
        beginnings.spend()
    sent = request_checks.of_form(request.form)
    params = {name: value for name, value in sent.items() if name not in PROOF} | {"client_id": client.id}
    if "request_uri" in params:
        raise PushRefused("invalid_request", "A pushed request cannot name another one.")
    try:
        params = request_object.unwrapped(client, params)
        if not client.check_redirect_uri(params.get("redirect_uri", "")):
            raise PushRefused("invalid_request", "redirect_uri is missing or not registered for this app.")
        params |= _key(client, params)
        request_checks.check(client, params, pushed="now")
    except request_checks.ToClient as error:
        raise PushRefused(error.code, error.description) from error
    content = {"request_uri": pushed.keep(client.id, params), "expires_in": int(pushed.TTL.total_seconds())}
    return responses.as_json(content, status=201)


def _key(client: RegisteredClient, params: dict[str, str]) -> dict[str, str]:
    """Return the key that the code will be bound to, if the request names one or proves one (RFC 9449 §10.1)."""
    jkt = possession.key_of_request(client, params.get("dpop_jkt", ""))
    return {"dpop_jkt": jkt} if jkt else {}
