"""The journal in words: for each audit tag a sentence, who did it, and through which app."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext, ngettext

from authz.audit import Activity
from authz.catalogue import scopes
from authz.identity import accounts
from connectors import records
from consent_ui import apps, figures, words
from consent_ui.apps import App
from consent_ui.people import Visit
from consent_ui.sentences import N_

TITLES: dict[str, str] = {
    "account:activate": N_("You opened your health space"),
    "account:activation:refuse": N_("Somebody typed a provisional code or facts that do not go together"),
    "account:add": N_("Your health space was opened"),
    "account:civil": N_("The space added or changed your social security number or health card"),
    "account:close": N_("This health space was closed"),
    "account:code:refuse": N_("A wrong code was typed"),
    "account:code:send": N_("A code was sent to you"),
    "account:confirm": N_("You confirmed once more that it is you"),
    "account:contact:change": N_("Your e-mail address or telephone was changed"),
    "account:device:new": N_("Sign-in from a browser we did not know"),
    "account:erase": N_("This health space was erased"),
    "account:erase:ask": N_("The erasure of this health space was asked for"),
    "account:erase:begin": N_("The erasure of this health space has begun"),
    "account:login": N_("Sign-in"),
    "account:login:refuse": N_("Someone tried to sign in with a wrong password"),
    "account:logout": N_("Sign-out"),
    "account:passkey:add": N_("A passkey was added"),
    "account:passkey:refuse": N_("A passkey that may have been copied was refused"),
    "account:passkey:remove": N_("A passkey was removed"),
    "account:password:change": N_("Your password was changed"),
    "account:recovery-code:make": N_("New recovery codes were made"),
    "account:recovery-code:use": N_("A recovery code was used"),
    "account:recovery-case:approve": N_("Two people of the space let you back in"),
    "account:recovery-case:open": N_("Somebody of the space began to let you back in"),
    "account:recovery-case:refuse": N_("The space refused to let somebody back in"),
    "account:recovery:begin": N_("Somebody asked for a new password"),
    "account:recovery:done": N_("Your new password counts from now on"),
    "account:recovery:stop": N_("The recovery of your account was stopped"),
    "account:recovery:wait": N_("A new password was chosen with two proofs, and waits"),
    "account:upstream:link": N_("Another service was linked, to sign in with"),
    "account:upstream:refuse": N_("Another service spoke of somebody else than you, and was not linked"),
    "account:upstream:unlink": N_("A service was unlinked: it no longer signs you in"),
    "account:upstream:use": N_("You came by the service that you linked"),
    "account:reopen": N_("This health space was opened again"),
    "account:totp:off": N_("The code app was turned off"),
    "account:totp:on": N_("A code app was turned on"),
    "family:age": N_("A birthday changed who decides for this health space"),
    "family:invite": N_("Somebody was invited to open this health space"),
    "family:join": N_("%(name)s can open this health space from now on"),
    "family:leave": N_("%(name)s can no longer open this health space"),
    "family:refuse": N_("An invitation was refused"),
    "family:withdraw": N_("An invitation was taken back"),
    "identity:read": N_("The identity was read"),
    "interaction:cancel": N_("You refused to link %(app)s"),
    "pairing:consent:amend": N_("You changed an authorisation of %(app)s"),
    "pairing:end": N_("The link with %(app)s was stopped"),
    "pairing:end:undo": N_("You restored the link with %(app)s"),
    "pairing:hold": N_("The link with %(app)s was paused: who opened it may no longer act for this space"),
    "pairing:open": N_("You linked %(app)s"),
    "pairing:pause": N_("You paused the link with %(app)s"),
    "pairing:renew": N_("You renewed the link with %(app)s"),
    "pairing:resume": N_("You resumed the link with %(app)s"),
    "pairing:suspend": N_("We suspended the link with %(app)s, to protect you"),
    "profile:open": N_("This health space was opened by someone who acts for it"),
    "record:download": N_("A document was downloaded"),
    "record:document:add": N_("A document was added"),
    "record:document:read": N_("Documents were read"),
    "record:document:refuse": N_("A document was refused"),
    "record:document:repeat": N_("A document already here was sent again"),
    "record:erase": N_("What %(app)s had added will be erased"),
    "record:export": N_("All data of this space were taken away in one file"),
    "record:hide": N_("What %(app)s had added was hidden"),
    "record:measure:add": N_("A measure was added"),
    "record:measure:read": N_("Measures were read"),
    "record:measure:refuse": N_("A measure was refused"),
    "record:measure:repeat": N_("A measure already here was sent again"),
    "record:restore": N_("What %(app)s had added is shown again"),
    "token:code:replay": N_("Someone tried to use the access of %(app)s a second time"),
    "token:refresh:replay": N_("Someone tried to use an old access of %(app)s"),
    "token:revoke": N_("%(app)s gave its access back"),
}
# What the filter offers, and the beginnings of the tags behind each choice.
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "links": (N_("Links and authorisations"), ("pairing:", "interaction:")),
    "data": (N_("Data added or read"), ("record:", "identity:")),
    "people": (N_("Family and carers"), ("family:",)),
    "access": (N_("Sign-ins and codes"), ("account:", "profile:")),
}


@dataclass(frozen=True)
class Line:
    """One line of the journal as a page shows it."""

    at: datetime
    title: str
    detail: str
    who: str
    app: App | None


def line(row: Activity, known: dict[str, Any], visit: Visit) -> Line:
    """Put a row in words for a reader; `known` keeps the apps and the names already looked up for this page."""
    if row.client_id and row.client_id not in known:
        known[row.client_id] = apps.of_client(row.client_id)
    app = known.get(row.client_id or "")
    detail: dict[str, Any] = json.loads(row.detail)
    by_app = app if row.tag.startswith(("record:measure", "record:document", "token:revoke")) else None
    about = _name(str(detail.get("other_id", "")), known, visit) or gettext("Somebody")
    return Line(row.at, _title(row.tag, app, about, detail), _detail(row.tag, detail), _who(row, known, visit), by_app)


def _who(row: Activity, known: dict[str, Any], visit: Visit) -> str:
    """Who did it; who typed something wrong is not known."""
    if row.tag in ("account:login:refuse", "account:code:refuse", "account:passkey:refuse"):
        return gettext("Not known")
    if row.account_id is None:
        return gettext("The space itself")
    if row.account_id == visit.account_id:
        return gettext("You")
    return _name(row.account_id, known, visit) or gettext("Another person who acts for this space")


def _name(account_id: str, known: dict[str, Any], visit: Visit) -> str:
    """Name somebody who acts or acted for the space, to a reader who may know; empty to others, and once erased."""
    if not account_id or not (visit.knows_people or account_id == visit.account_id):
        return ""
    if account_id not in known:
        known[account_id] = accounts.find_name(account_id)
    return str(known[account_id])


def _title(tag: str, app: App | None, about: str, detail: dict[str, Any]) -> str:
    name = app.name if app else gettext("an app")
    count = detail.get("count")
    if tag == "record:measure:read" and isinstance(count, int):
        return ngettext("%(num)s measure read", "%(num)s measures read", count)
    known = TITLES.get(tag)
    if known is None:
        return gettext("Something was done in your space")
    return gettext(known, app=name, name=about) if "%(" in known else gettext(known)


def _detail(tag: str, detail: dict[str, Any]) -> str:
    """What more there is to say; the journal keeps codes, the words are found here."""
    if tag == "pairing:consent:amend" and detail.get("scope") in scopes.SCOPES:
        title = scopes.text(detail["scope"], words.language()).title
        return (
            gettext("Opened: %(scope)s", scope=title)
            if detail.get("granted")
            else gettext("Closed: %(scope)s", scope=title)
        )
    if tag in ("pairing:open", "pairing:renew"):
        count = len(str(detail.get("scopes", "")).split())
        return ngettext("%(num)s authorisation", "%(num)s authorisations", count)
    if tag == "pairing:end":
        return _ending(str(detail.get("afterwards", "keep")), str(detail.get("reason", "")))
    if tag == "account:login":
        if "fed" in detail.get("amr", []):
            return gettext("With the service that you linked")
        if "mfa" in detail.get("amr", []):
            return gettext("With a passkey")
        way = "SMS" if "sms" in detail.get("amr", []) else ""
        return gettext("With a password and a code by SMS") if way else gettext("With a password and a code")
    if tag.startswith("record:"):
        return _about_data(tag, detail)
    return ""


def _about_data(tag: str, detail: dict[str, Any]) -> str:
    """Which measure it was; and when it was refused, that the patient's own choice refused it."""
    kind = records.find_kind(str(detail.get("code", "")))
    parts = [figures.title(kind.key) + "."] if kind else []
    if tag.endswith(":refuse"):
        is_read = detail.get("action") == "read"
        parts.append(
            gettext("You do not allow it: nothing was read.")
            if is_read
            else gettext("You do not allow it: nothing was added.")
        )
    return " ".join(parts)


def _ending(afterwards: str, reason: str) -> str:
    if reason not in ("", "patient"):
        return gettext("It was not stopped by you: the app or the space ended it.")
    return {
        "hide": gettext("The data it had added are hidden."),
        "delete": gettext("The data it had added will be erased."),
    }.get(afterwards, gettext("The data it had added are kept."))
