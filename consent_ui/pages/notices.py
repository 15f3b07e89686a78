"""Notices: what we have told the patient, read once they have been shown."""

from __future__ import annotations

from flask import Blueprint

from authz.notifications import outbox
from consent_ui import words
from consent_ui.guards import signed_in
from consent_ui.pages import shell
from consent_ui.people import Visit

bp = Blueprint("notices", __name__)


@bp.get("/home/notices")
@signed_in
def show(visit: Visit) -> str:
    """Show the notices; those that were new count as read from now on."""
    notices = outbox.list_bell(visit.account_id, lang=words.language())
    fresh = [notice.id for notice in notices if not notice.is_read]
    page = shell.page("home/notices.html", visit, "", notices=notices)
    if fresh:
        outbox.mark_read(visit.account_id, *fresh)
    return page
