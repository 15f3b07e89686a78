"""Connecting and disconnecting: the browser's way to the health space and back."""

from __future__ import annotations

from flask import Blueprint, redirect, request, session, url_for
from werkzeug.wrappers import Response

from connectors import kit
from connectors.kit import masking
from connectors.sample_app import desk, sending, texts

bp = Blueprint("linking", __name__)


@bp.post("/connect")
def connect() -> Response:
    """Send the browser to the health space."""
    config = desk.config()
    try:
        url, pending = kit.begin(
            desk.partner(), desk.KEY, account=desk.USER, scopes=config.scopes, language=texts.language()
        )
    except kit.KitError:
        return _back("unreachable")
    session["away"] = desk.ledger().send_away(pending.dump())
    return redirect(url, 303)


@bp.get("/callback")
def callback() -> Response:
    """Take the browser back, and the code it brings."""
    kept = desk.ledger().take_back(session.pop("away", ""))
    if kept is None:
        return _back("not_awaited")
    try:
        kit.finish(desk.partner(), request.url, kit.Pending.parse(kept))
    except kit.KitError as trouble:
        _log(trouble)
        return _back(_why(trouble))
    desk.tell("linked")
    return redirect(url_for("pages.connected"), 303)


@bp.post("/check")
def check() -> Response:
    """Ask the health space whether a link that was over works again: its patient can take an end back."""
    try:
        kit.current(desk.partner(), desk.KEY, anew=True)
    except kit.KitError as trouble:
        return _back(sending.sentence(trouble))
    desk.tell("restored")
    return redirect(url_for("pages.connected"), 303)


@bp.post("/disconnect")
def disconnect() -> Response:
    """End the link from this side."""
    was_told = kit.disconnect(desk.partner(), desk.KEY)
    desk.tell("unlinked" if was_told else "unlinked_here_only", is_bad=not was_told)
    return redirect(url_for("pages.connected"), 303)


def _back(key: str) -> Response:
    desk.tell(key, is_bad=True, is_logged=key != "not_awaited")
    return redirect(url_for("pages.connected"), 303)


def _why(trouble: kit.KitError) -> str:
    if isinstance(trouble, kit.AuthorizationRefused) and trouble.code == "access_denied":
        return "user_refused"
    return "untrusted" if isinstance(trouble, kit.Untrusted) else "space_refused"


def _log(trouble: kit.KitError) -> None:
    """Keep what came back by the browser, too: a developer finds it among the other exchanges."""
    desk.ledger().observe(kit.Exchange("GET", masking.url(request.url), {}, "", None, {}, "", 0, str(trouble)))
