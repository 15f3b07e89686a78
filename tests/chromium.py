"""The browser of this machine, driven by Playwright: a driver for a test process, browsers for who launches them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No page may reach anything but this machine, whatever it tries.
NOWHERE = "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Give Playwright's driver."""
    with sync_playwright() as driver:
        yield driver


@contextmanager
def launched(driver: Playwright, *names: str) -> Iterator[Browser]:
    """Launch the browser that is installed; `names` say where names lead: `MAP pairing.example.org 127.0.0.1:8443`."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    assert path, "no Chromium on PATH: ./dev setup installs it"
    rules = ", ".join([*names, NOWHERE])
    browser = driver.chromium.launch(
        executable_path=path, args=["--no-sandbox", "--disable-gpu", f"--host-resolver-rules={rules}"]
    )
    yield browser
    browser.close()
