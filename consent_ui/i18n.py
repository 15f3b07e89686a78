"""Which language a page speaks: the one just chosen, the account's, the app's wish, the browser's, then French."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, g, request, session
from flask_babel import Babel

LANGUAGES = {"fr": "Français", "en": "English"}
DEFAULT = "fr"
CATALOGUES = Path(__file__).parent / "translations"


def init(app: Flask) -> None:
    """Install gettext for Python and templates."""
    Babel(app, default_locale=DEFAULT, default_translation_directories=str(CATALOGUES), locale_selector=chosen)


def chosen() -> str:
    """The language of this request."""
    asked = request.args.get("lang", "")
    if asked in LANGUAGES:
        session["lang"] = asked
        return asked
    kept = session.get("lang") or g.get("preferred_language") or _wished(request.args.get("ui_locales", ""))
    if kept in LANGUAGES:
        return str(kept)
    return request.accept_languages.best_match(list(LANGUAGES)) or DEFAULT


def prefer(*tags: str | None) -> None:
    """Note what the account or the app asked for, most important first; counts before the browser's own list."""
    for tag in tags:
        found = _wished(tag or "")
        if found:
            g.preferred_language = found
            return


def _wished(tags: str) -> str | None:
    for tag in tags.split():
        base = tag.split("-")[0].lower()
        if base in LANGUAGES:
            return base
    return None


def other_languages(current: str) -> list[tuple[str, str, str]]:
    """Code, own name and address of this page in each other language."""
    query = [(k, v) for k, v in request.args.items(multi=True) if k != "lang"]
    path = "/" + request.path.lstrip("/\\")  # two slashes would be another host
    return [
        (code, name, f"{path}?{urlencode([*query, ('lang', code)])}")
        for code, name in LANGUAGES.items()
        if code != current
    ]
