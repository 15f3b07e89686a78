"""What an export holds, section by section; its shape is described in docs/export.md, and its version is said in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from authz import audit, settings
from authz.catalogue import scopes
from authz.identity import accounts, credentials, family, profiles, recovery_codes, sessions
from authz.identity.claims import BY_SCOPE
from authz.notifications import contacts, outbox
from authz.pairing import consents, pairings
from authz.pairing.models import Consent, Pairing
from connectors import records
from connectors.records import Document, Measure
from consent_ui import apps
from consent_ui.export.archive import Section

FORMAT, VERSION = "appairage-export", 1
PAGE = 200
_SCOPES = ("profile", "email", "phone", "address")


@dataclass(frozen=True)
class Subject:
    """Whose data it is and who asks: an account for its own profile, or for one that it represents."""

    account_id: str
    profile: profiles.ProfileCard
    lang: str
    made_at: datetime


def sections(subject: Subject, files: Sequence[tuple[str, Document]]) -> Iterator[Section]:
    """Yield every section of the export; the account and what is told to it only for its own profile."""
    profile_id = subject.profile.id
    yield "export", _about(subject)
    yield "profile", _person(subject.profile)
    yield "people", [{"kind": one.kind, "relation": one.relation, "name": one.name, "since": one.from_at}
                     for one in family.list_actors(profile_id)]  # fmt: skip
    if subject.profile.is_self:
        yield "account", _account(subject)
        yield "profiles", [_person(card) | {"kind": card.kind, "relation": card.relation}
                           for card in profiles.list_for(subject.account_id)]  # fmt: skip
        yield "sessions", [_session(browser) for browser in sessions.list_of_account(subject.account_id)]
        yield "messages", _messages(subject)
    yield "links", (_link(pairing, subject) for pairing in pairings.list_of_profile(profile_id))
    yield "measures", (_measure(measure) for measure in _measures(profile_id))
    yield "documents", [_document(document) | {"file": name} for name, document in files]
    yield "activity", _activity(subject)


def _about(subject: Subject) -> dict[str, Any]:
    config = settings.current()
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_at": subject.made_at,
        "space": config.brand_name,
        "issuer": config.issuer,
        "asked_as": subject.profile.kind,
    }


def _person(card: profiles.ProfileCard) -> dict[str, Any]:
    return {name: getattr(card, name) for name in ("id", "given_name", "family_name", "birthdate")}


def _account(subject: Subject) -> dict[str, Any]:
    card, reach = accounts.card(subject.account_id), contacts.find(subject.account_id)
    keys = credentials.list_of_account(subject.account_id)
    names = ("id", "identifier", "lang", "created_at", "password_changed_at")
    return {name: getattr(card, name) for name in names} | {
        "claims": accounts.claims(subject.account_id, _SCOPES, [n for some in BY_SCOPE.values() for n in some]),
        "contacts": asdict(reach) if reach else None,
        "code_app": card.has_totp,
        "recovery_codes_left": recovery_codes.count_left(subject.account_id),
        "passkeys": [{name: getattr(key, name) for name in ("name", "created_at", "used_at")} for key in keys],
    }


def _session(browser: sessions.SignedIn) -> dict[str, Any]:
    return {name: getattr(browser, name) for name in ("agent", "created_at", "seen_at", "expires_at", "amr")}


def _messages(subject: Subject) -> Iterator[dict[str, Any]]:
    before = ""
    while page := outbox.list_bell(subject.account_id, lang=subject.lang, before=before, limit=PAGE):
        for one in page:
            yield {"at": one.created_at, "subject": one.subject, "text": one.text, "read": one.is_read}
        before = page[-1].id


def _link(pairing: Pairing, subject: Subject) -> dict[str, Any]:
    app = apps.of_client(pairing.client_id)
    names = ("id", "state", "opened_at", "ends_at", "paused_until", "last_received_at", "ended_at", "end_reason",
             "afterwards", "subject")  # fmt: skip
    return {
        "app": app.name,
        "client_id": pairing.client_id,
        "app_account": pairings.app_account(pairing),
        **{name: getattr(pairing, name) for name in names},
        "allowed": pairing.granted.split(),
        "decisions": [_decision(row, subject) for row in consents.history(pairing)],
    }


def _decision(row: Consent, subject: Subject) -> dict[str, Any]:
    """One decision, with the words that were shown; none where they have changed since: the digest proves them."""
    known = row.scope in scopes.SCOPES and row.text_digest == scopes.text_digest(row.scope, row.lang)
    return {
        "at": row.decided_at,
        "by_you": row.account_id == subject.account_id,
        "scope": row.scope,
        "granted": row.is_granted,
        "limits": row.limits,
        "text": asdict(scopes.text(row.scope, row.lang)) if known else None,
        "text_version": row.text_version,
        "text_digest": row.text_digest,
        "lang": row.lang,
    }


def _measures(profile_id: str) -> Iterator[Measure]:
    for kind in records.KINDS:
        offset = 0
        while page := records.search(profile_id, kind.code, limit=PAGE, offset=offset).measures:
            yield from page
            offset += PAGE


def _measure(measure: Measure) -> dict[str, Any]:
    shown = {name: value for name, value in vars(measure).items() if name not in ("profile_id", "resource")}
    return shown | {"kind": records.get_kind(measure.code).key, "as_sent": measure.resource}


def _document(document: Document) -> dict[str, Any]:
    return {name: value for name, value in vars(document).items() if name != "profile_id"}


def _activity(subject: Subject) -> Iterator[dict[str, Any]]:
    account_id, before = subject.account_id if subject.profile.is_self else None, None
    while rows := audit.list_of_profile(subject.profile.id, before=before, limit=PAGE, account_id=account_id):
        for row in rows:
            yield {"at": row.at, "tag": row.tag, "client_id": row.client_id, "link": row.pairing_id,
                   "by_you": row.account_id == subject.account_id, "detail": json.loads(row.detail)}  # fmt: skip
        before = rows[-1].id
