"""The page that posts an answer to an app (OAuth 2.0 Form Post Response Mode), by script or by hand."""

from __future__ import annotations

from flask import Response, make_response, render_template

from consent_ui import headers


def page(redirect_uri: str, answer: dict[str, str]) -> Response:
    """Show the form; nothing of the answer is in an address."""
    headers.allow_form_target(redirect_uri)
    response = make_response(
        render_template("flow/form_post.html", redirect_uri=redirect_uri, answer=answer, errors=None)
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
