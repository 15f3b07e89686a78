"""Connecting and disconnecting: the browser's way to the health space and back."""

from __future__ import annotations

from flask import Blueprint, redirect, request, session, url_for
from werkzeug.wrappers import Response

from connectors import kit
from connectors.sample_app import desk, texts

bp = Blueprint("linking", __name__)


@bp.post("/connect")
def connect() -> Response:
    """Send the browser to the health space."""
    config = desk.config()
    try:
        url, pending = kit.begin(
            desk.partner(), desk.KEY, account=desk.USER, scopes=config.scopes, language=texts.language()
        )
    except kit.KitError as trouble:
        return _back("unreachable", str(trouble))
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
    except kit.AuthorizationRefused as refusal:
        return _back("user_refused" if refusal.code == "access_denied" else "space_refused", refusal.text)
    except kit.Untrusted as trouble:
        return _back("untrusted", str(trouble))
    except kit.KitError as trouble:
        return _back("space_refused", str(trouble))
    desk.tell("linked")
    return redirect(url_for("pages.connected"), 303)


@bp.post("/disconnect")
def disconnect() -> Response:
    """End the link from this side."""
    was_told = kit.disconnect(desk.partner(), desk.KEY)
    desk.tell("unlinked" if was_told else "unlinked_here_only", is_bad=not was_told)
    return redirect(url_for("pages.connected"), 303)


def _back(key: str, text: str = "") -> Response:
    desk.tell(key, text, is_bad=True)
    return redirect(url_for("pages.connected"), 303)
