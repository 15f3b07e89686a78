"""Which key or certificate a request proves to hold, and whether a token is in the hands of who may use it.

RFC 9449 (DPoP) and RFC 8705 §3 (certificates). What a token is bound to is kept as `jkt:…` or `x5t#S256:…`, the member
of `cnf` and its value. Authorization codes and public clients' refresh tokens are bound as well; a confidential client
may change its key, for it proves itself each time.
"""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError

from authz import settings
from authz.clients import registry
from authz.clients.models import RegisteredClient
from authz.errors import Refusal
from authz.grants.authorization_code import AUTH_METHODS
from authz.protocol import certificates, dpop

KEY, CERTIFICATE = "jkt", "x5t#S256"
ALIASED = {
    "token_endpoint": "/token",
    "revocation_endpoint": "/revoke",
    "introspection_endpoint": "/introspect",
    "userinfo_endpoint": "/userinfo",
    "pushed_authorization_request_endpoint": "/par",
    "device_authorization_endpoint": "/device_authorization",
}


class NoCertificate(Refusal):
    """The client's tokens are bound to certificates, and this connection has none."""

    description = "The tokens of this client need a connection with its certificate."


class NotHeld(Refusal):
    """The access token is bound to a key or certificate that this request does not prove to hold."""

    code = "invalid_token"
    status = 401
    description = "The access token is bound, and not to what this request proves."


class Possession:
    """A grant extension: finds what the new tokens are bound to, before anything is claimed or written."""

    def __call__(self, grant: Any) -> None:
        """Register with a grant, as Authlib's extensions do."""
        grant.register_hook("before_create_token_response", self.bind)

    def bind(self, grant: Any) -> None:
        """Leave what was proven on the request; refuses another key than that of the code or the refresh token."""
        request = grant.request
        bound_to = proven(request.client)
        code, refresh = getattr(request, "authorization_code", None), getattr(request, "refresh_token", None)
        if code and code.dpop_jkt and bound_to != f"{KEY}:{code.dpop_jkt}":
            raise InvalidGrantError("The code is bound to another key.")
        if refresh and refresh.terms.bound_to and bound_to != refresh.terms.bound_to:
            raise InvalidGrantError("The refresh token is bound to another key.")
        request.bound_to = bound_to


def proven(client: RegisteredClient) -> str | None:
    """Return what the client's new tokens are bound to; refuses a client that must prove something and does not."""
    if client.binds_to_certificate:
        certificate = certificates.presented()
        if certificate is None:
            raise NoCertificate()
        return f"{CERTIFICATE}:{certificates.thumbprint(certificate)}"
    jkt = dpop.prove(nonce_required=client.needs_nonce)
    if jkt is None and client.binds_to_key:
        raise dpop.InvalidProof("A DPoP proof is needed.")
    return f"{KEY}:{jkt}" if jkt else None


def key_of_request(client: RegisteredClient, stated: str) -> str:
    """Return the thumbprint that a pushed request binds its code to, "" for none (RFC 9449 §10.1).

    `stated` is its `dpop_jkt`; a proof with another key is refused.
    """
    jkt = dpop.prove(nonce_required=client.needs_nonce)
    if jkt and stated and jkt != stated:
        raise dpop.InvalidProof("The DPoP proof has another key than dpop_jkt says.")
    return jkt or stated


def check_held(scheme: str, token: str, *, bound_to: str | None, client_id: str) -> None:
    """Refuse an access token that comes by the wrong scheme, or from who does not prove to hold what it is bound to."""
    kind, _, value = (bound_to or "").partition(":")
    if (scheme == "dpop") != (kind == KEY):
        raise NotHeld(reason="scheme", algs=kind == KEY)
    if kind == KEY:
        _check_key(token, value, client_id)
    elif kind == CERTIFICATE:
        certificate = certificates.presented()
        if certificate is None or certificates.thumbprint(certificate) != value:
            raise NotHeld(reason="certificate")


def _check_key(token: str, jkt: str, client_id: str) -> None:
    client = registry.find(client_id)
    try:
        found = dpop.prove(nonce_required=client is not None and client.needs_nonce, token=token)
        if found is None:
            raise dpop.InvalidProof("A DPoP proof is needed.")
    except (dpop.InvalidProof, dpop.UseNonce) as refusal:
        refusal.status, refusal.params["algs"] = 401, True
        raise
    if found != jkt:
        raise NotHeld(reason="key")


def auth_methods() -> list[str]:
    """List how clients may prove themselves here: by certificates only where these reach us."""
    config = settings.current()
    is_on = {
        "tls_client_auth": certificates.is_on() and bool(config.mtls_ca),
        "self_signed_tls_client_auth": certificates.is_on(),
    }
    return [method for method in AUTH_METHODS if is_on.get(method, True)]


def metadata() -> dict[str, Any]:
    """Return what the discovery documents say of bound tokens (RFC 9449 §5.1, RFC 8705 §3.3, §5)."""
    found: dict[str, Any] = {"dpop_signing_alg_values_supported": dpop.ALGORITHMS}
    if certificates.is_on():
        found["tls_client_certificate_bound_access_tokens"] = True
        other = settings.current().mtls_issuer
        if other:
            found["mtls_endpoint_aliases"] = {name: other + path for name, path in ALIASED.items()}
    return found
