"""The page a patient sees when the answer is no, or when we failed: what happened, what to do, a way on."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import Response, make_response, render_template, url_for
from flask_babel import gettext

from authz import logs
from authz.errors import Refusal
from authz.surfaces import HttpRefusal
from consent_ui import apps, guards, layout, sentences
from consent_ui.sentences import N_

HTTP: dict[int, tuple[str, str]] = {
    400: (N_("This request is not right"), N_("Something in it is missing or damaged. Nothing was done.")),
    403: (N_("This is not open to you"), N_("You are not allowed to see or do this. Nothing was done.")),
    404: (N_("This page does not exist"), N_("The address may have been mistyped, or the page is no longer there.")),
    405: (N_("This page is not used that way"), N_("Go back and use the buttons of the page.")),
    413: (N_("That is too large"), N_("What was sent is larger than we accept. Nothing was done.")),
    429: (N_("Too many requests"), N_("Wait a minute, then try again. Nothing was done.")),
    500: (
        N_("We have failed"),
        N_("The fault is ours and nothing was changed. Try again in a few minutes."),
    ),
}
GONE = ("InteractionExpired", "UnknownInteraction")


@dataclass(frozen=True)
class Message:
    """One message page."""

    title: str
    text: str
    detail: str = ""
    look: str = "ended"
    plan_title: str = ""
    plan: list[str] = field(default_factory=list)
    ways: list[tuple[str, str]] = field(default_factory=list)
    reference: str = ""


def render(refusal: Refusal) -> Response:
    """Tell a refusal as a page; a patient never meets a bare line of text."""
    client_id = refusal.params.get("client_id")
    app = apps.of_client(str(client_id)) if client_id else None
    answer = make_response(render_template("message.html", page=_message(refusal, app), app=app, errors=None))
    answer.status_code = refusal.status
    return answer


def _message(refusal: Refusal, app: apps.App | None) -> Message:
    title, text, detail = _words(refusal)
    name = type(refusal).__name__
    ways = [(gettext("Open my health space"), url_for("start.show"))]
    if name in GONE and app is None:
        ways = [(gettext("Sign in"), url_for("login.start"))]
    if _is_stale(refusal):
        ways.insert(0, (gettext("Back to the page"), guards.page_before()))
    return Message(
        title,
        text,
        detail=detail,
        look="done" if name == "AlreadyReturned" else "ended",
        plan_title=gettext("To start again"),
        plan=_plan(app) if name in GONE and app else [],
        ways=ways,
        reference=_reference() if refusal.status >= 500 or detail else "",
    )


def _words(refusal: Refusal) -> tuple[str, str, str]:
    """Title, text, and for a request that an app got wrong the technical reason, which its makers need."""
    if _is_stale(refusal):
        return gettext("This page was open for too long"), gettext("Nothing was done. Go back to it and try again."), ""
    if type(refusal).__name__ in sentences.REFUSALS:
        return *sentences.said(refusal), ""
    if isinstance(refusal, HttpRefusal) or refusal.status >= 500:
        title, text = HTTP.get(refusal.status, HTTP[500 if refusal.status >= 500 else 400])
        return gettext(title), gettext(text), ""
    return (
        gettext("The app’s request is not right"),
        gettext("It is not your doing, and nothing was shared. Tell the makers of the app what is written below."),
        refusal.description,
    )


def _is_stale(refusal: Refusal) -> bool:
    return isinstance(refusal, HttpRefusal) and refusal.reason == "CSRFError"


def _plan(app: apps.App) -> list[str]:
    return [
        gettext("Go back to %(app)s.", app=app.name),
        gettext("In its settings, look for “Connected apps”."),
        gettext("Choose %(space)s.", space=layout.brand().name),
    ]


def _reference() -> str:
    """The end of the request's id: enough to find its lines in the log."""
    tail = (logs.request_id.get() or "").upper()[-8:]
    return f"{tail[:4]}-{tail[4:]}"
