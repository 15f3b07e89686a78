"""Opening a prepared space: the facts of the letter, identifier and password, e-mail, telephone; then signed in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz import guard, ratelimit
from authz.errors import Refusal
from authz.identity import activation, activation_end, activation_proof, otp, prepared
from authz.identity.activation import Step
from authz.identity.activation_refusals import (
    ActivationOver,
    AlreadyActivated,
    FactsRefused,
    MinorNotAlone,
    ProvisionalCodeExpired,
    SpaceClosed,
)
from authz.identity.identifiers import IdentifierRefused
from authz.identity.passwords import PasswordRefused
from authz.interaction import flow
from authz.interaction.models import Interaction
from consent_ui import forms, sentences, words
from consent_ui.flow import activation_forms, asking
from consent_ui.guards import csrf_protected, open_interaction

bp = Blueprint("activation", __name__, url_prefix="/activate")
ORDER = tuple(Step)
TOLD = (FactsRefused, AlreadyActivated, SpaceClosed, ProvisionalCodeExpired, MinorNotAlone, ratelimit.TooMany)
CODES = (otp.WrongCode, otp.CodeExpired, otp.TooManyTries, otp.TooSoon, ratelimit.TooMany)


def step(*steps: Step) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let in the browser whose activation is at one of these steps; or lead it to its own: nothing is done twice."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(activation_id: str) -> Any:
            if not forms.is_id(activation_id):
                abort(404)
            row = activation.get(activation_id)
            here = activation.step_of(row)
            if here is Step.DONE:
                return _go_on(row.interaction_id)
            return view(row) if here in steps else redirect(_page_of(row, here), 303)

        return guard.mark("session")(guarded)

    return decorate


@bp.get("")
@guard.mark("public")
def start() -> str:
    """Ask for the facts that are on the letter and the card."""
    return _start(request.args.get("request", ""), {}, None)


@bp.post("")
@csrf_protected
def prove() -> Response | tuple[str, int]:
    """Check the facts: whichever is wrong, the answer is the same."""
    waiting = request.form.get("request", "")
    facts, refused = activation_proof.read(request.form)
    if refused:
        return _start(waiting, request.form, activation_forms.about_facts(refused)), 400
    try:
        interaction = _waiting(waiting)
        activation_id = activation.begin(facts, interaction.id if interaction else None)
    except TOLD as refusal:
        errors = sentences.summary(gettext("The space was not opened"), refusal, "")
        return _start(waiting, request.form, errors), refusal.status
    return redirect(url_for("activation.access", activation_id=activation_id), 303)


@bp.get("/<activation_id>/access")
@step(*ORDER[:-1])
def access(row: Any) -> str:
    """Ask for identifier and password."""
    return _access(row, row.identifier or "")


@bp.post("/<activation_id>/access")
@csrf_protected
@step(*ORDER[:-1])
def choose(row: Any) -> Response | tuple[str, int]:
    """Keep identifier and password."""
    identifier = request.form.get("identifier", "")[:100]
    try:
        activation.choose(row, identifier=identifier, password=request.form.get("new", "")[:1000])
    except (IdentifierRefused, PasswordRefused) as refusal:
        return _access(row, identifier, refusal), refusal.status
    return redirect(_page_of(row, Step.PHONE if row.email_verified_at else Step.EMAIL), 303)


@bp.get("/<activation_id>/email")
@step(*ORDER[1:-1])
def email(row: Any) -> str:
    """Ask for the e-mail address; the one that the operator knows is proposed."""
    known = prepared.reach_of(activation.space_of(row))
    return activation_forms.address(row, "email", activation.address_of(row, "email") or known["email"])


@bp.post("/<activation_id>/email")
@csrf_protected
@step(*ORDER[1:-1])
def set_email(row: Any) -> Response | tuple[str, int]:
    """Send a code there."""
    return _set(row, "email", Step.EMAIL_CODE)


@bp.get("/<activation_id>/email-code")
@step(Step.EMAIL_CODE)
def email_code(row: Any) -> str:
    """Ask for the code of the e-mail."""
    return activation_forms.code(row, "email")


@bp.post("/<activation_id>/email-code")
@csrf_protected
@step(Step.EMAIL_CODE)
def check_email(row: Any) -> Response | tuple[str, int]:
    """Take the code, or send another."""
    try:
        if "again" in request.form:
            activation.send_again(row, lang=words.language())
            return redirect(_page_of(row, Step.EMAIL_CODE), 303)
        activation.check_code(row, request.form.get("code", "")[:100])
    except CODES as refusal:
        return activation_forms.code(row, "email", refusal), refusal.status
    return redirect(_page_of(row, Step.PHONE), 303)


@bp.get("/<activation_id>/phone")
@step(Step.PHONE, Step.PHONE_CODE)
def phone(row: Any) -> str:
    """Ask for the telephone, which may be left out."""
    known = prepared.reach_of(activation.space_of(row))
    return activation_forms.address(row, "sms", activation.address_of(row, "sms") or known["phone"])


@bp.post("/<activation_id>/phone")
@csrf_protected
@step(Step.PHONE, Step.PHONE_CODE)
def set_phone(row: Any) -> Response | tuple[str, int]:
    """Send a code there, or open the space without."""
    return _finish(row, with_phone=False) if "skip" in request.form else _set(row, "sms", Step.PHONE_CODE)


@bp.get("/<activation_id>/phone-code")
@step(Step.PHONE_CODE)
def phone_code(row: Any) -> str:
    """Ask for the code of the SMS."""
    return activation_forms.code(row, "sms")


@bp.post("/<activation_id>/phone-code")
@csrf_protected
@step(Step.PHONE_CODE)
def check_phone(row: Any) -> Response | tuple[str, int]:
    """Take the code and open the space, or send another code."""
    try:
        if "again" in request.form:
            activation.send_again(row, lang=words.language())
            return redirect(_page_of(row, Step.PHONE_CODE), 303)
        activation.check_code(row, request.form.get("code", "")[:100])
    except CODES as refusal:
        return activation_forms.code(row, "sms", refusal), refusal.status
    return _finish(row, with_phone=True)


def _set(row: Any, channel: str, after: Step) -> Response | tuple[str, int]:
    address = request.form.get("address", "")[:250].strip()
    try:
        activation.set_address(row, channel, address, lang=words.language())
    except ActivationOver:
        raise
    except Refusal as refusal:
        if not (isinstance(refusal, otp.TooSoon) and activation.is_waiting_at(row, channel, address)):
            return activation_forms.address(row, channel, address, refusal), refusal.status
    return redirect(_page_of(row, after), 303)


def _finish(row: Any, *, with_phone: bool) -> Response | tuple[str, int]:
    try:
        opened = activation_end.finish(row, lang=words.language(), with_phone=with_phone)
    except IdentifierRefused as refusal:
        return _access(row, row.identifier, refusal), refusal.status
    flash(gettext("Your health space is open. Keep your identifier: you need it each time you sign in."))
    return _go_on(opened.interaction_id, opened.account_id)


def _go_on(interaction_id: str | None, account_id: str = "") -> Response:
    """Go on with the request that was waiting, signed in; without one, or when its time is over, go home."""
    interaction = _waiting(interaction_id or "")
    if not account_id:
        return redirect(flow.next_url(interaction) if interaction else url_for("start.show"), 303)
    interaction = interaction or flow.start_sign_in("/")
    return redirect(flow.authenticate_at_once(interaction, account_id, amr=("pwd", "otp")), 303)


def _waiting(interaction_id: str) -> Interaction | None:
    """The request of this browser that waits for a sign-in, if it still does."""
    try:
        return open_interaction(interaction_id) if forms.is_id(interaction_id) else None
    except Refusal:
        return None


def _start(waiting: str, form: Any, errors: sentences.Errors | None) -> str:
    interaction = _waiting(waiting)
    around = asking.around(interaction) if interaction else {"app": None}
    typed = {name: form.get(name, "")[:60] for name in ("code", "birthdate")}  # the other two are not shown again
    shown = {"typed": typed, "waiting": interaction.id if interaction else "", "errors": errors}
    return render_template("flow/activation_start.html", **around | shown | {"bad": activation_forms.fields(errors)})


def _access(row: Any, identifier: str, refusal: Refusal | None = None) -> str:
    errors = activation_forms.about_access(refusal) if refusal else None
    person = prepared.person_of(activation.space_of(row))
    shown = {"row": row, "identifier": identifier, "person": person, "errors": errors}
    return render_template("flow/activation_access.html", **shown)


def _page_of(row: Any, which: Step) -> str:
    return url_for(f"activation.{which.value.replace('-', '_')}", activation_id=row.id)
