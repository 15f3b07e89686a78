"""Closing one's health space: what it means, the password, and whether to erase; and opening it again at sign-in."""

from __future__ import annotations

from typing import Any

import flask
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz import clock, guard, ratelimit
from authz.errors import Refusal
from authz.identity import accounts, closures, delegation, way_back
from authz.interaction import flow
from authz.pairing import closing
from consent_ui import sentences
from consent_ui.errors import Message
from consent_ui.guards import confirmed, csrf_protected
from consent_ui.pages import shell
from consent_ui.people import Visit

bp = Blueprint("closing", __name__, url_prefix="/home/close")
REOPENING = "closing.ask"


@bp.get("")
@confirmed
def show(visit: Visit) -> str:
    """Say what closing means, and ask for the password."""
    return _page(visit)


@bp.post("")
@csrf_protected
@confirmed
def close(visit: Visit) -> Response | tuple[str, int]:
    """Close the space of who is signed in, from their own space alone."""
    password, erase = request.form.get("password", "")[:1000], request.form.get("after") == "erase"
    if not _is_own(visit):
        return redirect(url_for("closing.show"), 303)
    try:
        closing.close_own(visit.account_id, password, erase=erase)
    except (accounts.LoginRefused, ratelimit.TooMany, closing.SoleRepresentative, delegation.NotAllowed) as refusal:
        return _page(visit, refusal), refusal.status
    _leave()
    return redirect(url_for("closing.done"), 303)


@bp.get("/done")
@guard.mark("public")
def done() -> str:
    """Say that it is done, and how to come back."""
    told = [
        gettext("We have written to you at your addresses."),
        gettext("You have changed your mind? Sign in: we will offer to open it again."),
    ]
    page = Message(
        gettext("Your health space is closed"),
        gettext("Your services no longer reach it, and nobody can open it any more."),
        plan_title=gettext("What happens now"),
        plan=told,
        ways=[(gettext("Sign in"), url_for("login.start"))],
    )
    return render_template("message.html", page=page, app=None, errors=None)


@bp.get("/reopen")
@guard.mark("session")
def ask() -> Response | str:
    """Offer its holder, who has just shown both factors, to open a closed space again."""
    closure = _closure()
    if closure is None:
        return redirect(url_for("login.start"), 303)
    return render_template("flow/reopen.html", closure=closure, next=_next(), app=None, steps=0, errors=None)


@bp.post("/reopen")
@csrf_protected
def reopen() -> Response:
    """Open the space again; from here on the browser is signed in."""
    account_id = way_back.find_closed()
    if account_id is None:
        return redirect(url_for("login.start"), 303)
    try:
        closing.reopen(account_id)
    except (closures.BeingErased, closures.NotClosed):  # meanwhile
        return redirect(url_for("login.start"), 303)
    flash(gettext("Your health space is open again. Link the services that you want again."))
    return redirect(_next(), 303)


def _leave() -> None:
    """Forget everything of this browser but the language that it speaks."""
    lang = flask.session.get("lang")
    flask.session.clear()
    if lang:
        flask.session["lang"] = lang


def _closure() -> Any | None:
    account_id = way_back.find_closed()
    row = closures.find(account_id) if account_id else None
    return row if row is not None and row.erasing_at is None else None


def _next() -> str:
    return flow.own_path(request.args.get("next", "/"))


def _is_own(visit: Visit) -> bool:
    """Whether it is one's own space that is open; who has none closes an account with which they look after others."""
    return visit.profile.is_self or not any(one.is_self for one in visit.profiles)


def _page(visit: Visit, refusal: Refusal | None = None) -> str:
    now = clock.now()
    return shell.page(
        "home/close.html",
        visit,
        "profile",
        errors=_errors(refusal) if refusal else None,
        is_own=_is_own(visit),
        own=next((one for one in visit.profiles if one.is_self), None),
        alone=", ".join(closing.list_alone(visit.account_id)),
        archived_until=closures.due(now, erase=False),
        erased_from=closures.due(now, erase=True),
    )


def _errors(refusal: Refusal) -> sentences.Errors:
    title = gettext("Your health space was not closed")
    if isinstance(refusal, accounts.LoginRefused):
        text = gettext("This is not your password.")
        return sentences.Errors(title, (("password", text),), text)
    return sentences.summary(title, refusal, "password")
