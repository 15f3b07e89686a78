"""The stops of signing in by an identity provider: buttons, somebody unknown, the question, linked, and left there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

from flask import Flask
from playwright.sync_api import Page

from tests.browser.seeds import Seeded
from tests.fakes import openid_provider
from tests.fakes.openid_provider import Upstream


def stops(site: Any, page: Page, planted: Seeded) -> Iterator[str]:
    """Walk from the sign-in page to the linked identity, in the language that the page is in."""
    lang = page.locator("html").get_attribute("lang")
    with openid_provider.serving() as upstream, _set(site.app, upstream):
        upstream.person |= {"given_name": "Camille", "family_name": "MOREAU"}
        page.goto(f"{site.url}/about/help?lang={lang}")
        page.goto(f"{site.url}/login")
        yield "login-providers"
        page.goto(site.url + upstream.lets_in(_leaves(page), code="", error="access_denied"))
        yield "upstream-declined"
        page.goto(f"{site.url}/login")
        page.goto(site.url + upstream.lets_in(_leaves(page)))
        yield "upstream-unknown"
        page.fill("#identifier", "camille.moreau")
        page.fill("#password", planted.camille.password)
        page.locator("#login .btn").first.click()
        page.check("#m-email")
        page.locator("#second-factor .btn").first.click()
        page.fill("#code", site.mailbox.code_for("camille.moreau@example.org"))
        page.locator("#second-factor .btn").first.click()
        yield "upstream-link"
        page.locator('button[name="decision"][value="link"]').click()
        page.goto(f"{site.url}/home/security")
        yield "security-linked"
        page.locator('a[href*="/identities/"]').first.click()
        yield "identity"


def _leaves(page: Page) -> str:
    """Return where the provider's button leads, without going there: a page of the stand-in there is none."""
    href = page.locator('a[href*="/provider?name=fc"]').get_attribute("href") or ""
    answer = page.context.request.get(urljoin(page.url, href), max_redirects=0)
    return answer.headers["location"]


@contextmanager
def _set(app: Flask, upstream: Upstream) -> Iterator[None]:
    """Have the provider set while the stops are walked."""
    before = app.extensions["settings"]
    host = upstream.url.removeprefix("http://")
    app.extensions["settings"] = replace(before, upstream=(upstream.settings(),), outbound_allow=(host,))
    try:
        yield
    finally:
        app.extensions["settings"] = before
