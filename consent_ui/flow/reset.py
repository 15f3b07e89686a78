"""A forgotten password: a code, a second proof of another kind, a new password, and a wait that can be ended."""

from __future__ import annotations

from typing import Any

import flask
from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz import guard, ratelimit
from authz.errors import Refusal
from authz.identity import otp, passkeys, passwords, recoveries
from authz.notifications import texting
from consent_ui import sentences, ways, words
from consent_ui.flow import passkey
from consent_ui.guards import csrf_protected

KEPT = "recovery"
bp = Blueprint("reset", __name__, url_prefix="/recover/password")
CODES = (otp.WrongCode, otp.CodeExpired, otp.CodeReplayed, otp.TooManyTries, ratelimit.TooMany, texting.NoText)


@bp.get("")
@guard.mark("public")
def start() -> str:
    """Ask whose password, and where the first code goes."""
    return _start()


@bp.post("")
@csrf_protected
def send() -> Response | tuple[str, int]:
    """Begin; the next page is the same for everybody."""
    try:
        asked, channel = request.form.get("identifier", "")[:200], request.form.get("channel", "")
        flask.session[KEPT] = recoveries.ask_password(asked, channel)
    except ratelimit.TooMany as refusal:
        return _start(refusal), refusal.status
    return redirect(url_for("reset.code"), 303)


@bp.get("/code")
@guard.mark("public")
def code() -> str:
    """Ask for the first code."""
    return render_template("flow/reset_code.html", errors=None)


@bp.post("/code")
@csrf_protected
def check_code() -> Response | tuple[str, int]:
    """Take the first code."""
    try:
        recoveries.check_code(_kept(), request.form.get("code", "")[:100])
    except otp.WrongCode as refusal:
        errors = sentences.summary(gettext("This code did not work"), refusal, "code")
        return render_template("flow/reset_code.html", errors=errors), refusal.status
    return redirect(url_for("reset.second"), 303)


@bp.get("/second")
@guard.mark("session")
def second() -> str:
    """Offer what may be the second proof, or ask for its code."""
    row = recoveries.get(_kept())
    return _second(row, request.args.get("method", ""))


@bp.post("/second")
@csrf_protected
def check_second() -> Response | tuple[str, int]:
    """Send a code for the second proof, or take it."""
    row, kind = recoveries.get(_kept()), request.form.get("method", "")
    try:
        if "code" in request.form:
            recoveries.check_second(row, kind, request.form["code"][:100])
            return redirect(url_for("reset.choose"), 303)
        if kind != row.channel and ways.is_sending(row.account_id, kind, recoveries.PURPOSE):
            otp.send(row.account_id, kind, recoveries.PURPOSE, lang=words.language())
    except (*CODES, otp.TooSoon) as refusal:
        return _second(row, kind, refusal), refusal.status
    return redirect(url_for("reset.second", method=kind), 303)


@bp.post("/passkey")
@csrf_protected
def by_passkey() -> Response | tuple[str, int]:
    """Take a passkey as the second proof."""
    row = recoveries.get(_kept())
    try:
        passkeys.check(request.form.get("answer", ""), row.account_id)
    except passkey.REFUSALS as refusal:
        return _second(row, "", refusal), refusal.status
    recoveries.prove(row, "passkey")
    return redirect(url_for("reset.choose"), 303)


@bp.get("/new")
@guard.mark("session")
def choose() -> str:
    """Ask for the new password."""
    recoveries.get(_kept())
    return render_template("flow/reset_new.html", errors=None)


@bp.post("/new")
@csrf_protected
def keep() -> str | tuple[str, int]:
    """Keep the new password until its time has come."""
    try:
        due_at = recoveries.choose(recoveries.get(_kept()), request.form.get("new", "")[:1000])
    except passwords.PasswordRefused as refusal:
        errors = sentences.about_password(gettext("This password is not taken"), refusal)
        return render_template("flow/reset_new.html", errors=errors), refusal.status
    flask.session.pop(KEPT, None)
    return render_template("flow/reset_done.html", due_at=due_at, errors=None)


def _kept() -> str:
    return str(flask.session.get(KEPT, ""))


def _start(refusal: Refusal | None = None) -> str:
    errors = sentences.summary(gettext("Nothing was sent"), refusal, "identifier") if refusal else None
    return render_template("flow/reset_start.html", identifier=request.form.get("identifier", "")[:200], errors=errors)


def _second(row: Any, kind: str, refusal: Refusal | None = None) -> str:
    around = {"app": None, "steps": 0, "errors": None, "leave_url": url_for("login.start")}
    around |= {"passkey_url": url_for("reset.by_passkey")}
    chosen = ways.find(row.account_id, kind if kind != row.channel else None)
    if chosen and (chosen.kind not in otp.SENT or otp.find_sent(row.account_id, chosen.kind, recoveries.PURPOSE)):
        asked = ways.asked(row.account_id, chosen, purpose=recoveries.PURPOSE, refusal=refusal)
        others = [way for way in asked["others"] if way.kind != row.channel]
        return render_template("flow/code.html", **around | asked | {"others": others})
    offered = ways.offered(row.account_id)
    offered["methods"] = [way for way in offered["methods"] if way.kind != row.channel]
    errors = sentences.summary(gettext("This did not work"), refusal, "passkey") if refusal else None
    if not offered["methods"] and not offered["passkey_options"]:
        return render_template("flow/recover_factor.html", errors=None)
    return render_template("flow/second_factor.html", **around | offered | {"errors": errors, "is_reset": True})
