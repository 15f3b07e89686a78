"""What every page is given: the brand of the space, the language, and the drawing functions of the templates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, url_for
from jinja2 import FileSystemLoader

from authz import guard, settings
from consent_ui import assets, i18n, words

TEMPLATES = Path(__file__).parent / "templates"
bp = Blueprint("layout", __name__)


@dataclass(frozen=True)
class Brand:
    """How the space shows itself; everything comes from the settings."""

    name: str
    host: str
    support: str
    style: str


def init(app: Flask) -> None:
    """Give the templates their words and drawings."""
    app.jinja_loader = FileSystemLoader(TEMPLATES)
    app.context_processor(_every_page)
    app.jinja_env.globals.update(icon=assets.icon, sprite=assets.sprite, static_url=assets.static_url)
    for spoken in (words.day, words.short_day, words.hour, words.moment, words.ago, words.number, words.size):
        app.jinja_env.filters[spoken.__name__] = spoken
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def brand() -> Brand:
    """The brand as set by the operator."""
    now = settings.current()
    return Brand(
        now.brand_name, urlsplit(now.issuer).netloc, now.brand_support, url_for("layout.hue", hue=now.brand_hue)
    )


def _every_page() -> dict[str, Any]:
    lang = words.language()
    return {"brand": brand(), "lang": lang, "other_languages": i18n.other_languages(lang)}


@bp.get("/static/hue-<int:hue>.css")
@guard.mark("public")
def hue(hue: int) -> Response:
    """The one declaration that re-brands a space; a file, because the pages allow no inline style."""
    if hue > 360:
        abort(404)
    answer = Response(f":root{{--brand-hue:{hue}}}\n", content_type="text/css; charset=utf-8")
    answer.headers["Cache-Control"] = assets.YEAR
    return answer
