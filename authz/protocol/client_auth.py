"""How a client proves itself: secret or signed assertion, one way at a time, with a budget for failures only.

RFC 6749 §2.3, RFC 7523 §3. Secrets are too long to guess: the budget spares the server and the journal, and who proves
itself is never refused for what others tried.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from flask import Response, request

from authz import clock, keys, ratelimit, settings
from authz.clients import assertions, public_keys
from authz.clients.models import RegisteredClient
from authz.clients.profiles import PROFILES
from authz.errors import Refusal
from authz.protocol import dpop

# Of any client: which one may use what is its profile's business.
ALGORITHMS = list(dict.fromkeys(alg for profile in PROFILES.values() for alg in profile.signing_algs))
# Other JWTs that a client signs, such as a request that everybody sees, are no proof (RFC 8725 §3.11).
TYPES = (None, "JWT", "jwt", "client-authentication+jwt")
FAILURES, PER = 30, timedelta(minutes=5)
LONGEST = timedelta(minutes=60)


class Assertion(JWTBearerClientAssertion):  # type: ignore[misc]  # Authlib ships no types
    """`private_key_jwt`: Authlib's reading of the assertion, our keys, audiences and single use."""

    CLIENT_AUTH_METHOD = "private_key_jwt"

    def __call__(self, query_client: Callable[[str], RegisteredClient | None], oauth_request: Any) -> Any:
        """Return the client that the assertion proves, or None if there is no assertion."""
        form = oauth_request.form
        if form.get("client_assertion_type") != self.CLIENT_ASSERTION_TYPE or not form.get("client_assertion"):
            return None
        claims = keys.peek(form["client_assertion"])
        client = query_client(str(claims.get("sub", "")))
        if client is None or client.auth_method != self.CLIENT_AUTH_METHOD:
            raise InvalidClientError(description="The client does not exist on this server.")
        proven = public_keys.read(client, form["client_assertion"], client.signing_algs, types=TYPES)
        if proven is None:
            raise InvalidClientError(description="The assertion is not signed by a key of the client.")
        _check_claims(client, proven, form.get("client_id"))
        return client


def checked(endpoint: Callable[[], Response]) -> Response:
    """Run an endpoint at which clients prove themselves; a network that fails too often is told to wait."""
    _refuse_bad_form()
    response = endpoint()
    if response.status_code == 401:
        ratelimit.spend("client-auth", ratelimit.network(request.remote_addr), limit=FAILURES, per=PER)
    return response


def _refuse_bad_form() -> None:
    """Refuse parameters in the address (they end up in logs) and given twice (RFC 6749 §3.2), but for `resource`."""
    if request.query_string:
        raise Refusal("Parameters belong in the form, not in the address.")
    if any(len(values) > 1 for name, values in request.form.lists() if name != "resource"):
        raise Refusal("A parameter is given more than once.")


def refuse_odd_proofs() -> None:
    """Refuse a header that is not Basic, which the library trips over, and more than one proof (RFC 6749 §2.3)."""
    has_header = "HTTP_AUTHORIZATION" in request.environ  # asked of the headers, an absent one costs an exception
    if has_header and (not request.authorization or request.authorization.type != "basic"):
        raise InvalidClientError(description="The Authorization header must be Basic.", status_code=401)
    if ("client_secret" in request.form) + ("client_assertion" in request.form) + has_header > 1:
        raise InvalidRequestError("The client must authenticate in one way only.")


def _check_claims(client: RegisteredClient, claims: dict[str, Any], named: str | None) -> None:
    config = settings.current()
    now, expiry = clock.now(), _instant(claims.get("exp"))
    audience = claims.get("aud")
    issuer_only = client.profile.assertion_audience == "issuer"
    wanted = [config.issuer] if issuer_only else [config.issuer, config.issuer + "/token"]
    heard = [audience] if isinstance(audience, str) else ([] if issuer_only else audience)
    problems = {
        "iss and sub must be the client_id": claims.get("iss") == client.id == claims.get("sub")
        and named in (None, client.id),
        "aud must be the issuer": isinstance(heard, list) and any(part in wanted for part in heard),
        "exp must be in the next hour": expiry is not None and now < expiry <= now + LONGEST,
        "nbf and iat must not be in the future": all(
            name not in claims or _is_past(claims[name], now + timedelta(seconds=30)) for name in ("nbf", "iat")
        ),
        "jti is needed": isinstance(claims.get("jti"), str) and 0 < len(str(claims["jti"])) <= 200,
    }
    for sentence, is_right in problems.items():
        if not is_right:
            raise InvalidClientError(description=f"The assertion's {sentence}.")
    if not client.binds_to_certificate:
        dpop.expect_nonce(nonce_required=client.needs_nonce)
    if expiry and not assertions.use_once(client.id, claims["jti"], expiry):
        raise InvalidClientError(description="The assertion was already used.")


def _instant(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        return None
    return datetime.fromtimestamp(value, UTC)


def _is_past(value: object, limit: datetime) -> bool:
    instant = _instant(value)
    return instant is not None and instant <= limit
