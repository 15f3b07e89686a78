"""How an authorization response travels: in the query, in a form that the browser posts, or as one signed JWT.

OAuth 2.0 Multiple Response Types §2.1, OAuth 2.0 Form Post Response Mode, JARM (JWT Secured Authorization Response
Mode). Every response names the issuer (RFC 9207); a signed one holds it inside.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Flask, Response, current_app

from authz import clock, keys, settings
from authz.clients.models import RegisteredClient
from authz.protocol import responses

MODES = ("query", "form_post", "jwt", "query.jwt", "form_post.jwt")
JARM_SECONDS = 300
POSTED = "form_post"
FormPage = Callable[[str, dict[str, str]], Response]


def register_form_page(app: Flask, page: FormPage) -> None:
    """Tell which page posts an answer to an app; called once at start by the package that owns the pages."""
    app.extensions["form_post_page"] = page


def deliver(client: RegisteredClient, redirect_uri: str, mode: str, params: dict[str, str]) -> Response:
    """Bring the browser home with an answer."""
    if mode.endswith("jwt"):
        answer = {"response": _signed(client, params)}
    else:
        answer = params | {"iss": settings.current().issuer}
    if mode.startswith(POSTED) and is_posted_to(redirect_uri):
        page: FormPage = current_app.extensions["form_post_page"]
        return page(redirect_uri, answer)
    return _redirect(redirect_uri, answer)


def is_posted_to(redirect_uri: str) -> bool:
    """Tell whether a form reaches an address: an app on a phone is opened by its address, without a form."""
    return redirect_uri.startswith(("https://", "http://"))


def _signed(client: RegisteredClient, params: dict[str, str]) -> str:
    claims = params | {
        "iss": settings.current().issuer,
        "aud": client.id,
        "exp": clock.epoch() + JARM_SECONDS,
        "iat": clock.epoch(),
    }
    return keys.sign(claims, alg=str(client.metadata.get("authorization_signed_response_alg", client.id_token_alg)))


def _redirect(redirect_uri: str, answer: dict[str, str]) -> Response:
    """Redirect; what the URI's query held is kept."""
    parts = urlsplit(redirect_uri)
    query = urlencode(answer)
    address = urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query))
    headers = {"Location": address, "Referrer-Policy": "no-referrer"} | responses.NO_STORE
    return Response("", status=303, headers=headers)
