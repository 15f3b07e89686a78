"""What the sample partner shows: its home, its connected apps, and the log a developer reads."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from connectors.kit import doors
from connectors.sample_app import desk, texts

bp = Blueprint("pages", __name__)


@bp.get("/")
def home() -> str:
    """Show imports and what was sent."""
    ledger = desk.ledger()
    return render_template(
        "home.html",
        imports=ledger.list_imports(),
        deliveries=ledger.list_deliveries(),
        held=desk.held(),
        # The form carries its instant, so that sending it twice is one measure.
        now=doors.now().isoformat(timespec="seconds"),
    )


@bp.get("/connected-apps")
def connected() -> str:
    """Show the link with the health space."""
    return render_template("connected.html", held=desk.held())


@bp.get("/log")
def log() -> str:
    """Show every exchange with the health space."""
    return render_template("log.html", exchanges=desk.ledger().list_exchanges())


@bp.post("/log/clear")
def clear_log() -> Response:
    """Empty the log."""
    desk.ledger().clear_exchanges()
    return redirect(url_for("pages.log"), 303)


@bp.post("/language")
def language() -> Response:
    """Change the language and come back to the page it was changed on."""
    wanted = request.form.get("language", "")
    if wanted in texts.LANGUAGES:
        session["language"] = wanted
    page = request.form.get("page", "")
    shown = {"home": "pages.home", "connected": "pages.connected", "log": "pages.log"}
    return redirect(url_for(shown.get(page, "pages.home")), 303)
