"""The last stops of the walk: data are taken away, a health space is closed, and its holder comes back."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from authz import clock, entropy
from authz.identity import delegation
from authz.identity.models import Delegation
from tests import standing
from tests.actors import Person
from tests.browser.seeds import Seeded
from tests.cast import enrol


def stops(url: str, page: Page, planted: Seeded, lang: str) -> Iterator[str]:
    """Close the space of who alone represents a child, then once somebody else does too; and open it again."""
    camille = planted.camille
    page.context.clear_cookies()
    page.goto(f"{url}/about/help?lang={lang}")
    _signs_in(url, page, camille, "sms")
    page.goto(f"{url}/home/export")
    yield "export"
    page.locator("#download").click()
    yield "export-ready"
    page.goto(f"{url}/home/close")
    yield "close-alone"
    _share(camille)
    page.goto(f"{url}/home/close")
    yield "close"
    page.fill("#password", "pas celui-là")
    page.locator("#close .btn-end").click()
    yield "close-error"
    page.check("#a-erase")
    page.fill("#password", camille.password)
    page.locator("#close .btn-end").click()
    yield "closed"
    _signs_in(url, page, camille, "email")
    yield "reopen"


def _signs_in(url: str, page: Page, person: Person, way: str) -> None:
    page.goto(f"{url}/login")
    page.fill("#identifier", person.identifier)
    page.fill("#password", person.password)
    page.locator("#login .btn").first.click()
    page.check(f"#m-{way}")
    page.locator("#second-factor .btn").first.click()
    page.fill("#code", person.mailbox.code_for("+33639980339" if way == "sms" else person.email))
    page.locator("#second-factor .btn").first.click()
    page.wait_for_load_state()


def _share(person: Person) -> None:
    """Let somebody else represent the child too."""
    child, other = person.profile_id("Léo"), enrol(person.app, person.mailbox, "dominique.moreau")
    with standing.unit_in(person.app) as session:
        session.add(
            Delegation(
                profile_id=child, id=entropy.new_id(), account_id=other.account_id, kind=delegation.REPRESENTATIVE,
                relation="child", from_at=clock.now(),
            )
        )  # fmt: skip
