"""The introspection endpoint (RFC 7662): what a client's own token is worth at this moment, consents included.

Who asks for it by `Accept` gets the answer signed (RFC 9701), to keep or show as a proof of what we said. A client
proves itself as anywhere, or by an access token of its own (§2.1, SMART App Launch); one that acts for a patient proves
nothing here, for a resource server that is shown it could ask with it.
"""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc7662 import IntrospectionEndpoint as _IntrospectionEndpoint
from flask import Blueprint, Response
from flask import request as http_request

from authz import clock, keys, settings
from authz.catalogue import details, resources
from authz.clients import registry
from authz.clients.models import RegisteredClient
from authz.grants import issuing, launch
from authz.grants.authorization_code import AUTH_METHODS
from authz.guard import mark
from authz.pairing import holdings
from authz.protocol import bearer, client_auth, possession, responses, running
from authz.tokens.models import FoundToken

bp = Blueprint("introspect", __name__)
TYPE = "token-introspection+jwt"
BY_TOKEN = ("bearer", "dpop")
JSON, SIGNED = "application/json", f"application/{TYPE}"


@bp.post("/introspect")
@mark("public")
def introspect() -> Response:
    """Answer an introspection request."""
    return client_auth.checked(_by_token if _scheme() in BY_TOKEN else lambda: running.endpoint("introspection"))


class IntrospectionEndpoint(_IntrospectionEndpoint):  # type: ignore[misc]  # Authlib ships no types
    """Authlib's endpoint over our rows; a public client cannot ask, it could not prove that it may."""

    CLIENT_AUTH_METHODS = AUTH_METHODS[:-1]

    def create_endpoint_response(self, request: Any) -> tuple[int, Any, list[tuple[str, str]]]:
        """Answer in JSON, or in a JWT to who prefers that."""
        status, answer, headers = super().create_endpoint_response(request)
        if http_request.accept_mimetypes.best_match([JSON, SIGNED]) != SIGNED:
            return status, answer, headers
        return status, _signed(request.client, answer), [("Content-Type", SIGNED)]

    def authenticate_endpoint_client(self, request: Any) -> Any:
        """Return the client that asks, which may show an access token of its own."""
        if _scheme() not in BY_TOKEN:
            return super().authenticate_endpoint_client(request)
        request.client = _holder()
        return request.client

    def query_token(self, token_string: str, token_type_hint: str | None) -> FoundToken | None:
        """Find the token with one pure read."""
        return holdings.find_any(token_string)

    def check_permission(self, token: FoundToken, client: Any, request: Any) -> bool:
        """Let a client ask about its own tokens only; for any other the answer is that it is not active."""
        return token.check_client(client)

    def introspect_token(self, token: FoundToken) -> dict[str, Any]:
        """Return what RFC 7662 §2.2 names; a token of a paused or spent link is not active."""
        family = token.family
        if family and (family.state not in ("active", "pending") or token.claimed_at):
            return {"active": False}
        answer: dict[str, Any] = {
            "active": True,
            "client_id": token.client_id,
            "aud": resources.audience(token.terms.resources),
            "iss": settings.current().issuer,
            "token_type": issuing.token_type(token.terms.bound_to) if token.kind == "access_token" else token.kind,
            "scope": issuing.reached(family, token.scope) if family else token.scope,
            "iat": int(token.issued_at.timestamp()),
            "exp": int(token.expires_at.timestamp()),
        } | token.terms.confirmation
        if family:
            answer |= {"sub": family.subject, "pairing_id": family.pairing_id, "auth_time": family.auth_time,
                       "acr": family.acr} | family.acting | details.told(token.details_sealed)  # fmt: skip
            answer |= launch.context(family, token.scope) | launch.user(family, token.scope)
        return answer


def _scheme() -> str:
    return str(http_request.environ.get("HTTP_AUTHORIZATION", "")).partition(" ")[0].lower()


def _by_token() -> Response:
    response: Response = running.server().create_endpoint_response("introspection")
    response.headers.extend(responses.NO_STORE)
    return response


def _holder() -> RegisteredClient:
    """Return the confidential client whose own token the request carries, and proves to hold."""
    if {"client_secret", "client_assertion"} & set(http_request.form):
        raise InvalidRequestError("The client must authenticate in one way only.")
    scheme, token = bearer.credentials()
    found = holdings.find_access(token)
    if found is None or found.token.is_expired() or found.token.family or found.client_status != "active":
        raise bearer.InvalidToken(reason="not a client's own token")
    possession.check_held(scheme, token, bound_to=found.token.terms.bound_to, client_id=found.token.client_id)
    client = registry.find(found.token.client_id)
    if client is None or not resources.includes(found.token.terms.resources, http_request.path):
        raise bearer.InvalidToken(reason="client or resource")
    return client


def _signed(client: RegisteredClient, answer: dict[str, Any]) -> str:
    """Sign an answer for who asked (RFC 9701 §5); without `sub` and `exp` it passes for no other token (§8.1)."""
    claims = {
        "iss": settings.current().issuer,
        "aud": client.id,
        "iat": clock.epoch(),
        "token_introspection": answer,
    }
    return keys.sign(claims, alg=client.introspection_alg, typ=TYPE)
