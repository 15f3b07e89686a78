"""Documents: the list, the page of one, its download; a glucose report opens as a page drawn from its figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort
from flask_babel import gettext

from authz import settings
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
    is_of_space: bool


@bp.get("")
@signed_in
@acting(delegation.SEE)
def show(visit: Visit) -> str:
    """List the documents, newest first."""
    known: dict[str, Any] = {}
    cards = [_card(one, known) for one in records.documents(visit.profile_id) if _may_see(one, visit)]
    newest_first = sorted(cards, key=lambda card: card.at, reverse=True)
    return shell.page("home/documents.html", visit, "documents", documents=newest_first)


@bp.get("/<document_id>")
@signed_in
@acting(delegation.SEE)
def page(visit: Visit, document_id: str) -> str:
    """Show one document, and the report in it when it is one."""
    document = _get(visit, document_id)
    report = glucose.report(document.details)
    return shell.page("home/document.html", visit, "documents", document=_card(document, {}), report=report)


@bp.get("/<document_id>/file")
@signed_in
@acting(delegation.SEE)
def download(visit: Visit, document_id: str) -> Response:
    """Send the file itself, to be kept and not opened here: it was written by somebody else."""
    document = _get(visit, document_id)
    content = records.download(visit.profile_id, document_id, by=visit.account_id) or abort(404)
    answer = Response(content, content_type=document.mime)
    name = f"document-{document.effective_at:%Y-%m-%d}.{ENDINGS.get(document.mime, 'bin')}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _get(visit: Visit, document_id: str) -> Document:
    document = records.document(visit.profile_id, document_id)
    return document if document and _may_see(document, visit) else abort(404)


def _may_see(document: Document, visit: Visit) -> bool:
    """Tell whether a reader may see a document: a proof of who acts is for who may know it, and for whom it names."""
    return not document.is_of_space or visit.knows_people or document.details.get("account_id") == visit.account_id


def _depositor(document: Document, known: dict[str, Any]) -> str:
    if document.is_of_space:
        return settings.current().brand_name
    if document.client_id not in known:
        known[document.client_id] = apps.of_client(document.client_id)
    return str(known[document.client_id].name)


def _card(document: Document, known: dict[str, Any]) -> Card:
    categories = {"SYNTHESE": gettext("My health in summary"), "DOC_ADM": gettext("Administrative documents")}
    return Card(
        id=document.id,
        title=document.title,
        at=document.created_at,
        app=_depositor(document, known),
        kind=ENDINGS.get(document.mime, "?").upper(),
        bytes=document.size,
        category=categories.get(document.category, document.category),
        hidden=document.is_hidden_from_professionals,
        is_of_space=document.is_of_space,
    )
