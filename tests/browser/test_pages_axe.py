"""Every page and state, looked at by axe: both languages, light and dark, phone and desktop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Page

from tests.browser import tour
from tests.browser.conftest import DESKTOP, PHONE, Site

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_patient_meets_no_barrier_on_any_page(
    site: Site, open_browser: Callable[..., Page], axe: Callable[[Page], list[str]], lang: str
) -> None:
    page = open_browser(phone=True, lang=lang)
    faults: dict[str, list[str]] = {}
    sideways: list[str] = []
    for name in tour.stops(site, page, lang):
        assert page.locator("html").get_attribute("lang") == lang
        assert page.locator("h1").count() == 1
        for size in (PHONE, DESKTOP):
            page.set_viewport_size({"width": size["width"], "height": size["height"]})
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                found = axe(page)
                if found:
                    faults[f"{name} {size['width']} {scheme}"] = found
        page.set_viewport_size({"width": 320, "height": 568})
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            sideways.append(name)
    assert faults == {}
    assert sideways == []
