"""Ending a link: asked once, with what becomes of the data; and taking the end back within seven days."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz import clock
from authz.identity import delegation
from authz.pairing import pairings
from authz.pairing.pairings import Afterwards
from consent_ui import links, words
from consent_ui.guards import acting, csrf_protected, signed_in
from consent_ui.pages import shell
from consent_ui.people import Visit

bp = Blueprint("ending", __name__, url_prefix="/home/services/<pairing_id>")
AFTERWARDS: dict[str, Afterwards] = {"keep": "keep", "hide": "hide", "delete": "delete"}


@bp.get("/end")
@signed_in
@acting(delegation.LINK)
def confirm(visit: Visit, pairing_id: str) -> str | Response:
    """Ask what becomes of the data; a link that is over has nothing more to ask."""
    pairing = pairings.get(visit.profile_id, pairing_id)
    if pairing.state == "ended":
        return redirect(url_for("services.show"), 303)
    undo_until = clock.now() + pairings.UNDO
    return shell.page(
        "home/end.html",
        visit,
        "services",
        pairing=links.link(pairing),
        undo_until=undo_until,
        choices=_choices(words.day(undo_until), links.link(pairing).app.name),
    )


@bp.post("/end")
@csrf_protected
@signed_in
@acting(delegation.LINK)
def end(visit: Visit, pairing_id: str) -> Response:
    """End the link as chosen; posted twice, it ends once."""
    pairing = pairings.get(visit.profile_id, pairing_id)
    afterwards = AFTERWARDS.get(request.form.get("after", ""), "keep")
    pairings.end(pairing, by=visit.account_id, afterwards=afterwards)
    flash(gettext("The link with %(app)s is stopped.", app=links.link(pairing).app.name))
    return redirect(url_for("services.show"), 303)


@bp.post("/undo")
@csrf_protected
@signed_in
@acting(delegation.LINK)
def undo(visit: Visit, pairing_id: str) -> Response:
    """Restore a link that was just ended."""
    pairing = pairings.get(visit.profile_id, pairing_id)
    pairings.undo_end(pairing, by=visit.account_id)
    flash(gettext("The link with %(app)s is restored.", app=links.link(pairing).app.name))
    return redirect(url_for("service.show", pairing_id=pairing.id), 303)


def _choices(day: str, app: str) -> list[tuple[str, str, str, str]]:
    """Value, icon, title and explanation of each choice, the gentlest first."""
    return [
        ("keep", "doc", gettext("Keep everything"), gettext("Nothing changes in your health space.")),
        (
            "hide",
            "hide",
            gettext("Keep everything, but hide it"),
            gettext("Neither you nor professionals see it any more. You can undo this until %(day)s.", day=day),
        ),
        (
            "delete",
            "trash",
            gettext("Delete everything"),
            gettext("Everything is erased on %(day)s. %(app)s keeps its own copies.", day=day, app=app),
        ),
    ]
