"""How pages behave in a real browser: without script, by keyboard, with the small script, and without a jump."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser import seeds, tour
from tests.browser.conftest import Site
from tests.browser.seeds import Seeded

SHIFTS = """
    window.shifts = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
    }).observe({type: 'layout-shift', buffered: true});
"""


def opened(site: Site, page: Page) -> Seeded:
    """Plant a space and come to the app's arrival page."""
    planted = seeds.plant(site.app, site.mailbox)
    page.route(tour.WAY, lambda route: route.fulfill(body="Glycélia"))
    page.goto(site.url + planted.glycelia.address())
    return planted


def to_consent(site: Site, page: Page, look: Callable[[], None] = lambda: None) -> Seeded:
    """Come to the consent page, taking a look at each page on the way."""
    planted = opened(site, page)
    look()
    page.locator("#arrival button").first.click()
    expect(page.locator("#login")).to_be_visible()
    look()
    page.fill("#identifier", "camille.moreau")
    page.fill("#password", planted.camille.password)
    page.locator("#login .btn").first.click()
    page.check("#m-email")
    page.locator("#second-factor .btn").first.click()
    expect(page.locator("#code")).to_be_visible()
    look()
    page.fill("#code", site.mailbox.code_for(planted.camille.email))
    page.locator("#second-factor .btn").first.click()
    expect(page.locator("#consent")).to_be_visible()
    look()
    return planted


def test_patient_without_script_links_and_stops(site: Site, open_browser: Callable[..., Page]) -> None:
    page = open_browser(phone=True, java_script_enabled=False)
    to_consent(site, page)
    page.locator('input[name="profile"]').first.check()
    page.check("#s-all")
    page.locator('button[value="allow"]').click()
    expect(page.locator(".ticks li")).to_have_count(4)
    page.locator("#done button").click()
    page.wait_for_url(tour.WAY)
    page.goto(f"{site.url}/home/services")
    page.locator("article h2 a", has_text="Glycélia").click()
    page.locator(".btn-end-2").click()
    page.locator(".btn-end").click()
    expect(page.locator(".note[role=status]")).to_contain_text("est arrêté")


def test_master_switch_shows_on_off_and_mixed(site: Site, page: Page) -> None:
    to_consent(site, page)
    everything, report = page.locator("#s-all"), page.locator("#s-documents-summary-write")
    expect(page.locator("[data-sum]")).to_have_text("Il reste à choisir la personne. Autorisations\u00a0: 1 sur 4.")
    assert everything.evaluate("box => box.indeterminate")
    everything.check()
    expect(report).to_be_checked()
    assert not everything.evaluate("box => box.indeterminate")
    report.uncheck()
    assert everything.evaluate("box => box.indeterminate")
    page.locator('input[name="profile"]').last.check()
    expect(page.locator("[data-sum]")).to_have_text("Pour Léo. Autorisations\u00a0: 3 sur 4.")
    everything.check()
    everything.uncheck()
    expect(report).not_to_be_checked()
    expect(page.locator("#s-measures-glucose-write")).to_be_checked()


def test_script_shows_the_password_counts_down_and_focuses_what_went_wrong(site: Site, page: Page) -> None:
    planted = opened(site, page)
    page.locator("#arrival button").first.click()
    reveal = page.locator("[data-reveal]")
    reveal.click()
    expect(page.locator("#password")).to_have_attribute("type", "text")
    expect(reveal).to_have_attribute("aria-pressed", "true")
    reveal.click()
    page.fill("#identifier", "camille.moreau")
    page.fill("#password", "pas celui-là")
    page.keyboard.press("Enter")
    expect(page.locator("#errors")).to_be_focused()
    page.fill("#password", planted.camille.password)
    page.keyboard.press("Enter")
    page.check("#m-email")
    page.locator("#second-factor .btn").first.click()
    expect(page.locator("#resend")).to_be_disabled()
    expect(page.locator("[data-wait]")).to_be_visible()


def test_patient_signs_in_by_keyboard_alone(site: Site, page: Page) -> None:
    planted = seeds.plant(site.app, site.mailbox)
    page.goto(f"{site.url}/login")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#identifier")).to_be_focused()
    page.keyboard.type("camille.moreau")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type(planted.camille.password)
    page.keyboard.press("Enter")
    expect(page.locator("#m-email")).to_be_visible()
    page.locator("#m-email").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#code")).to_be_visible()
    page.locator("#code").focus()
    page.keyboard.insert_text(" ".join(site.mailbox.code_for(planted.camille.email)))
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Mesures")


def test_focus_is_always_visible_and_targets_are_large(site: Site, open_browser: Callable[..., Page]) -> None:
    page = open_browser(phone=True)
    to_consent(site, page, page.wait_for_load_state)
    small = page.evaluate(
        """() => [...document.querySelectorAll('a, button, select, summary, .switch, label.choice')]
            .filter((one) => one.offsetParent && !one.closest('.skip') && !one.matches('.skip, p a, .summary a'))
            .map((one) => [one.outerHTML.slice(0, 80), (one.closest('.scope-head') || one).getBoundingClientRect()])
            .filter(([, box]) => box.height < 44).map(([html, box]) => `${html} ${box.height}`)"""
    )
    assert small == []
    page.locator("#until").focus()
    outline = page.locator("#until").evaluate("one => getComputedStyle(one).outlineWidth")
    assert outline == "3px"


def test_nothing_jumps_while_pages_load(site: Site, open_browser: Callable[..., Page]) -> None:
    page = open_browser(phone=True)
    page.add_init_script(SHIFTS)

    def look() -> None:
        page.wait_for_load_state()
        assert page.evaluate("window.shifts") == 0, page.url

    planted = to_consent(site, page, look)
    page.locator('input[name="profile"]').first.check()
    page.locator('button[value="allow"]').click()
    seeds.fill(site.app, planted.camille, planted.glycelia.client_id)
    for name in ("measures", "measures/MED-969", "documents", "services", "activity", "profile"):
        page.goto(f"{site.url}/home/{name}")
        look()
