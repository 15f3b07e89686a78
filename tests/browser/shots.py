"""Pictures of every page and state into `docs/screens/`: phone and desktop, light and dark, French and English.

Run by `./dev shots [NAME…]`; with names, only those stops are taken again.
"""

from __future__ import annotations

import base64
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import time_machine
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from tests import standing
from tests.browser import tour
from tests.conftest import mailbox_of
from tests.mailbox import Mailbox

SCREENS = Path(__file__).parents[2] / "docs/screens"
SIZES = {"phone": (360, 740), "desktop": (1280, 800)}
SCHEMES = ("light", "dark")
LANGUAGES = {"fr": "fr-FR", "en": "en-GB"}
PORT = 8087
QUALITY = 60
# The pictures' own day, so that taking them again changes only what changed.
TODAY = datetime(2026, 3, 18, 9, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Served:
    """The application that sits for its portrait."""

    url: str
    app: Flask
    mailbox: Mailbox


@contextmanager
def served() -> Iterator[Served]:
    """Serve a new application on loopback."""
    folder = Path(tempfile.mkdtemp(prefix="shots-"))
    url = f"http://localhost:{PORT}"
    stood = standing.Standing(standing.settings_for(folder, f"sqlite:///{folder / 'x.db'}", issuer=url))
    server = make_server("127.0.0.1", PORT, stood.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Served(url, stood.app, mailbox_of(stood.app, folder))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        stood.close()
        shutil.rmtree(folder)


def take(page: Page, name: str, lang: str) -> None:
    """Take one stop in both sizes and both schemes."""
    for size, (width, height) in SIZES.items():
        for scheme in SCHEMES:
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.set_viewport_size({"width": width, "height": height})
            # The whole page in one window, so that bars fixed to its edge stay at the edge.
            tall = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": width, "height": max(height, int(tall))})
            page.evaluate("document.fonts.ready")
            session = page.context.new_cdp_session(page)
            picture = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
            session.detach()
            (SCREENS / f"{name}.{lang}.{size}.{scheme}.webp").write_bytes(base64.b64decode(picture["data"]))
    page.set_viewport_size({"width": 360, "height": 740})


def walk(browser: Browser, lang: str, only: set[str]) -> list[str]:
    """Take every stop in one language; returns their names."""
    with served() as site:
        context = browser.new_context(locale=LANGUAGES[lang], timezone_id="Europe/Paris")
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.set_viewport_size({"width": 360, "height": 740})
        names = []
        for name in tour.stops(site, page, lang):
            names.append(name)
            if not only or name in only:
                take(page, name, lang)
        context.close()
    return names


def index(names: list[str]) -> str:
    """The page that shows them all."""
    lines = ["# Screens", "", "Made by `./dev shots`; each state in French and English, light and dark.", ""]
    for name in names:
        lines += [f"## {name}", "", "| | phone | desktop |", "|---|---|---|"]
        for lang in LANGUAGES:
            for scheme in SCHEMES:
                cells = [f"![{name}]({name}.{lang}.{size}.{scheme}.webp)" for size in SIZES]
                lines.append(f"| {lang}, {scheme} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def main(only: set[str]) -> None:
    """Take the pictures."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    path = next(found for name in ("chromium", "google-chrome") if (found := shutil.which(name)))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for lang in LANGUAGES:
            with time_machine.travel(TODAY):
                names = walk(browser, lang, only)
            sys.stdout.write(f"{lang}: {len(names)} pages and states\n")
        browser.close()
    (SCREENS / "README.md").write_text(index(names), encoding="utf-8")


if __name__ == "__main__":
    main(set(sys.argv[1:]))
