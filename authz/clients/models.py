"""A client's row, and the registered client that the protocol asks questions of (RFC 7591 §2 metadata)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin
from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from authz import crypto
from authz.clients import smart_scopes
from authz.clients.profiles import SecurityProfile
from authz.clients.token_metadata import DETAIL_TYPES
from authz.db import Base, Instant

# RFC 8252 §7.3: a native app listens on whatever port it gets; the name localhost could be anywhere (§8.3).
LOOPBACK_PORT = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(?=[/?]|$)")


class Client(Base):
    """An app as OAuth knows it; `registration` is its RFC 7591 metadata as JSON, the secret is kept as a digest."""

    __tablename__ = "client"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    secret_digest: Mapped[str | None] = mapped_column(String(64))
    profile: Mapped[str] = mapped_column(String(16))
    catalogue_entry_id: Mapped[str | None] = mapped_column(String(64), index=True)
    status: Mapped[str] = mapped_column(String(16))
    registration: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True)
class RegisteredClient(ClientMixin):  # type: ignore[misc]  # Authlib ships no types
    """A client as read from its row: immutable, shared by the requests of a process for a moment."""

    id: str
    secret_digest: str | None
    profile: SecurityProfile
    catalogue_entry_id: str | None
    status: str
    metadata: dict[str, Any]

    @property
    def redirect_uris(self) -> list[str]:
        """The registered redirect URIs, compared exactly (RFC 9700 §2.1)."""
        return list(self.metadata.get("redirect_uris", []))

    @property
    def auth_method(self) -> str:
        """The one way this client proves itself at the token endpoint."""
        return str(self.metadata.get("token_endpoint_auth_method", "client_secret_basic"))

    @property
    def is_public(self) -> bool:
        """Whether the client keeps no secret."""
        return self.auth_method == "none"

    @property
    def scopes(self) -> list[str]:
        """The scopes this client may ask for."""
        return str(self.metadata.get("scope", "")).split()

    @property
    def resource_servers(self) -> list[str]:
        """The addresses of resource servers of its own, elsewhere, that its tokens may be for."""
        return list(self.metadata.get("resource_servers", []))

    @property
    def detail_types(self) -> list[str]:
        """The types of authorization_details that it may ask for: all, unless it registered some (RFC 9396 §10)."""
        return list(self.metadata.get("authorization_details_types", DETAIL_TYPES))

    @property
    def has_signed_tokens(self) -> bool:
        """Whether its access tokens are signed (RFC 9068), for resource servers elsewhere."""
        return self.metadata.get("access_token_format") == "jwt"

    @property
    def name(self) -> str:
        """What the client calls itself; the catalogue entry's name wins where there is one."""
        return str(self.metadata.get("client_name", self.id))

    @property
    def id_token_alg(self) -> str:
        """Algorithm of its ID tokens, RS256 unless it asked for another (OIDC Core §2)."""
        return str(self.metadata.get("id_token_signed_response_alg", "RS256"))

    @property
    def introspection_alg(self) -> str:
        """Algorithm of signed answers about its tokens: RS256 unless registered or not allowed to it (RFC 9701 §6)."""
        return str(self.metadata.get("introspection_signed_response_alg", self.profile.id_token_algs[0]))

    @property
    def rotates_refresh_tokens(self) -> bool:
        """Whether each refresh gives a new refresh token: not where tokens are bound and the client proves itself."""
        if self.is_public:
            return True
        if self.binds_to_key or self.binds_to_certificate:
            return False
        return bool(self.metadata.get("rotate_refresh_tokens", self.auth_method in self.profile.rotates))

    @property
    def binds_to_key(self) -> bool:
        """Whether its access tokens must be bound to a key by DPoP (RFC 9449 §5.2)."""
        return bool(self.metadata.get("dpop_bound_access_tokens", False))

    @property
    def binds_to_certificate(self) -> bool:
        """Whether its access tokens must be bound to the certificate of its connection (RFC 8705 §3.4)."""
        return bool(self.metadata.get("tls_client_certificate_bound_access_tokens", False))

    @property
    def must_push(self) -> bool:
        """Whether only its pushed requests are taken (RFC 9126 §6)."""
        return self.profile.par_required or bool(self.metadata.get("require_pushed_authorization_requests", False))

    @property
    def must_sign(self) -> bool:
        """Whether only its signed requests are taken (RFC 9101 §10.5)."""
        return self.profile.jar_required or bool(self.metadata.get("require_signed_request_object", False))

    @property
    def needs_nonce(self) -> bool:
        """Whether its DPoP proofs must hold a nonce of ours."""
        return bool(self.metadata.get("dpop_nonce_required", self.profile.nonce_required))

    @property
    def signing_algs(self) -> list[str]:
        """The algorithms that its assertions may be signed with."""
        chosen = self.metadata.get("token_endpoint_auth_signing_alg")
        return [alg for alg in self.profile.signing_algs if chosen in (None, alg)]

    def get_client_id(self) -> str:
        """Return the client_id (Authlib's contract)."""
        return self.id

    def get_default_redirect_uri(self) -> str | None:
        """Return the redirect URI that stands for an omitted one: none, we require it."""
        return None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Return the part of the wanted scopes that is registered, in the order wanted, or None if nothing is left."""
        allowed, found = set(self.scopes), list[str]()
        for name in (scope or "").split():
            if "/" in name and name not in smart_scopes.CONTEXT:
                found += smart_scopes.registered(name, self.scopes)
            elif name in allowed:
                found.append(name)
        return " ".join(dict.fromkeys(found)) or None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Tell whether the URI is one of the registered ones, character by character but for a native app's port."""
        if redirect_uri in self.redirect_uris:
            return True
        found = LOOPBACK_PORT.match(redirect_uri) if self.metadata.get("application_type") == "native" else None
        return found is not None and any(
            (known := LOOPBACK_PORT.match(uri))
            and known[1] + uri[known.end() :] == found[1] + redirect_uri[found.end() :]
            for uri in self.redirect_uris
        )

    def check_client_secret(self, client_secret: str) -> bool:
        """Tell whether the secret is right, in constant time."""
        return crypto.same(crypto.digest(client_secret), self.secret_digest or "")

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Tell whether the client proves itself by this method; one method, at every endpoint."""
        return method == self.auth_method

    def check_response_type(self, response_type: str) -> bool:
        """Tell whether the client may use the response type."""
        return response_type in self.metadata.get("response_types", ["code"])

    def check_grant_type(self, grant_type: str) -> bool:
        """Tell whether the client may use the grant type."""
        return grant_type in self.metadata.get("grant_types", ["authorization_code", "refresh_token"])
