"""Documents: the list, the page of one, its download; a glucose report opens as a page drawn from its figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort
from flask_babel import gettext

from authz.identity import delegation
from connectors import records
from connectors.records import Document
from consent_ui import apps
from consent_ui.guards import acting, signed_in
from consent_ui.pages import glucose, shell
from consent_ui.people import Visit

bp = Blueprint("documents", __name__, url_prefix="/home/documents")
ENDINGS = {
    "application/pdf": "pdf",
    "text/plain": "txt",
    "application/rtf": "rtf",
    "text/rtf": "rtf",
    "image/jpeg": "jpg",
    "image/tiff": "tif",
}


@dataclass(frozen=True)
class Card:
    """A document in words."""

    id: str
    title: str
    at: datetime
    app: str
    kind: str
    bytes: int
    category: str
    hidden: bool


@bp.get("")
@signed_in
@acting(delegation.SEE)
def show(visit: Visit) -> str:
    """List the documents, newest first."""
    known: dict[str, Any] = {}
    cards = [_card(document, known) for document in records.documents(visit.profile_id)]
    newest_first = sorted(cards, key=lambda card: card.at, reverse=True)
    return shell.page("home/documents.html", visit, "documents", documents=newest_first)


@bp.get("/<document_id>")
@signed_in
@acting(delegation.SEE)
def page(visit: Visit, document_id: str) -> str:
    """Show one document, and the report in it when it is one."""
    document = records.document(visit.profile_id, document_id) or abort(404)
    report = glucose.report(document.details)
    return shell.page("home/document.html", visit, "documents", document=_card(document, {}), report=report)


@bp.get("/<document_id>/file")
@signed_in
@acting(delegation.SEE)
def download(visit: Visit, document_id: str) -> Response:
    """Send the file itself, to be kept and not opened here: it was written by somebody else."""
    document = records.document(visit.profile_id, document_id) or abort(404)
    content = records.download(visit.profile_id, document_id, by=visit.account_id) or abort(404)
    answer = Response(content, content_type=document.mime)
    name = f"document-{document.effective_at:%Y-%m-%d}.{ENDINGS.get(document.mime, 'bin')}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _card(document: Document, known: dict[str, Any]) -> Card:
    app = known.setdefault(document.client_id, apps.of_client(document.client_id))
    return Card(
        id=document.id,
        title=document.title,
        at=document.created_at,
        app=app.name,
        kind=ENDINGS.get(document.mime, "?").upper(),
        bytes=document.size,
        category=gettext("My health in summary") if document.category == "SYNTHESE" else document.category,
        hidden=document.is_hidden_from_professionals,
    )
