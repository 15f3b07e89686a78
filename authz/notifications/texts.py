"""The words of every message: one file a template and language, the subject on its first line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from string import Template

from babel.dates import format_date

from authz import settings
from authz.notifications.contacts import LANGS

FOLDER = Path(__file__).with_name("templates")
# What every text may name: the space, its address, the page that the message is about, where to ask for help.
_OURS = {"space", "home", "page", "support"}
_LONGEST = 200


def check(template: str, params: Mapping[str, str]) -> None:
    """Fault at once, in the unit that tells it, on a text that does not exist or names what is not given."""
    for lang in LANGS:
        needed = {name for part in load(template, lang) for name in part.get_identifiers()} - _OURS
        if needed - set(params):
            raise KeyError(f"{template}.{lang} needs {', '.join(sorted(needed - set(params)))}")


def render(template: str, lang: str, params: Mapping[str, str], *, is_short: bool = False) -> tuple[str, str]:
    """Return subject and text in a language, the first one where there is no such; `is_short` is for SMS."""
    config = settings.current()
    lang = lang if lang in LANGS else LANGS[0]
    said = {name: _dated(value, lang) if name == "day" else _tame(value) for name, value in params.items()} | {
        "space": config.brand_name,
        "home": config.issuer,
        "page": page_address(params),
        "support": config.brand_support,
    }
    short = f"{template}.sms"
    has_short = is_short and (FOLDER / lang / f"{short}.txt").exists()
    subject, text = load(short if has_short else template, lang)
    return subject.substitute(said), text.substitute(said)


def page_address(params: Mapping[str, str]) -> str:
    """Return the address of the page that a message is about, on this server whatever was given."""
    path = params.get("page", "/")
    return settings.current().issuer + (path if path.startswith("/") else "/")


@cache
def load(template: str, lang: str) -> tuple[Template, Template]:
    """Read a text: subject and body."""
    subject, _, body = (FOLDER / lang / f"{template}.txt").read_text(encoding="utf-8").partition("\n\n")
    return Template(subject.strip()), Template(body.strip() + "\n")


def _dated(value: str, lang: str) -> str:
    """Write a date as people do: 1er décembre 2026, 1 December 2026."""
    day = date.fromisoformat(value)
    text = format_date(day, "d MMMM y", locale=lang)
    return f"1er{text[1:]}" if lang == "fr" and day.day == 1 else text


def _tame(value: str) -> str:
    """Names come from outside: no line break may forge a header or a paragraph, no address become a link to click."""
    flat = " ".join("".join(char if char.isprintable() else " " for char in value).split())
    return flat.replace("://", ": //")[:_LONGEST]
