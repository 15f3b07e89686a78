"""The application factory of this package: settings, database, request ids, refusals, the protocol's routes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Request, Response, current_app, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.middleware.proxy_fix import ProxyFix

from authz import audit, crypto, db, entropy, keys, logs, protocol, sealing, surfaces
from authz.errors import Refusal
from authz.settings import Settings

API = ("/token", "/introspect", "/revoke", "/userinfo", "/jwks", "/.well-known/", "/fhir", "/measures", "/connectors",
       "/healthz", "/readyz", "/static/", "/par", "/register", "/openapi.json", "/sms/")  # fmt: skip
FORM_MAX_BYTES = 200_000
__all__ = ["audit", "create", "keys"]


class _Cookie(SecureCookieSessionInterface):
    """The browser cookie: an opaque id and what protects forms; API routes never open it, which saves them a sixth."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the session, an empty one on API routes."""
        if request.path.startswith(API):
            return self.session_class()
        _follow_ring(app)
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        """Send the cookie when it changed.

        A form from another site comes without our cookie (SameSite=Lax): answering it with one would overwrite that of
        the browser, and sign its patient out.
        """
        is_strange = request.method == "POST" and app.config["SESSION_COOKIE_NAME"] not in request.cookies
        if session.modified and not is_strange:
            super().save_session(app, session, response)


class _Server(Flask):
    """Flask without its question, asked of eleven functions at each request, whether they are coroutines."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function: none of ours is a coroutine."""
        return func


def create(settings: Settings) -> Flask:
    """Build the authorization server; pages and connectors are added by the composition root."""
    logs.configure(settings.log_level)
    app = _Server("authz", static_folder=None)
    app.extensions["settings"] = settings
    app.config.update(
        MAX_CONTENT_LENGTH=settings.request_max_bytes,
        MAX_FORM_MEMORY_SIZE=FORM_MAX_BYTES,
        MAX_FORM_PARTS=200,
        SESSION_COOKIE_NAME="__Host-session" if settings.is_https else "session",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.session_interface = _Cookie()
    db.install(app, settings.database)
    sealing.install(app)
    app.config["SECRET_KEY"] = crypto.cookie_secrets(settings)[0]
    app.before_request(_name_request)
    app.before_request(_limit_form)
    app.before_request(_refuse_nul)
    app.before_request(_key_forms)
    surfaces.install(app)
    protocol.install(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _follow_ring(app: Flask) -> None:
    """Sign cookies with the newest secret and read those of the others."""
    first, *others = crypto.cookie_secrets(app.extensions["settings"])
    app.config.update(SECRET_KEY=first, SECRET_KEY_FALLBACKS=others)


def _key_forms() -> None:
    """Give forms a key that no rotation changes: a page may lie open while secrets come and go."""
    if "WTF_CSRF_SECRET_KEY" not in current_app.config and not request.path.startswith(API):
        current_app.config["WTF_CSRF_SECRET_KEY"] = crypto.keyed_digest("csrf", "")


def _name_request() -> None:
    logs.request_id.set(entropy.new_id())


def _limit_form() -> None:
    """Take no large form: the framework's own limit is for multipart, and eight megabytes of `a&` cost seconds."""
    if request.mimetype == "application/x-www-form-urlencoded":
        request.max_content_length = FORM_MAX_BYTES


def _refuse_nul() -> None:
    """Refuse NUL wherever a text may end up in a column: PostgreSQL keeps none, and nobody means one."""
    query = request.query_string
    if "\x00" in request.path or b"\x00" in query or b"%00" in query or any("\x00" in it for it in _form_values()):
        raise Refusal("A parameter holds a NUL character.")


def _form_values() -> Iterable[str]:
    return () if request.method in ("GET", "HEAD") else request.form.values()
