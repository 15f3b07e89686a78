"""Apps that register themselves (RFC 7591) and manage their registration (RFC 7592)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask

from tests.standing import unit_in

WISH: dict[str, Any] = {
    "client_name": "Balance",
    "redirect_uris": ["https://balance.example/callback", "https://balance.example/other?a=b"],
    "scope": "openid profile measures.weight.write",
    "tos_uri": "https://balance.example/terms",
    "policy_uri": "https://balance.example/privacy",
    "logo_uri": "https://balance.example/logo.png",
    "initiate_login_uri": "https://balance.example/start",
    "client_name#fr": "Pèse-personne",
}


def invited(app: Flask, **terms: Any) -> str:
    """Return an initial access token."""
    from authz.clients import registrations

    wanted: dict[str, Any] = {"profile": "oauth21", "pkce_required": True, "uses": 1, "life": timedelta(days=1)}
    with unit_in(app):
        return registrations.invite(**(wanted | terms))


def registers(app: Flask, token: str | None = None, **wish: Any) -> Any:
    """Register."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return app.test_client(use_cookies=False).post("/register", json=WISH | wish, headers=headers)


def manages(app: Flask, method: str, told: dict[str, Any], **arguments: Any) -> Any:
    """Call the management endpoint as the client."""
    headers = {"Authorization": f"Bearer {told['registration_access_token']}"}
    path = told["registration_client_uri"].removeprefix("http://localhost")
    return app.test_client(use_cookies=False).open(path, method=method, headers=headers, **arguments)
