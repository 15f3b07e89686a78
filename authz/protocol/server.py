"""The server that Authlib's phases run on: which grants, extensions and client authentications there are."""

from __future__ import annotations

from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Payload, FlaskOAuth2Request
from authlib.oauth2.rfc6749 import OAuth2Request
from flask import Flask
from flask import request as http_request

from authz import settings
from authz.clients import registry
from authz.grants.authorization_code import AuthorizationCodeGrant
from authz.grants.client_credentials import ClientCredentialsGrant
from authz.grants.device_code import DeviceCodeGrant
from authz.grants.id_token import IdToken
from authz.grants.pkce import S256
from authz.grants.refresh_token import RefreshTokenGrant
from authz.grants.target import Target
from authz.grants.token_exchange import TokenExchangeGrant
from authz.protocol import tls_auth
from authz.protocol.client_auth import Assertion
from authz.protocol.introspect import IntrospectionEndpoint
from authz.protocol.possession import Possession
from authz.protocol.revoke import RevocationEndpoint

GRANTS: tuple[tuple[type, list[Any]], ...] = (
    (AuthorizationCodeGrant, [S256(), Possession(), Target(), IdToken()]),
    (RefreshTokenGrant, [Possession(), Target(), IdToken()]),
    (ClientCredentialsGrant, [Possession(), Target()]),
    (DeviceCodeGrant, [Possession(), Target(), IdToken()]),
    (TokenExchangeGrant, [Possession(), Target()]),
)
ENDPOINTS = (RevocationEndpoint, IntrospectionEndpoint)


class _Request(FlaskOAuth2Request):  # type: ignore[misc]  # Authlib ships no types
    """The library's view of the request at work, under the address we are known by: to put it together costs more."""

    def __init__(self) -> None:
        OAuth2Request.__init__(
            self, http_request.method, settings.current().issuer + http_request.path, headers=http_request.headers
        )
        self._request, self.payload = http_request, FlaskOAuth2Payload(http_request)


class Server(AuthorizationServer):  # type: ignore[misc]  # Authlib ships no types
    """Authlib's server; rows, claims and the transaction are ours, so saving is no business of its."""

    def load_config(self, config: Any) -> None:
        """Read nothing: lifetimes and generators are ours, the library's default is ten days."""

    def create_oauth2_request(self, request: Any) -> OAuth2Request:
        """Return the request as the library wants it; one that we built ourselves is taken as it is."""
        return request if isinstance(request, OAuth2Request) else _Request()

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        """Do nothing: each grant has written what it mints."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the journal is written where things happen."""


def install(app: Flask) -> None:
    """Build the server of an application."""
    server = Server()
    server.init_app(app, registry.find, None)
    server.register_client_auth_method("private_key_jwt", Assertion())
    server.register_client_auth_method("tls_client_auth", tls_auth.by_authority)
    server.register_client_auth_method("self_signed_tls_client_auth", tls_auth.by_own_certificate)
    for grant, extensions in GRANTS:
        server.register_grant(grant, extensions)
    for endpoint in ENDPOINTS:
        server.register_endpoint(endpoint)
    app.extensions["oauth_server"] = server
