"""My data to take away: asked for with a recent second factor, told to everybody whom it concerns, sent as one file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

import flask
from flask import Blueprint, Response, redirect, stream_with_context, url_for
from werkzeug.wrappers import Response as AnyResponse

from authz import clock, ratelimit
from authz.identity import delegation, profiles
from authz.notifications import outbox
from connectors import paper, records
from connectors.records import Document
from consent_ui import sentences, words
from consent_ui.export import archive, sections, summary
from consent_ui.export.sections import Subject
from consent_ui.guards import acting, confirmed, csrf_protected
from consent_ui.pages import shell
from consent_ui.pages.documents import ENDINGS
from consent_ui.people import Visit

bp = Blueprint("export", __name__, url_prefix="/home/export")
LIMIT, PER = 5, timedelta(days=1)
OPEN_FOR = 600  # seconds in which what was asked for can be fetched, again too if the connection breaks


@bp.get("")
@confirmed
@acting(delegation.SEE)
def show(visit: Visit) -> str:
    """Say what is in it; who only cares for somebody is told that it is not for them."""
    return shell.page(
        "home/export.html",
        visit,
        "profile",
        may=delegation.EXPORT in visit.profile.acts,
        is_ready=_is_ready(visit),
        errors=None,
    )


@bp.post("")
@csrf_protected
@confirmed
@acting(delegation.EXPORT)
def ask(visit: Visit) -> AnyResponse | tuple[str, int]:
    """Write down and tell that the data leave, and let this browser fetch them."""
    try:
        ratelimit.spend("export", f"{visit.account_id} {visit.profile_id}", limit=LIMIT, per=PER)
    except ratelimit.TooMany as refusal:
        errors = sentences.summary(sentences.said(refusal)[0], refusal, "download")
        return shell.page("home/export.html", visit, "profile", may=True, is_ready=False, errors=errors), refusal.status
    records.note_export(visit.profile_id, by=visit.account_id)
    for account_id in delegation.list_accounts(visit.profile_id, clock.now(), delegation.EXPORT):
        outbox.alert(account_id, "data_exported", profile=visit.profile.given_name)
    flask.session["export"] = f"{visit.profile_id} {visit.account_id} {clock.epoch() + OPEN_FOR}"
    return redirect(url_for("export.show"), 303)


@bp.get("/file")
@confirmed
@acting(delegation.EXPORT)
def download(visit: Visit) -> AnyResponse:
    """Send the file while it is made, part by part."""
    if not _is_ready(visit):
        return redirect(url_for("export.show"), 303)
    made_at = words.local(clock.now())
    card = profiles.get_for(visit.account_id, visit.profile_id)
    subject = Subject(visit.account_id, card, words.language(), made_at)
    files = [(_name(number, document), document) for number, document in enumerate(records.documents(card.id), 1)]
    pdf = paper.make(summary.summary(subject, files))
    answer = Response(
        stream_with_context(archive.stream(_entries(subject, files, pdf), at=made_at)), content_type="application/zip"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="export-{made_at:%Y-%m-%d}.zip"'
    return answer


def _entries(
    subject: Subject, files: Sequence[tuple[str, Document]], pdf: bytes
) -> Iterator[tuple[str, Iterable[bytes]]]:
    yield f"{'resume' if subject.lang == 'fr' else 'summary'}.pdf", [pdf]
    yield "data.json", archive.as_json(sections.sections(subject, files))
    for name, document in files:
        # Not before its turn: one file at a time is in memory.
        yield name, [records.content(subject.profile.id, document.id) or b""]


def _name(number: int, document: Document) -> str:
    return f"documents/{number:04}-{document.effective_at:%Y-%m-%d}.{ENDINGS.get(document.mime, 'bin')}"


def _is_ready(visit: Visit) -> bool:
    """Whether this browser asked for the data of this space a moment ago; the cookie is signed by us."""
    kept = str(flask.session.get("export", "")).split()
    return len(kept) == 3 and kept[:2] == [visit.profile_id, visit.account_id] and int(kept[2]) > clock.epoch()
