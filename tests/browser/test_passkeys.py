"""Passkeys in a real browser with a virtual authenticator: made, offered by the browser itself, refused, removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.passkey_owner import Device, device_of
from tests.cast import enrol

PASSWORD_PAGE = "#login"


def signs_in_by_code(site: Site, page: Page) -> None:
    """Add Alice, and sign in with her password and a code."""
    alice = enrol(site.app, site.mailbox, "alice.martin")
    page.goto(f"{site.url}/login")
    page.fill("#identifier", alice.identifier)
    page.fill("#password", alice.password)
    page.locator("#login .btn").first.click()
    page.locator("#second-factor .btn").first.click()
    expect(page.locator("#code")).to_be_visible()
    page.fill("#code", site.mailbox.code_for(alice.email))
    page.locator("#second-factor .btn").first.click()
    expect(page.locator("h1")).to_have_text("Mesures")


def makes_passkey(site: Site, page: Page, name: str = "Mon téléphone") -> None:
    """Add a passkey at home."""
    page.goto(f"{site.url}/home/security")
    page.get_by_role("link", name="Ajouter une clé d’accès").click()
    page.fill("#name", name)
    page.locator("#passkey").click()
    expect(page.locator(".note[role=status]")).to_contain_text("est ajoutée")
    expect(page.locator("main")).to_contain_text(name)


def signs_out(page: Page) -> None:
    """Sign out and come to the sign-in page."""
    page.locator(".who summary").click()
    page.locator("#logout button").click()
    expect(page.locator(PASSWORD_PAGE)).to_be_visible()


@pytest.fixture
def device(site: Site, page: Page) -> Device:
    """Give Alice, signed out, a browser with a passkey."""
    device = device_of(page)
    signs_in_by_code(site, page)
    makes_passkey(site, page)
    device.set_present(False)
    signs_out(page)
    return device


def test_patient_signs_in_by_the_passkey_that_the_browser_offers(site: Site, page: Page, device: Device) -> None:
    """Conditional: nothing is pressed on the page, the browser's own list is chosen from."""
    device.set_present(True)
    page.goto(f"{site.url}/login")
    expect(page.locator("h1")).to_have_text("Mesures")


def test_patient_signs_in_by_the_button_with_the_keyboard(site: Site, page: Page, device: Device) -> None:
    page.goto(f"{site.url}/login")
    button = page.get_by_role("button", name="Se connecter avec une clé d’accès")
    button.focus()
    device.set_present(True)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Mesures")


def test_user_who_fails_the_test_of_the_device_is_told_and_stays_out(
    site: Site, page: Page, device: Device, axe: Callable[[Page], list[str]]
) -> None:
    device.set_verified(False)
    page.goto(f"{site.url}/login")
    device.set_present(True)
    page.locator("#passkey").click()
    expect(page.locator("[data-failed]")).to_be_visible()
    expect(page.locator("[data-failed]")).to_contain_text("n’a pas confirmé que c’est vous")
    assert axe(page) == []
    assert page.request.get(f"{site.url}/home/measures", max_redirects=0).status == 303
    device.set_verified(True)
    page.locator("#passkey").click()
    expect(page.locator("h1")).to_have_text("Mesures")


def test_device_that_tests_nobody_makes_no_passkey(site: Site, page: Page) -> None:
    device = device_of(page)
    signs_in_by_code(site, page)
    device.set_verified(False)
    page.goto(f"{site.url}/home/security/passkeys/new")
    page.locator("#passkey").click()
    expect(page.locator("[data-failed]")).to_contain_text("Aucune clé n’a été créée")
    assert device.credentials() == []


def test_copied_passkey_is_blocked(site: Site, page: Page, device: Device, open_browser: Callable[..., Page]) -> None:
    """Two authenticators with one key: the one that lags behind shows it."""
    (original,) = device.credentials()
    lagging = open_browser()
    copied = device_of(lagging)
    copied.set_present(False)
    copied.put({name: value for name, value in original.items() if name not in ("backupEligibility", "backupState")})
    device.set_present(True)
    page.goto(f"{site.url}/login")
    expect(page.locator("h1")).to_have_text("Mesures")
    lagging.goto(f"{site.url}/login")
    copied.set_present(True)
    lagging.locator("#passkey").click()
    expect(lagging.locator("#errors")).to_contain_text("Elle a peut-être été copiée")
    page.goto(f"{site.url}/home/security")
    expect(page.locator("main")).to_contain_text("Bloquée")


def test_removed_passkey_signs_nobody_in(site: Site, page: Page, device: Device) -> None:
    device.set_present(True)
    page.goto(f"{site.url}/login")
    expect(page.locator("h1")).to_have_text("Mesures")
    page.goto(f"{site.url}/home/security")
    page.get_by_role("link", name="Modifier Mon téléphone").click()
    page.get_by_role("button", name="Supprimer la clé d’accès").click()
    expect(page.locator(".note[role=status]")).to_contain_text("est supprimée")
    device.set_present(False)
    signs_out(page)
    assert len(device.credentials()) == 1
    device.set_present(True)
    page.locator("#passkey").click()
    expect(page.locator("#errors")).to_contain_text("Elle a été supprimée ici")
    expect(page.locator(PASSWORD_PAGE)).to_be_visible()


def test_same_device_is_not_added_twice(site: Site, page: Page) -> None:
    device = device_of(page)
    signs_in_by_code(site, page)
    makes_passkey(site, page)
    page.goto(f"{site.url}/home/security/passkeys/new")
    page.locator("#passkey").click()
    expect(page.locator("[data-failed]")).to_be_visible()
    assert len(device.credentials()) == 1


def test_browser_without_script_shows_no_passkey_and_works_as_ever(
    site: Site, open_browser: Callable[..., Page]
) -> None:
    page = open_browser(java_script_enabled=False)
    signs_in_by_code(site, page)
    page.goto(f"{site.url}/home/security/passkeys/new")
    expect(page.locator("#passkey")).to_be_hidden()
    expect(page.locator(".unscripted")).to_be_visible()
    expect(page.locator(".unscripted")).to_contain_text("Les clés d’accès ont besoin de JavaScript")


def test_browser_that_knows_no_passkeys_is_offered_none(site: Site, open_browser: Callable[..., Page]) -> None:
    page: Any = open_browser()
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto(f"{site.url}/login")
    expect(page.locator(PASSWORD_PAGE)).to_be_visible()
    expect(page.locator("#passkey")).to_be_hidden()
