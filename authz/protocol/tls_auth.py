"""Clients that prove themselves by the certificate of their connection (RFC 8705 §2): signed for them, or their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from authlib.oauth2.rfc6749 import InvalidClientError

from authz.clients import public_keys
from authz.clients.certificate_names import NAMES
from authz.clients.models import RegisteredClient
from authz.protocol import certificates

Query = Callable[[str], RegisteredClient | None]


def by_authority(query_client: Query, oauth_request: Any) -> RegisteredClient | None:
    """`tls_client_auth`: the client whose registered name a certificate of the operator's authorities bears."""
    client = _claimed(query_client, oauth_request, "tls_client_auth")
    if client is None:
        return None
    certificate = certificates.presented()
    name = next((field for field in NAMES if field in client.metadata), "")
    if (
        certificate is None
        or not certificates.is_chained(certificate)
        or not certificates.is_named(certificate, name, client.metadata[name])
    ):
        raise InvalidClientError(description="The connection's certificate is not one of the client.")
    return client


def by_own_certificate(query_client: Query, oauth_request: Any) -> RegisteredClient | None:
    """`self_signed_tls_client_auth`: the client that registered this very certificate."""
    client = _claimed(query_client, oauth_request, "self_signed_tls_client_auth")
    if client is None:
        return None
    certificate = certificates.presented()
    if certificate is None or not any(certificates.is_in(certificate, jwks) for jwks in public_keys.sets_of(client)):
        raise InvalidClientError(description="The connection's certificate is not one of the client.")
    return client


def _claimed(query_client: Query, oauth_request: Any, method: str) -> RegisteredClient | None:
    client = query_client(oauth_request.form.get("client_id") or "")
    return client if client and client.auth_method == method else None
