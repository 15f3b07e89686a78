"""A walk through every page and state a patient can meet, in a real browser; each stop has a name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

import pyotp
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import update

from authz import clock
from authz.interaction.models import Interaction
from authz.notifications.models import Message
from tests import standing
from tests.browser import closing_tour, seeds, tour_upstream
from tests.browser.seeds import SECRET, Seeded
from tests.cast import register
from tests.flows import newcomer
from tests.flows.way_back import NEW, works
from tests.mailbox import Mailbox

EXPORT = Path(__file__).parents[1] / "data/cgm/synthetic-14d.libreview-fr-mgdl.csv"
WAY = "https://glucoapp.example/**"


class Site(Protocol):
    """A served application."""

    @property
    def url(self) -> str: ...
    @property
    def app(self) -> Flask: ...
    @property
    def mailbox(self) -> Mailbox: ...


def stops(site: Site, page: Page, lang: str) -> Iterator[str]:
    """Walk; at each yield the page shows the state of that name, in the language chosen on the first page."""
    page.goto(f"{site.url}/about/help?lang={lang}")
    planted = seeds.plant(site.app, site.mailbox)
    page.route(WAY, lambda route: route.fulfill(body="Glycélia"))
    for name in _walk(site, page, planted, lang):
        page.wait_for_load_state()
        yield name


def _walk(site: Site, page: Page, planted: Seeded, lang: str) -> Iterator[str]:
    yield from _pairing(site, page, planted)
    yield from _detail(site, page, planted)
    seeds.fill(site.app, planted.camille, planted.glycelia.client_id)
    yield from _home(site, page, planted)
    yield from _family(site, page)
    yield from _security(site, page, planted)
    yield from _object(site, page)
    yield from _ends(site, page, planted)
    yield from tour_upstream.stops(site, page, planted)
    yield from closing_tour.stops(site.url, page, planted, lang)


def _pairing(site: Site, page: Page, planted: Seeded) -> Iterator[str]:
    page.goto(site.url + planted.trial.address())
    yield "arrival-trial"
    page.goto(site.url + planted.glycelia.address())
    yield "arrival"
    page.locator("#arrival button").first.click()
    yield "login"
    page.fill("#identifier", "camille.moreau")
    page.fill("#password", "pas le bon mot de passe")
    page.locator("#login .btn").first.click()
    yield "login-error"
    page.fill("#password", planted.camille.password)
    page.locator("#login .btn").first.click()
    yield "second-factor"
    page.check("#m-sms")
    page.locator("#second-factor .btn").first.click()
    yield "second-factor-code"
    with standing.unit_in(site.app) as session:
        session.execute(update(Message).where(Message.channel == "sms").values(failure="twilio: undelivered 30003"))
    page.click("#look button")
    yield "second-factor-undelivered"
    page.fill("#code", "000 000")
    page.locator("#second-factor .btn").first.click()
    yield "second-factor-error"
    page.fill("#code", site.mailbox.code_for("+33639980339"))
    page.locator("#second-factor .btn").first.click()
    yield "consent"
    page.locator('button[name="decision"][value="allow"]').evaluate("button => button.form.noValidate = true")
    page.locator('button[name="decision"][value="allow"]').click()
    yield "consent-error"
    page.locator('input[name="profile"]').first.check()
    page.check("#s-documents-summary-write")
    page.locator("summary").nth(1).click()
    yield "consent-chosen"
    page.locator('button[name="decision"][value="allow"]').click()
    yield "done"
    here = page.url
    page.locator("#done button").click()
    page.wait_for_url(WAY)
    _push(planted, parse_qs(urlsplit(page.url).query)["code"][0])
    _let_a_minute_pass(site.app)
    page.goto(here.replace("/pair/", "/authorize/").removesuffix("/done"))
    yield "already-done"


def _detail(site: Site, page: Page, planted: Seeded) -> Iterator[str]:
    asked = '[{"type": "pairing", "account": "c.moreau@example.org", "months": 6, "history_days": 90}]'
    page.goto(site.url + planted.glycelia.address(app_account=None, authorization_details=asked))
    yield "consent-detail"
    narrow = register(site.app, seeds.GLYCELIA | seeds.NARROW, client_name="Courbe", scope="openid patient/*.rs")
    laboratory = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
    scope = f"openid patient/Observation.rs?category={laboratory} patient/DocumentReference.rs"
    page.goto(site.url + narrow.address(app_account=None, scope=scope))
    yield "consent-limits"


def _home(site: Site, page: Page, planted: Seeded) -> Iterator[str]:
    for name in ("measures", "documents", "services", "activity", "profile", "notices"):
        page.goto(f"{site.url}/home/{name}")
        yield name
    page.goto(f"{site.url}/home/measures/MED-969")
    yield "measure"
    page.goto(f"{site.url}/home/documents")
    page.locator("article h2 a", has_text="Compte rendu").click()
    yield "document"
    page.go_back()
    page.locator("article h2 a", has_text="Profil").click()
    yield "report"
    page.goto(f"{site.url}/home/services")
    page.locator("article h2 a", has_text="Glycélia").click()
    yield "service"
    page.locator(".btn-end-2").click()
    yield "service-end"
    page.goto(f"{site.url}/home/services")
    page.locator("article h2 a", has_text="Balanéo").click()
    yield "service-paused"
    page.goto(f"{site.url}/home/services")
    page.locator("article h2 a", has_text="Tensiane").click()
    yield "service-due"
    page.goto(f"{site.url}/home/services?of={planted.camille.profile_id('Léo')}")
    yield "elsewhere"
    page.locator(".who summary").click()
    yield "profile-menu"
    page.locator('.who button[name="profile"]').last.click()
    yield "measures-empty"
    for name in ("documents", "services"):
        page.goto(f"{site.url}/home/{name}")
        yield f"{name}-empty"


def _family(site: Site, page: Page) -> Iterator[str]:
    page.goto(f"{site.url}/home/family")
    yield "family"
    page.goto(f"{site.url}/home/family/invitations/new/carer")
    yield "invite"
    page.fill("#name", "Jeanne Moreau")
    page.fill("#address", "camille.moreau@example.org")
    page.locator("#invite .btn").first.click()
    yield "invite-error"
    page.fill("#address", "jeanne@example.org")
    page.locator("#invite .btn").first.click()
    yield "invitation"
    page.goto(f"{site.url}/home/family")
    yield "family-invited"
    page.goto(f"{site.url}/home/family/join")
    yield "join-code"
    page.fill("#code", "BBBB-BBBB-BBBB")
    page.locator("#join-code .btn").first.click()
    yield "join-code-error"


def _security(site: Site, page: Page, planted: Seeded) -> Iterator[str]:
    seeds.protect(site.app, planted.camille)
    page.goto(f"{site.url}/home/security")
    yield "security"
    page.locator(f'a[href="{urlsplit(page.url).path}/passkeys/new"]').click()
    yield "passkey-new"
    with page.expect_navigation():  # a form that a script sends is still on its way when the script is done
        page.locator("#name").evaluate("field => { field.form.elements.answer.value = '{}'; field.form.submit(); }")
    yield "passkey-new-error"
    for name in ("passkey", "passkey-blocked"):
        page.goto(f"{site.url}/home/security")
        page.locator(".browsers a").nth(int(name == "passkey-blocked")).click()
        yield name
    yield from _own_account(site, page)
    page.goto(f"{site.url}/home/security/code-app")
    yield "code-app"
    page.fill("#code", "000 000")
    page.locator("#code-app .btn").first.click()
    yield "code-app-error"
    page.goto(f"{site.url}/home/security/recovery-codes")
    yield "recovery-codes"
    page.locator("#codes button").click()
    yield "recovery-codes-made"
    page.goto(f"{site.url}/home/confirm?next=/home/security")
    yield "confirm"
    page.check("#m-recovery")
    page.locator("#second-factor .btn").first.click()
    yield "confirm-recovery-code"
    page.goto(f"{site.url}/home/confirm?next=/home/security")
    page.check("#m-totp")
    page.locator("#second-factor .btn").first.click()
    yield "confirm-code"


def _own_account(site: Site, page: Page) -> Iterator[str]:
    page.goto(f"{site.url}/home/security/password")
    yield "password"
    page.fill("#current", "pas celui-là")
    page.fill("#new", "sept girafes jouent aux dames")
    page.locator("#password .btn").first.click()
    yield "password-error"
    page.goto(f"{site.url}/home/contacts/email")
    yield "contact"
    page.fill("#address", "camille.moreau@example.org")
    page.locator("#contact .btn").first.click()
    yield "contact-error"
    page.fill("#address", "camille@example.org")
    page.locator("#contact .btn").first.click()
    yield "contact-code"


def _object(site: Site, page: Page) -> Iterator[str]:
    for refuses in (False, True):
        codes = seeds.waiting_object(site.app)
        page.goto(f"{site.url}/device")
        if not refuses:
            yield "device"
            page.fill("#user_code", "BBBB-BBBB")
            page.locator("#device .btn").first.click()
            yield "device-error"
        page.fill("#user_code", codes["user_code"])
        page.locator("#device .btn").first.click()
        if refuses:
            page.locator("#arrival .btn-2").click()
            yield "device-refused"
            return
        yield "device-arrival"
        page.locator("#arrival .btn").first.click()
        page.locator('input[name="profile"]').first.check()
        page.check("#s-measures-weight-write")
        page.locator('button[name="decision"][value="allow"]').click()
        yield "device-end"


def _ends(site: Site, page: Page, planted: Seeded) -> Iterator[str]:
    for name in ("help", "accessibility", "privacy", "legal"):
        page.goto(f"{site.url}/about/{name}")
        yield name
    page.goto(f"{site.url}/home/nowhere")
    yield "not-found"
    page.goto(f"{site.url}/authorize?client_id=nobody")
    yield "app-error"
    page.goto(site.url + planted.trial.address())
    yield "consent-trial"
    page.goto(site.url + planted.glycelia.address(prompt="select_account"))
    yield "account"
    page.goto(f"{site.url}/end_session")
    yield "logout"
    page.locator("#logout button").first.click()
    yield "signed-out"
    page.context.clear_cookies()
    yield from _way_back(site, page)
    page.context.clear_cookies()
    yield from _opening(site, page)
    page.context.clear_cookies()
    page.goto(f"{site.url}/login")
    yield "login-home"
    expire(site.app)
    page.reload()
    yield "expired"


def _way_back(site: Site, page: Page) -> Iterator[str]:
    page.goto(f"{site.url}/recover/identifier")
    yield "recover-identifier"
    page.fill("#email", "nobody@example.org")
    page.locator("#identifier .btn").first.click()
    yield "recover-sent"
    page.goto(f"{site.url}/recover/second-factor")
    yield "recover-factor"
    page.goto(f"{site.url}/recover/password")
    yield "reset"
    page.fill("#identifier", "camille.moreau")
    page.locator("#reset .btn").first.click()
    yield "reset-code"
    works(site.app)
    page.fill("#code", "000 000")
    page.locator("#reset-code .btn").first.click()
    yield "reset-code-error"
    page.fill("#code", site.mailbox.code_for("camille.moreau@example.org"))
    page.locator("#reset-code .btn").first.click()
    yield "reset-second"
    page.check("#m-totp")
    page.locator("#second-factor .btn").first.click()
    page.fill("#code", pyotp.TOTP(SECRET).at(clock.now()))
    page.locator("#second-factor .btn").first.click()
    yield "reset-new"
    page.fill("#new", "court")
    page.locator("#reset-new .btn").first.click()
    yield "reset-new-error"
    page.fill("#new", NEW)
    page.locator("#reset-new .btn").first.click()
    yield "reset-done"
    page.goto(f"{site.url}/recover/stop/aprs_made-up")
    yield "recover-stop"


def _opening(site: Site, page: Page) -> Iterator[str]:
    code, email = newcomer.prepare(site.app), newcomer.EMAIL
    page.goto(f"{site.url}/activate")
    yield "activation"
    for name, text in (("code", "BCDF-GH23"), ("nir", newcomer.NIR[:13] + "00"), ("card", "12"), ("birthdate", "1958")):
        page.fill(f"#{name}", text)
    page.locator("#activation .btn").first.click()
    yield "activation-error"
    for name, text in (("code", code), ("nir", newcomer.NIR), ("card", newcomer.CARD), ("birthdate", "12/04/1958")):
        page.fill(f"#{name}", text)
    page.locator("#activation .btn").first.click()
    yield "activation-access"
    page.fill("#identifier", "jeanne")
    page.fill("#new", NEW)
    page.locator("#access .btn").first.click()
    yield "activation-access-error"
    page.fill("#identifier", "jeanne.1958")
    page.fill("#new", NEW)
    page.locator("#access .btn").first.click()
    yield "activation-email"
    page.locator("#address-form .btn").first.click()
    yield "activation-email-code"
    page.fill("#code", site.mailbox.code_for(email))
    page.locator("#code-form .btn").first.click()
    yield "activation-phone"
    page.locator("#address-form .btn").first.click()
    yield "activation-phone-code"
    page.fill("#code", site.mailbox.code_for(newcomer.PHONE))
    page.locator("#code-form .btn").first.click()
    yield "activation-done"
    page.goto(f"{site.url}/home/family/activate")
    yield "activation-child"


def _push(planted: Seeded, code: str) -> None:
    """The app fetches its tokens and sends an export."""
    token = planted.glycelia.redeem(code).json["access_token"]
    csv = {"Content-Type": "text/csv"}
    sent = planted.glycelia.call("POST", "/connectors/cgm?lang=fr", token, data=EXPORT.read_bytes(), headers=csv)
    assert sent.status_code == 200, sent.text


def expire(app: Flask) -> None:
    """Let every open request run out."""
    with standing.unit_in(app) as session:
        session.execute(update(Interaction).values(expires_at=clock.now() - timedelta(minutes=1)))


def _let_a_minute_pass(app: Flask) -> None:
    """What is given again to a reload for a moment is given no more."""
    with standing.unit_in(app) as session:
        session.execute(update(Interaction).values(returned_at=clock.now() - timedelta(minutes=2)))
