"""Registration of clients by themselves (RFC 7591) and its management (RFC 7592), where the operator allows it.

Who may register is a setting; a client's own token later reads, replaces and deletes its registration. New clients are
on trial, and patients are told so, until an operator puts them into the catalogue. What other servers have to be asked
is asked before anything is written.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request

from authz import ratelimit, settings
from authz.catalogue import scopes
from authz.clients import logos, registrations, registry, self_registration, statements
from authz.clients.metadata import InvalidClientMetadata
from authz.clients.models import RegisteredClient
from authz.clients.registrations import Terms
from authz.errors import Refusal
from authz.guard import mark
from authz.protocol import bearer, responses

bp = Blueprint("registration", __name__)
PATH = "/register"
MAX_BYTES = 64 * 1024
# Of a network, where no initial access token is needed, and of a client that changes what it registered.
LIMIT, PER = 20, timedelta(hours=1)
OWN = ("profile", "pkce_required", "on_trial", "catalogue_entry")  # the operator's, kept through every change
NOT_SENT = ("registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at")


class RegistrationOff(Refusal):
    """This server registers no client by itself."""

    code = "access_denied"
    status = 403
    description = "Registration is off; ask the operator."


class Published(Refusal):
    """The operator has looked at the client and put it into the catalogue: patients rely on what was looked at."""

    code = "access_denied"
    status = 403
    description = "This client is in the catalogue; ask the operator to change it."


@bp.post(PATH)
@mark("public")
def register() -> Response:
    """Register a client."""
    terms = _terms()
    checked, logo = _checked(terms)
    if not registrations.use(terms):
        raise bearer.InvalidToken(reason="used by somebody else")
    client, secret = registry.keep(checked)
    logos.keep(client.id, logo)
    token, at = registrations.hold(client.id)
    return responses.as_json(_information(client, token, at, secret), status=201)


@bp.get(f"{PATH}/<client_id>")
@mark("bearer")
def read(client_id: str) -> Response:
    """Answer with a client's registration; its secret is kept as a digest only, so it is not in it."""
    client, token, at = _managed(client_id)
    return responses.as_json(_information(client, token, at, None))


@bp.put(f"{PATH}/<client_id>")
@mark("bearer")
def replace(client_id: str) -> Response:
    """Replace a client's registration as a whole (RFC 7592 §2.2)."""
    client, token, at = _managed(client_id)
    if "on_trial" not in client.metadata:
        raise Published(reason=client_id)
    sent = _body()
    _check_same(client, sent)
    ratelimit.check("register-again", client_id, limit=LIMIT, per=PER)
    kept = {name: client.metadata[name] for name in OWN if name in client.metadata}
    checked = registry.check(_with_statement(sent, is_needed=_needs_statement()) | kept, known_scopes=scopes.KNOWN)
    logo = logos.fetch(checked)
    ratelimit.spend("register-again", client_id, limit=LIMIT, per=PER)
    secret = registry.replace_metadata(client, checked)
    logos.keep(client_id, logo)
    return responses.as_json(_information(registry.get(client_id), token, at, secret))


@bp.delete(f"{PATH}/<client_id>")
@mark("bearer")
def delete(client_id: str) -> Response:
    """Take a client out of use at once, with all its tokens; patients still see the links that they had."""
    _managed(client_id)
    registrations.release(client_id)
    registry.set_status(client_id, "suspended")
    return Response(status=204, headers=responses.NO_STORE)


def is_on() -> bool:
    """Tell whether clients may register themselves; discovery says so only then."""
    return settings.current().registration != "off"


def _needs_statement() -> bool:
    """What a statement vouched for is not to be changed without one."""
    return settings.current().registration == "statement"


def _terms() -> Terms:
    """Return on what terms the caller may register; refuses who may not."""
    if not is_on():
        raise RegistrationOff()
    if "Authorization" in request.headers:
        terms = registrations.find_terms(_token())
        if terms is None:
            raise bearer.InvalidToken(reason="initial access token")
        return terms
    if settings.current().registration == "token":
        raise bearer.MissingToken()
    ratelimit.check("register", ratelimit.network(request.remote_addr), limit=LIMIT, per=PER)
    return Terms()


def _checked(terms: Terms) -> tuple[dict[str, Any], bytes | None]:
    """Return the metadata and the picture to keep; who needed no token spends of a budget, whatever comes of it."""
    try:
        accepted = _with_statement(_body(), is_needed=_needs_statement())
        checked = registry.check(accepted | _own(terms), known_scopes=scopes.KNOWN)
        return checked, logos.fetch(checked)
    finally:
        if not terms.digest:
            ratelimit.spend("register", ratelimit.network(request.remote_addr), limit=LIMIT, per=PER)


def _own(terms: Terms) -> dict[str, Any]:
    return {"profile": terms.profile, "on_trial": True} | ({} if terms.pkce_required else {"pkce_required": False})


def _managed(client_id: str) -> tuple[RegisteredClient, str, datetime]:
    """Return the client whose token the caller holds; an unknown client and a wrong token are the same."""
    token = _token()
    at = registrations.find_held(client_id, token) if client_id.isprintable() and len(client_id) <= 64 else None
    client = registry.find(client_id) if at else None
    if client is None or at is None:
        raise bearer.InvalidToken(reason="registration access token")
    return client, token, at


def _token() -> str:
    header = request.headers.get("Authorization")
    if header is None:
        raise bearer.MissingToken()
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= 200:
        raise bearer.InvalidToken(reason="not a bearer token")
    return token


def _body() -> dict[str, Any]:
    if request.mimetype != "application/json":
        raise InvalidClientMetadata("The metadata must come as application/json.")
    if (request.content_length or 0) > MAX_BYTES:
        raise InvalidClientMetadata(f"The metadata must have at most {MAX_BYTES} bytes.")
    try:
        sent = json.loads(request.get_data())
        json.dumps(sent, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidClientMetadata("The metadata must be JSON.") from error
    if not isinstance(sent, dict):
        raise InvalidClientMetadata("The metadata must be one JSON object.")
    return sent


def _with_statement(sent: dict[str, Any], *, is_needed: bool) -> dict[str, Any]:
    """Return what counts of what was sent; what a statement vouches for takes precedence (RFC 7591 §2.3)."""
    if sent.get("software_statement") is not None:
        sent = sent | statements.read(sent["software_statement"])
    elif is_needed:
        raise statements.InvalidSoftwareStatement("A software statement is needed.")
    return self_registration.accept(sent)


def _check_same(client: RegisteredClient, sent: dict[str, Any]) -> None:
    secret = sent.get("client_secret")
    if any(name in sent for name in NOT_SENT):
        raise InvalidClientMetadata(f"{', '.join(NOT_SENT)} must not be sent.")
    if sent.get("client_id") != client.id:
        raise InvalidClientMetadata("client_id must be the client's.")
    if secret is not None and not (isinstance(secret, str) and client.check_client_secret(secret)):
        raise InvalidClientMetadata("client_secret must be the client's.")


def _information(client: RegisteredClient, token: str, at: datetime, secret: str | None) -> dict[str, Any]:
    """Return what RFC 7591 §3.2.1 and RFC 7592 §3 name: all metadata as they count now, and the client's tokens."""
    told = {name: value for name, value in client.metadata.items() if name not in OWN}
    told |= {
        "client_id": client.id,
        "client_id_issued_at": int(at.timestamp()),
        "registration_access_token": token,
        "registration_client_uri": f"{settings.current().issuer}{PATH}/{client.id}",
    }
    return told | ({"client_secret": secret, "client_secret_expires_at": 0} if secret else {})
