"""The sample partner as a Flask app: its services, its cookie, its headers, its error page."""

from __future__ import annotations

from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, render_template
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from connectors.kit import Partner, SqliteStore, Wire, credentials, doors
from connectors.sample_app import linking, pages, sending, texts
from connectors.sample_app.config import Config
from connectors.sample_app.ledger import Ledger

LARGEST_UPLOAD = 6_000_000


def create_app(config: Config) -> Flask:
    """Build the app of one configuration."""
    app = Flask(__name__)
    ledger = Ledger(config.data / "glycelia.db")
    app.config.update(
        SECRET_KEY=_session_key(config.data),
        # Cookies do not know ports: a name of its own keeps it apart from the health space on the same host.
        SESSION_COOKIE_NAME="glycelia",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.public_url.startswith("https:"),
        MAX_CONTENT_LENGTH=LARGEST_UPLOAD,
    )
    app.extensions |= {"glycelia": config, "ledger": ledger, "partner": _partner(config, ledger)}
    CSRFProtect(app)
    for module in (pages, linking, sending):
        app.register_blueprint(module.bp)
    app.context_processor(texts.for_templates)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _error_page)
    app.after_request(_with_headers)
    return app


def _partner(config: Config, ledger: Ledger) -> Partner:
    secret = config.client_secret
    return Partner(
        issuer=config.issuer,
        client_id=config.client_id,
        credentials=credentials.secret_basic(secret) if secret else credentials.public(),
        redirect_uri=config.redirect_uri,
        store=SqliteStore(config.data / "links.db"),
        wire=Wire(observer=ledger.observe),
    )


def _session_key(folder: Path) -> str:
    file = folder / "session-key"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(doors.new_secret(), encoding="ascii")
    return file.read_text(encoding="ascii")


def _stale_form(error: CSRFError) -> tuple[str, int]:
    return render_template("error.html", key="stale_form"), 400


def _error_page(error: HTTPException) -> tuple[str, int] | Response:
    code = error.code or 500
    return render_template("error.html", key="too_large" if code == 413 else "not_here"), code


def _with_headers(response: Response) -> Response:
    issuer = urlsplit(cast(Config, current_app.extensions["glycelia"]).issuer)
    # Chromium holds the redirect that follows a form to form-action too, and "connect" leads to the health space.
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
        f"form-action 'self' {issuer.scheme}://{issuer.netloc}"
    )
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if response.mimetype == "text/html":
        response.headers["Cache-Control"] = "no-store"
    return response
