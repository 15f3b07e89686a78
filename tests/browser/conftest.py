"""A real Chromium and a real server on loopback: pages, the state they are in, and axe over each."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright
from werkzeug.serving import make_server

from tests import standing
from tests.chromium import launched
from tests.conftest import mailbox_of
from tests.mailbox import Mailbox

AXE = Path(__file__).parents[1] / "peers/node_modules/axe-core/axe.min.js"
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}


@dataclass(frozen=True)
class Site:
    """A server that a browser can reach."""

    url: str
    app: Flask
    mailbox: Mailbox


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Give the browser that is installed on this machine."""
    with launched(playwright) as browser:
        yield browser


@pytest.fixture(scope="session")
def standing_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, standing.Standing]]:
    """Serve one application, on an embedded database, for all browser tests."""
    folder = tmp_path_factory.mktemp("site")
    url = f"http://localhost:{free_port()}"
    stood = standing.Standing(standing.settings_for(folder, f"sqlite:///{folder / 'appairage.db'}", issuer=url))
    server = make_server("127.0.0.1", int(url.rpartition(":")[2]), stood.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield url, stood
    server.shutdown()
    thread.join()
    server.server_close()
    stood.close()


@pytest.fixture
def site(standing_site: tuple[str, standing.Standing]) -> Site:
    """Give the served application, as new."""
    url, stood = standing_site
    stood.reset()
    return Site(url, stood.app, mailbox_of(stood.app, stood.settings.data_dir))


@pytest.fixture
def open_browser(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page in a browser of its own: `open_browser(phone=True, dark=True, lang="fr")`.

    What a browser complains about fails the test: a blocked script or style, a script error, an answer of 5xx.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_one(*, phone: bool = False, dark: bool = False, lang: str = "fr", **more: Any) -> Page:
        context = chromium.new_context(
            viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
            has_touch=phone,
            color_scheme="dark" if dark else "light",
            locale={"fr": "fr-FR", "en": "en-GB"}[lang],
            timezone_id="Europe/Paris",
            **more,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.extend(_complaint(message)))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not complaints, complaints


def _complaint(message: ConsoleMessage) -> list[str]:
    refused = "Failed to load resource: the server responded with a status of 4" in message.text
    return (
        [f"{message.text} at {message.page.url if message.page else '?'}"]
        if message.type == "error" and not refused
        else []
    )


@pytest.fixture
def page(open_browser: Callable[..., Page]) -> Page:
    """Give a page in a desktop browser that prefers French."""
    return open_browser()


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """Look at a page with axe: `assert axe(page) == []`."""
    source = AXE.read_text(encoding="utf-8")

    def look(page: Page) -> list[str]:
        page.evaluate(source)  # by the debugger, so that the page's own policy on scripts stays as patients have it
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [_fault(violation, node) for violation in found["violations"] for node in violation["nodes"]]

    return look


def _fault(violation: dict[str, Any], node: dict[str, Any]) -> str:
    return f"{violation['id']} ({violation['impact']}): {node['html'][:200]}: {node['failureSummary']}"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
