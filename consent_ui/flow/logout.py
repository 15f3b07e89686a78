"""Signing out on an app's wish: the patient is asked, then told that it is done."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz import guard
from authz.identity import sessions
from authz.interaction import leaving
from consent_ui import apps, guards, headers
from consent_ui.errors import Message
from consent_ui.guards import csrf_protected

bp = Blueprint("logout", __name__, url_prefix="/sign-out")
PAGES = {"ask": "logout.ask", "done": "logout.done"}


@bp.get("/ask")
@guard.mark("session")
def ask() -> Response | str:
    """Ask whether to sign out; who is not signed in is told so."""
    visit = guards.find_visit()
    if visit is None:
        return redirect(url_for("logout.done"), 303)
    sealed = request.args.get("wish", "")
    wish = leaving.opened(sealed)
    if wish.address:
        headers.allow_form_target(wish.address)
    app = apps.of_client(wish.client_id) if wish.client_id else None
    return render_template("flow/logout.html", app=app, wish=sealed, errors=None)


@bp.post("/ask")
@csrf_protected
def decide() -> Response:
    """Sign out and go where the app wished, or stay."""
    if request.form.get("decision") != "leave" or sessions.current() is None:
        return redirect(url_for("start.show"), 303)
    return redirect(leaving.finish(leaving.opened(request.form.get("wish", ""))), 303)


@bp.get("/done")
@guard.mark("public")
def done() -> str:
    """Say that this browser is signed out."""
    page = Message(
        gettext("You are signed out"),
        gettext("This browser no longer opens your health space. You can close this page."),
        ways=[(gettext("Sign in"), url_for("login.start"))],
    )
    return render_template("message.html", page=page, app=None, errors=None)
