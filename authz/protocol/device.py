"""The device authorization endpoint (RFC 8628 §3.1): an object without a browser gets a code to show to a person."""

from __future__ import annotations

from urllib.parse import urlencode

from authlib.oauth2.rfc8628 import DEVICE_CODE_GRANT_TYPE
from flask import Blueprint, Response, request

from authz import settings
from authz.catalogue import entries, resources
from authz.clients.models import RegisteredClient
from authz.errors import Refusal
from authz.grants.authorization_code import AUTH_METHODS
from authz.guard import mark
from authz.identity import beginnings
from authz.protocol import client_auth, request_checks, responses, running
from authz.tokens import device_codes

bp = Blueprint("device_authorization", __name__)
PATH = "/device_authorization"
LONGEST = {"app_account": 254, "app_account_name": 100, "ui_locales": 100}


class DeviceRefused(Refusal):
    """The object's request could not be agreed to (RFC 8628 §3.1, RFC 6749 §5.2)."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code


@bp.post(PATH)
@mark("public")
def authorize() -> Response:
    """Let an object wait for a person."""
    return client_auth.checked(lambda: running.guarded(_begin))


def _begin() -> Response:
    server = running.server()
    client: RegisteredClient = server.authenticate_client(server.create_oauth2_request(None), AUTH_METHODS, "device")
    if not client.check_grant_type(DEVICE_CODE_GRANT_TYPE):
        raise DeviceRefused("unauthorized_client", "The client may not use device codes.")
    if entries.of_client(client).status == "suspended":
        raise DeviceRefused("access_denied", "The service is suspended.")
    wanted = _wanted(client)
    if client.is_public:
        beginnings.spend()
    device_code, user_code = device_codes.begin(client.id, wanted)
    place = f"{settings.current().issuer}/device"
    content = {
        "device_code": device_code,
        "user_code": user_code,
        "verification_uri": place,
        "verification_uri_complete": f"{place}?{urlencode({'user_code': user_code})}",
        "expires_in": int(device_codes.TTL.total_seconds()),
        "interval": device_codes.INTERVAL,
    }
    return responses.as_json(content)


def _wanted(client: RegisteredClient) -> dict[str, str]:
    """Return what the object asks for, of what a request at the authorization endpoint could ask."""
    scope = client.get_allowed_scope(request.form.get("scope"))
    if scope is None:
        raise DeviceRefused("invalid_scope", "The scope must name something that the client may ask for.")
    words = {name: request.form[name] for name in LONGEST if name in request.form}
    for name, value in words.items():
        if len(value) > LONGEST[name] or "\x00" in value:
            raise DeviceRefused("invalid_request", f"The parameter {name} is too long or not text.")
    narrowed = resources.read(request.form.getlist("resource"), client)
    kept = {"scope": scope} | ({"resources": narrowed} if narrowed else {})
    kept |= {name: request_checks.visible(value) for name, value in words.items()}
    return kept | request_checks.detail_words(client, request.form)
