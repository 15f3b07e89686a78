"""An app as a page shows it: its catalogue card, its logo, and the units of consent in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Blueprint, Response, abort, url_for
from flask_babel import gettext
from markupsafe import escape

from authz import guard
from authz.catalogue import entries, scopes
from authz.catalogue.entries import Entry
from authz.clients import logos, registry
from consent_ui import forms, words

bp = Blueprint("apps", __name__)
# A logo is a stranger's drawing: shown in <img> it can do nothing, opened by itself it may not either.
LOGO_POLICY = "default-src 'none'; sandbox"
PLAIN = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="15" fill="#57514a"/>'
    '<text x="32" y="43" font-family="sans-serif" font-size="30" font-weight="700" fill="#fff" text-anchor="middle">'
    "{}</text></svg>"
)


@dataclass(frozen=True)
class App:
    """What a page says of an app. `account` is the app's own word for its user, untrusted."""

    client_id: str
    name: str
    publisher: str
    site: str
    logo: str
    about: str
    wish: str
    terms: str
    privacy: str
    start: str = ""
    account: str = ""
    is_on_trial: bool = False


@dataclass(frozen=True)
class ScopeCard:
    """One unit of consent in the language of the page."""

    id: str
    name: str
    title: str
    reason: str
    exactly: str
    example: str
    when: str
    action: str
    kept: str
    without: str
    on: bool
    required: bool
    only: str = ""


def of_entry(entry: Entry, client_id: str, account: str = "", asked: Iterable[str] = ()) -> App:
    """Put a catalogue entry in words, and what it asks for in one sentence."""
    return App(
        client_id=client_id,
        name=entry.name,
        publisher=entry.publisher or gettext("not known"),
        site=entry.host,
        logo=url_for("apps.logo", entry_id=entry.id, initial=entry.name[:1].upper()),
        about=entry.descriptions.get(words.language(), "").replace("{app}", entry.name),
        wish=_wish(asked),
        terms=entry.terms_url,
        privacy=entry.privacy_url,
        start=entry.start_url,
        account=account,
        is_on_trial=entry.status == "sandbox",
    )


def _wish(asked: Iterable[str]) -> str:
    actions = {scopes.SCOPES[name].action for name in asked}
    if {"read", "write"} <= actions:
        return gettext("This app asks to add health data and to read some.")
    if "write" in actions:
        return gettext("This app asks to add health data.")
    if "read" in actions:
        return gettext("This app asks to read health data.")
    return gettext("This app asks to know who you are.")


def entry_of(client_id: str) -> Entry | None:
    """The entry of a client, suspended ones included: their patients still see and end their links."""
    try:
        return entries.of_client(registry.get(client_id))
    except registry.UnknownClient:
        return None


def of_client(client_id: str) -> App:
    """Put a client in words; one that is gone altogether still has a line in the journal."""
    entry = entry_of(client_id)
    if entry:
        return of_entry(entry, client_id)
    gone = gettext("An app that is gone")
    return App(client_id, gone, "", "", url_for("apps.logo", entry_id="-", initial="?"), "", "", "", "")


def scope_cards(entry: Entry, names: Iterable[str], on: Iterable[str]) -> list[ScopeCard]:
    """Put units of consent in words, the required ones first."""
    chosen = set(on)
    cards = [_scope_card(entry, name, name in chosen) for name in names]
    return sorted(cards, key=lambda card: not card.required)


def _scope_card(entry: Entry, name: str, on: bool) -> ScopeCard:
    lang = words.language()
    text, ask = scopes.text(name, lang), entry.ask(name)

    def fill(sentence: str) -> str:
        return sentence.replace("{app}", entry.name)

    return ScopeCard(
        id=name.replace(".", "-").replace("_", "-"),
        name=name,
        title=fill(text.title),
        reason=fill(text.reason),
        exactly=fill(text.exactly),
        example=fill(text.example),
        when=fill(text.when),
        action=fill(text.action),
        kept=ask.kept.get(lang) or gettext("%(app)s does not say. Ask it before you accept.", app=entry.name),
        without=gettext("%(app)s cannot be linked.", app=entry.name) if ask.required else fill(text.without),
        on=on or ask.required,
        required=ask.required,
    )


@bp.get("/apps/<entry_id>/logo/<initial>")
@guard.mark("public")
def logo(entry_id: str, initial: str) -> Response:
    """Send an app's logo: the catalogue's, the one it registered for itself, or its initial."""
    if not forms.is_id(entry_id) or len(initial) != 1 or not initial.isprintable():
        abort(404)
    found = entries.logo(entry_id) or logos.find(entry_id)
    body, kind = found or (PLAIN.format(escape(initial)).encode(), "image/svg+xml")
    answer = Response(body, content_type=kind)
    answer.headers["Content-Security-Policy"] = LOGO_POLICY
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer
