"""The partner description at `/openapi.json`, and what it says of the protocol's endpoints."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app

from authz import openapi, settings
from authz.guard import mark
from authz.openapi import TEXT, Media, Operation, Schema, ref
from authz.protocol import discovery
from authz.protocol.introspect import SIGNED
from authz.protocol.schemas import ASKED, JWT, SCHEMAS

bp = Blueprint("described", __name__)
PATH = "/openapi.json"
FORM, JSON, PAGE, SIGNED_CLAIMS = (
    "application/x-www-form-urlencoded",
    "application/json",
    "text/html",
    "application/jwt",
)
ERROR: Media = {JSON: ref("Error")}
HTML: Media = {PAGE: TEXT}
REDIRECT: dict[int, Media] = {303: HTML, 400: HTML, 413: HTML}
CONDITION: dict[str, Schema] = {"If-None-Match": TEXT}
CLIENT_ID: dict[str, Schema] = {"client_id": TEXT | {"minLength": 1, "maxLength": 64}}
LOGOUT = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales", "wish")


@bp.get(PATH)
@mark("public")
def description() -> Response:
    """Answer with the description of everything that partners call."""
    config = settings.current()
    return discovery.cached(
        openapi.document(current_app._get_current_object(), title=config.brand_name, issuer=config.issuer)  # type: ignore[attr-defined]
    )


def install(app: Flask) -> None:
    """Describe the protocol's endpoints."""
    openapi.describe(app, OPERATIONS, SCHEMAS)


def refusals(*statuses: int) -> dict[int, Media]:
    """Describe refusals as OAuth tells them."""
    return dict.fromkeys(statuses, ERROR)


def _published(summary: str, schema: str, *more: int) -> Operation:
    answers: dict[int, Media] = {200: {JSON: ref(schema)}, 304: {}}
    return Operation(summary, answers | refusals(400, *more), headers=CONDITION)


def _form(summary: str, request: str, answers: dict[int, Media], *more: int) -> Operation:
    """Describe an endpoint at which clients prove themselves."""
    told = answers | refusals(400, 401, 413, 429, *more)
    headers = {"DPoP": TEXT}
    return Operation(summary, told, body={FORM: ref(request)}, headers=headers, is_proven=True)


_METADATA = _published("This server's metadata (RFC 8414, OpenID Connect Discovery)", "ServerMetadata")
_RESOURCE = "The metadata of {} (RFC 9728)"
_USERINFO: dict[int, Media] = {200: {JSON: ref("UserInfo"), SIGNED_CLAIMS: JWT}} | refusals(400, 401, 403)
_HEADERS: dict[str, Schema] = {"DPoP": TEXT}
_INFORMATION: Media = {JSON: ref("ClientInformation")}
_ASKED = {"client_id": TEXT, "request_uri": TEXT} | ASKED
_POSTED_USERINFO = _USERINFO | refusals(413)
OPERATIONS: dict[tuple[str, str], Operation] = {
    ("described.description", "GET"): Operation(
        "This description", {200: {JSON: {"type": "object"}}, 304: {}} | refusals(400), headers=CONDITION
    ),
    ("discovery.metadata", "GET"): _METADATA,
    ("discovery.jwks", "GET"): _published("The published keys (RFC 7517)", "Keys"),
    ("resource_metadata.whole", "GET"): _published(_RESOURCE.format("the server as a whole"), "ResourceMetadata"),
    ("resource_metadata.one", "GET"): Operation(
        _RESOURCE.format("one resource"),
        {200: {JSON: ref("ResourceMetadata")}, 304: {}, 308: HTML} | refusals(400, 404),
        headers=CONDITION, path={"path": TEXT | {"minLength": 1}},
    ),
    ("smart.configuration", "GET"): _published("What apps that speak SMART on FHIR find here", "SmartConfiguration"),
    ("health.process", "GET"): Operation("Whether the process answers", {200: {JSON: ref("Health")}} | refusals(400)),
    ("health.ready", "GET"): Operation(
        "Whether it can do its work", {200: {JSON: ref("Health")}, 503: {JSON: ref("Health")}} | refusals(400)
    ),
    ("authorize.authorize", "GET"): Operation(
        "Send a person's browser here to be asked; it comes back with the answer", REDIRECT | {200: HTML}, query=_ASKED
    ),
    ("authorize.take_form", "POST"): Operation(
        "The same by a form", REDIRECT, body={FORM: {"type": "object", "properties": _ASKED}}
    ),
    ("end_session.end_session", "GET"): Operation(
        "Send a browser here to sign its person out", REDIRECT, query=dict.fromkeys(LOGOUT, TEXT)
    ),
    ("end_session.end_session", "POST"): Operation(
        "The same by a form", REDIRECT, body={FORM: {"type": "object", "properties": dict.fromkeys(LOGOUT, TEXT)}}
    ),
    ("par.push", "POST"): _form("Push a request ahead of the browser (RFC 9126)", "PushRequest",
                                {201: {JSON: ref("Pushed")}}),
    ("device_authorization.authorize", "POST"): _form(
        "Let an object without a browser wait for a person (RFC 8628)", "DeviceRequest", {200: {JSON: ref("Device")}}
    ),
    ("token.issue", "POST"): _form("Get tokens (RFC 6749)", "TokenRequest", {200: {JSON: ref("Token")}}, 403),
    ("introspect.introspect", "POST"): _form(
        "Ask what a token is worth at this moment (RFC 7662)", "TokenNamed",
        {200: {JSON: ref("Introspection"), SIGNED: JWT}},
    ),
    ("revoke.revoke", "POST"): _form("Give a token up (RFC 7009)", "TokenNamed", {200: {JSON: {"type": "object"}}}),
    ("userinfo.userinfo", "GET"): Operation("Who the person is, as far as they share it", _USERINFO, headers=_HEADERS),
    ("userinfo.userinfo", "POST"): Operation("The same", _POSTED_USERINFO, headers=_HEADERS),
    ("registration.register", "POST"): Operation(
        "Register a client (RFC 7591)", {201: _INFORMATION} | refusals(400, 401, 403, 413, 429),
        body={JSON: ref("ClientMetadata")},
    ),
    ("registration.read", "GET"): Operation(
        "Read a registration (RFC 7592)", {200: _INFORMATION} | refusals(400, 401, 403, 404), path=CLIENT_ID
    ),
    ("registration.replace", "PUT"): Operation(
        "Replace a registration", {200: _INFORMATION} | refusals(400, 401, 403, 404, 413), path=CLIENT_ID,
        body={JSON: ref("ClientReplacement")},
    ),
    ("registration.delete", "DELETE"): Operation(
        "Delete a registration", {204: {}} | refusals(400, 401, 403, 404), path=CLIENT_ID
    ),
}  # fmt: skip
