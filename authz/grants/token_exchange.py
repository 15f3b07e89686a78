"""Token exchange (RFC 8693): a partner's back end has a token of its own made smaller, and nothing else.

Fewer scopes, resources or days back, a shorter life: never more, nor another subject, actor or kind of token. The new
token hangs on the same authorization, and on the token that it was made of: what ends either ends it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError, InvalidScopeError, UnauthorizedClientError, grants
from authlib.oauth2.rfc6749.hooks import hooked

from authz import clock
from authz.catalogue.resources import InvalidTarget
from authz.clients import smart_scopes
from authz.clients.metadata import TOKEN_EXCHANGE
from authz.grants import issuing, signed_access
from authz.grants.authorization_code import AUTH_METHODS
from authz.pairing import holdings
from authz.tokens import access, exchange
from authz.tokens.models import FoundToken, Terms

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # nosec B105 # the name of a kind, no secret


class TokenExchangeGrant(grants.BaseGrant, grants.TokenEndpointMixin):  # type: ignore[misc]  # Authlib ships no types
    """The grant; Authlib has none of this type."""

    GRANT_TYPE = TOKEN_EXCHANGE
    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS[:-1]  # who cannot prove itself has no back end

    def validate_token_request(self) -> None:
        """Find the client's own living token; any other is as unknown as a made-up one."""
        client = self.request.client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("The client may not exchange tokens.")
        form = self.request.form
        _refuse_what_there_is_not(form)
        found = holdings.find_access(form["subject_token"])
        if found is None or not found.token.check_client(client) or found.token.is_expired():
            raise InvalidRequestError("The subject_token is not a living access token of this client.")
        family = found.token.family
        if family and not (family.is_alive and family.state != "paused"):
            raise InvalidRequestError("The link of the subject_token is not in force.")
        if found.token.terms.exchanged_from:
            raise InvalidRequestError("The subject_token was exchanged already; exchange the first one again.")
        self.request.credential = found.token

    @hooked  # type: ignore[untyped-decorator]  # Authlib ships no types
    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Make the smaller token and tell what it is."""
        client, subject = self.request.client, self.request.credential
        scope, terms = _scope(subject, self.request.payload.scope), _terms(subject, issuing.terms_of(self.request))
        ttl = min(signed_access.ttl_of(client), subject.expires_at - clock.now(), _wished(self.request.form))
        if not access.hold(subject.digest):
            raise InvalidRequestError("The subject_token was revoked.")
        told = issuing.reached(subject.family, scope) if subject.family else scope
        token = signed_access.prepare(client, subject.family, scope, told=told, ttl=ttl, terms=terms)
        exchange.keep(token)
        return (
            200,
            issuing.describe(token, subject, told) | {"issued_token_type": ACCESS_TOKEN},
            self.TOKEN_RESPONSE_HEADER,
        )


def _refuse_what_there_is_not(form: Any) -> None:
    """Refuse each part of the standard that is not supported, by its name (RFC 8693 §2.1, §2.2.2)."""
    for name in ("actor_token", "actor_token_type"):
        if name in form:
            raise InvalidRequestError(f"{name} is not supported: the client acts for itself alone.")
    if "audience" in form:
        raise InvalidTarget("audience is not supported: name the target by resource.")
    if form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
        raise InvalidRequestError(f"requested_token_type must be {ACCESS_TOKEN}.")
    if form.get("subject_token_type") != ACCESS_TOKEN:
        raise InvalidRequestError(f"subject_token_type must be {ACCESS_TOKEN}.")
    if not form.get("subject_token"):
        raise InvalidRequestError("Missing 'subject_token'")


def _scope(subject: FoundToken, wished: str | None) -> str:
    """Return the scope of the new token: the subject's or a part of it."""
    if not wished:
        return subject.scope
    named = smart_scopes.narrowed(wished, subject.scope)
    if not named:
        raise InvalidScopeError("The scope must be of the subject_token's.")
    return named


def _terms(subject: FoundToken, asked: Terms) -> Terms:
    """Return the terms of the new token; what the subject is bound to must be proven, and binds the new one too."""
    if subject.terms.bound_to and asked.bound_to != subject.terms.bound_to:
        raise InvalidRequestError("The subject_token is bound to another key than this request proves.")
    kept = asked.details_sealed or subject.terms.details_sealed
    return replace(asked, details_sealed=kept, exchanged_from=subject.digest)


def _wished(form: Any) -> timedelta:
    """Return how long the new token is to live at most; `requested_expiry` is ours, named as in CIBA."""
    text = form.get("requested_expiry")
    if text is None:
        return timedelta.max
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) > 0):
        raise InvalidRequestError("requested_expiry must be a number of seconds, 1 or more.")
    return timedelta(seconds=int(text))
