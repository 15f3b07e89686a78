"""What a link is for: measures, documents and exports sent so that no retry can make a second one; measures read.

With `anew` a link that is remembered as over is tried again: for what a person has just pressed a button for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from connectors.kit import doors, refresh, refusals
from connectors.kit.errors import Refused
from connectors.kit.partner import Partner
from connectors.kit.tokens import TokenSet
from connectors.kit.wire import Answer, Call

FHIR_JSON = "application/fhir+json"


def push_measure(partner: Partner, key: str, bundle: Mapping[str, Any], *, anew: bool = False) -> dict[str, Any]:
    """Send one measure in the French dialect; return the transaction response."""
    return _pushed(partner, key, "/measures/fhir", _compact(bundle), anew=anew)


def push_document(partner: Partner, key: str, reference: Mapping[str, Any], *, anew: bool = False) -> dict[str, Any]:
    """Deposit one document; return the DocumentReference as kept."""
    return _pushed(partner, key, "/fhir/DocumentReference", _compact(reference), anew=anew)


def push_export(
    partner: Partner, key: str, export: bytes, *, zone: str, language: str = "fr", anew: bool = False
) -> dict[str, Any]:
    """Send a glucose export as its file; return what became of each thing in it."""
    path = "/connectors/cgm?" + urlencode({"zone": zone, "lang": language})
    # One key a call: its answer names what each consent let through, and a consent may have changed since the last
    # call. Across calls the server knows each thing in a file by what it is.
    return _pushed(partner, key, path, export, content_type="text/csv", once=doors.new_secret(9), anew=anew)


def last_measure(partner: Partner, key: str, code: str, *, anew: bool = False) -> dict[str, Any]:
    """Read the latest measure of a code, whoever sent it; the answer is a searchset."""
    held = refresh.current(partner, key, anew=anew)
    query = {
        "code": code,
        "subject.identifier": f"{held.subject_system}|{held.subject}",
        "_sort": "-date",
        "_count": "1",
    }
    call = Call("GET", f"{partner.issuer}/measures/fhir/Observation?{urlencode(query)}", {"Accept": FHIR_JSON})
    return _sent(partner, key, call).json()


def idempotency_key(path: str, subject: str, body: bytes) -> str:
    """Name a push by what it says: the same thing for the same person is the same push, in any process."""
    return hashlib.sha256(b"\0".join([path.encode(), subject.encode(), body])).hexdigest()


def _pushed(
    partner: Partner,
    key: str,
    path: str,
    body: bytes,
    *,
    content_type: str = FHIR_JSON,
    once: str = "",
    anew: bool = False,
) -> dict[str, Any]:
    held = refresh.current(partner, key, anew=anew)
    headers = {
        "Content-Type": content_type,
        "Accept": f"{FHIR_JSON}, application/json",
        "Idempotency-Key": idempotency_key(path + once, held.subject, body),
    }
    return _sent(partner, key, Call("POST", partner.issuer + path, headers, body)).json()


def _sent(partner: Partner, key: str, call: Call) -> Answer:
    """Send with a fresh token; a token that was cut short is replaced once."""
    held = refresh.current(partner, key)
    answer = partner.wire.send(_bearing(call, held))
    if answer.status == 401:
        held = refresh.current(partner, key, refused=held.access_token)
        answer = partner.wire.send(_bearing(call, held))
    try:
        refusals.check(answer)
    except Refused as refusal:
        refresh.note_over(partner, key, refusal, access_token=held.access_token)
        raise
    return answer


def _bearing(call: Call, held: TokenSet) -> Call:
    return replace(call, headers={**call.headers, "Authorization": f"Bearer {held.access_token}"})


def _compact(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
