"""A native payload pushed by an app, through its connector, into the record: `POST /connectors/<name>`.

The connector reads and computes, outside any transaction; each thing it yields is then kept under its own consent, all
in one. What is refused is named with its reason, the rest is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Blueprint, Response, request

from authz import clock, settings
from authz.clients import registry as clients
from authz.errors import Refusal
from authz.guard import mark
from authz.identity import profiles
from authz.protocol import bearer
from authz.protocol.bearer import Access
from connectors import registry
from connectors.contract import Connector, Yield, YieldedDocument, YieldedMeasure
from connectors.records import bounds, http, identities, receipts, writing
from connectors.records.contract import NewDocument, NewMeasure, Put
from connectors.records.fhir_mapping.rendering import VITAL_SIGNS, elements
from connectors.records.outcomes import ConsentNotGiven, NotFound, Unreadable

BASE = "/connectors"
LANGUAGES = ("fr", "en")
bp = Blueprint("intake", __name__)


class ZoneUnknown(Unreadable):
    """The zone of the payload's clock is not one that exists."""

    code = "unknown_zone"
    description = "zone must be the name of a time zone, such as Europe/Paris."


class ValueRefused(Refusal):
    """A value the connector worked out cannot be a living person's."""

    code = "value_refused"
    status = 422


@bp.post(f"{BASE}/<name>")
@mark("bearer")
def accept(name: str) -> Response:
    """Take one payload; the zone and language of its reader come with the address."""
    access = bearer.require()
    connector = registry.find(name)
    if connector is None:
        raise NotFound("There is no connector of this name.")
    writing.check_some_consent(access, connector.card.scopes, connector=name)
    raw = http.read_body(settings.current().request_max_bytes)
    status, text = take(access, connector, raw, request.headers.get("Idempotency-Key"))
    return Response(text, status, {"Cache-Control": "no-store"}, mimetype=http.JSON)


def take(access: Access, connector: Connector, raw: bytes, key: str | None) -> tuple[int, str]:
    """Read a payload and keep what it yields; a repeat of the same key gets the first answer."""
    origin = writing.origin_of(access)
    said = request.full_path.encode() + b"\n" + raw
    done = receipts.find(origin, key, said)
    if done and done.answer:
        return done.status, done.answer
    # No name of the patient on the report: the app may read back what it deposits.
    given = connector.accept(
        raw,
        content_type=request.mimetype,
        zone=_zone(),
        lang=_lang(),
        now=clock.now(),
        source=clients.get(access.client_id).name,
        age=profiles.age(access.profile_id),
    )
    receipt = receipts.claim(origin, key, said)
    if receipt and receipt.answer:
        return receipt.status, receipt.answer
    answer = _keep(access, connector, given)
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"), default=str)
    if not any(item.get("code") == ConsentNotGiven.code for item in answer["items"]):
        # Otherwise the same key works again once the patient allows more: what was kept is found, not added twice.
        receipts.settle(receipt, status=200, answer=text)
    return 200, text


def _keep(access: Access, connector: Connector, given: Yield) -> dict[str, Any]:
    name = connector.name
    items = [_kept(_shown_measure(item), partial(_keep_measure, access, name, item)) for item in given.measures]
    items += [_kept(_shown_document(item), partial(_keep_document, access, name, item)) for item in given.documents]
    if items and all(item.get("code") == ConsentNotGiven.code for item in items):
        raise ConsentNotGiven()
    writing.note_received(access)
    return {
        "connector": name,
        "readings": given.readings,
        "items": items,
        "summary": dict(given.summary),
        "rejected": [{"line": row.line, "reason": row.reason} for row in given.rejected],
    }


def _kept(shown: dict[str, Any], keep: Callable[[], Put]) -> dict[str, Any]:
    resource = "Observation" if shown["kind"] == "measure" else "DocumentReference"
    try:
        put = keep()
    except Refusal as refusal:
        return shown | {"status": "refused", "code": refusal.code, "reason": refusal.description}
    row_id = identities.shown(put.id)
    where = f"{settings.current().issuer}/fhir/{resource}/{row_id}"
    return shown | {"status": "created" if put.created else "existing", "id": row_id, "location": where}


def _keep_measure(access: Access, connector: str, item: YieldedMeasure) -> Put:
    writing.check_measure_consent(access, item.code, {"category": [VITAL_SIGNS]})
    if text := bounds.complaint(item.code, item.value):
        raise ValueRefused(text)
    offset = item.effective_at.utcoffset() or timedelta()
    new = NewMeasure(
        item.code,
        item.effective_at,
        item.effective_at.isoformat(timespec="seconds"),
        item.value,
        offset_minutes=int(offset.total_seconds() // 60),
        days=item.days,
        days_code=item.days_code,
        identifier=f"{connector}|{item.identity}",
    )
    return writing.keep_measure(access, replace(new, resource=elements(new)))


def _keep_document(access: Access, connector: str, item: YieldedDocument) -> Put:
    writing.check_document_consent(access, item.category)
    new = NewDocument(
        item.title,
        item.category,
        item.mime,
        item.content,
        item.effective_at,
        identifier=f"{connector}|{item.identity}",
        details=item.details,
    )
    return writing.keep_document(access, new, is_made_here=True)


def _shown_measure(item: YieldedMeasure) -> dict[str, Any]:
    shown = {"value": item.value, "unit": item.unit, "days": item.days, "sufficient": item.sufficient}
    return {"kind": "measure", "measure": item.code, "effective": item.effective_at.isoformat()} | shown


def _shown_document(item: YieldedDocument) -> dict[str, Any]:
    shown = {"mime": item.mime, "size": len(item.content), "effective": item.effective_at.isoformat()}
    return {"kind": "document", "title": item.title, "category": item.category} | shown


def _zone() -> ZoneInfo:
    try:
        asked = request.args.get("zone") or request.headers.get("X-Time-Zone")
        return ZoneInfo(asked) if asked else settings.current().zone
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ZoneUnknown() from None


def _lang() -> str:
    asked = request.args.get("lang", "")
    return asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES, default="fr") or "fr"
