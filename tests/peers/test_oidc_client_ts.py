"""`oidc-client-ts` in a real Chromium: an app that is nothing but a page, at an origin of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Playwright

from tests.actors import Partner, Person
from tests.cast import GLUCO_ENTRY, register
from tests.chromium import launched
from tests.fakes import page_app
from tests.peers.front import HOST, Front
from tests.spec import spec

LIBRARY = Path(__file__).with_name("node_modules") / "oidc-client-ts/dist/browser/oidc-client-ts.min.js"
NEAR, FAR = "https://app.example.org", "https://app.example.net"  # of the site of the space, and of another one
PAGE = "<!doctype html><title>App</title><script src='/library.js'></script>"
# The frame tells the page that it is back, as the library's guide has it.
SILENT = PAGE + "<script>new oidc.UserManager({}).signinSilentCallback()</script>"
SETTINGS = """({{authority: "https://{host}", client_id: "{client}", redirect_uri: "{origin}/callback",
  silent_redirect_uri: "{origin}/silent", post_logout_redirect_uri: "{origin}/goodbye",
  scope: "openid profile offline_access", loadUserInfo: true, revokeTokensOnSignout: true, {more}}})"""
NAMED = "includeIdTokenInSilentRenew: true"  # whom the app knows goes along


@pytest.fixture
def browser(playwright: Playwright, front: tuple[Front, Flask]) -> Iterator[Browser]:
    """Give a browser to which the space and the app's page are where their names say."""
    files = {"/": PAGE, "/silent": SILENT, "/library.js": LIBRARY.read_text(encoding="utf-8")}
    with page_app.serving(files, front[0].certificate, hops={"/hop": f"{NEAR}/landed"}) as port:
        apps = [f"MAP {urlsplit(origin).netloc}:443 127.0.0.1:{port}" for origin in (NEAR, FAR)]
        with launched(playwright, f"MAP {HOST}:443 127.0.0.1:{front[0].port}", *apps) as running:
            yield running


@pytest.fixture
def page(browser: Browser) -> Page:
    """Give a page of a new browser; whose certificates those are is nobody's business."""
    return browser.new_context(ignore_https_errors=True, locale="en-GB").new_page()


@pytest.fixture
def spa(front: tuple[Front, Flask]) -> Partner:
    """Register the app: public, with both addresses."""
    entry = GLUCO_ENTRY | {"id": "spa", "oid": "1.2.250.1.999.7.8", "name": "Page", "scopes": []}
    return register(
        front[1], entry, client_name="Page", token_endpoint_auth_method="none",
        redirect_uris=[f"{origin}/{path}" for origin in (NEAR, FAR) for path in ("callback", "silent", "hop")],
        post_logout_redirect_uris=[f"{origin}/goodbye" for origin in (NEAR, FAR)],
        subject_type="public",
    )  # fmt: skip


def manager(client: Partner, origin: str, more: str = "") -> str:
    """Return the script that makes the library's manager, under the name of `m`."""
    settings = SETTINGS.format(host=HOST, client=client.client_id, origin=origin, more=more)
    return f"const m = new oidc.UserManager({settings});"


def does(page: Page, client: Partner, origin: str, script: str, more: str = "") -> Any:
    """Have the page do something with the manager, and return what comes of it."""
    return page.evaluate("async () => {" + manager(client, origin, more) + script + "}")


def arrives_at_consent(page: Page, client: Partner, person: Person, origin: str, **wishes: str) -> None:
    """Go from the app's page to the space and through the sign-in."""
    page.goto(origin)
    does(page, client, origin, f"m.signinRedirect({json.dumps(wishes)})")
    passes_sign_in(page, person)


def passes_sign_in(page: Page, person: Person) -> None:
    """Go through the arrival and both factors."""
    page.locator("#arrival button").first.click()
    page.fill("#identifier", person.identifier)
    page.fill("#password", person.password)
    page.locator("#login .btn").first.click()
    page.check("#m-email")
    page.locator("#second-factor .btn").first.click()
    page.fill("#code", person.mailbox.code_for(person.email))
    page.locator("#second-factor .btn").first.click()


def signs_in(page: Page, client: Partner, person: Person, origin: str) -> dict[str, Any]:
    """Go from the app's page to the space and back; return who the library says signed in."""
    arrives_at_consent(page, client, person, origin)
    page.check('input[name="scope"][value="profile"]')
    page.locator('button[name="decision"][value="allow"]').click()
    page.locator("#done button").click()
    page.wait_for_url(f"{origin}/callback?*")
    found: dict[str, Any] = does(page, client, origin, "return await m.signinRedirectCallback()")
    return found


SILENTLY = """const user = await m.getUser();
  user.refresh_token = undefined;
  await m.storeUser(user);
  const asked = m.signinSilent({silentRequestTimeoutInSeconds: 20});
  return asked.then((user) => user.profile.sub, (error) => error.error);"""


@spec("OpenID Connect Core", "3.1", "a certified library in a browser signs in, reads, renews by token and signs out")
@pytest.mark.parametrize("origin", [NEAR, FAR])
def test_page_signs_in_renews_and_signs_out(page: Page, spa: Partner, alice: Person, origin: str) -> None:
    user = signs_in(page, spa, alice, origin)
    assert user["profile"]["given_name"] == "Alice"
    renewed = does(page, spa, origin, "return await m.signinSilent()")
    assert renewed["profile"]["sub"] == user["profile"]["sub"]
    assert renewed["access_token"] != user["access_token"]
    assert renewed["refresh_token"] != user["refresh_token"]
    does(page, spa, origin, "m.signoutRedirect({state: 'bye'})")
    page.wait_for_url(f"{origin}/goodbye?*")
    assert does(page, spa, origin, "return (await m.signoutRedirectCallback()).userState") == "bye"
    assert does(page, spa, origin, "return await m.getUser()") is None
    asked = f"https://{HOST}/userinfo", {"Authorization": f"Bearer {renewed['access_token']}"}
    assert page.evaluate("async ([url, headers]) => (await fetch(url, {headers})).status", asked) == 401


@spec("OpenID Connect Core", "3.1.2.1", "an app's hidden frame renews for the person whom it names")
def test_hidden_frame_renews(page: Page, spa: Partner, alice: Person) -> None:
    user = signs_in(page, spa, alice, NEAR)
    assert does(page, spa, NEAR, SILENTLY, NAMED) == user["profile"]["sub"]
    renewed = does(page, spa, NEAR, "return await m.getUser()")
    assert renewed["access_token"] != user["access_token"]
    asked = f"https://{HOST}/userinfo", {"Authorization": f"Bearer {renewed['access_token']}"}
    assert page.evaluate("async ([url, headers]) => (await fetch(url, {headers})).status", asked) == 200


@spec("OpenID Connect Core", "3.1.2.6", "an app's hidden frame is told at once why there is no silent answer")
@pytest.mark.parametrize(("origin", "more", "answer"), [(NEAR, "", "consent_required"), (FAR, NAMED, "login_required")])
def test_hidden_frame_is_told_why_not(
    page: Page, spa: Partner, alice: Person, origin: str, more: str, answer: str
) -> None:
    signs_in(page, spa, alice, origin)
    assert does(page, spa, origin, SILENTLY, more) == answer
    page.goto(f"https://{HOST}/home/services")
    assert page.locator("article", has_text="Page").count() == 1, "the patient is still signed in"


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_patient_reaches_an_app_that_leads_on_to_another_address(
    page: Page, spa: Partner, alice: Person, decision: str
) -> None:
    arrives_at_consent(page, spa, alice, FAR, redirect_uri=f"{FAR}/hop")
    page.check('input[name="scope"][value="profile"]')
    page.locator(f'button[name="decision"][value="{decision}"]').click()
    if decision == "allow":
        page.locator("#done button").click()
    page.wait_for_url(f"{NEAR}/landed")


@spec("RFC 8252", "7.1", "a real browser hands the answer to the app that has the scheme, and no policy stops it")
@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_patient_reaches_an_app_by_its_own_scheme(
    page: Page, front: tuple[Front, Flask], alice: Person, decision: str
) -> None:
    entry = GLUCO_ENTRY | {"id": "phone", "oid": "1.2.250.1.999.7.8", "name": "Page", "scopes": []}
    phone = register(
        front[1], entry, client_name="Page", token_endpoint_auth_method="none", application_type="native",
        redirect_uris=["com.example.page:/callback"],
    )  # fmt: skip
    stopped: list[str] = []
    page.on("console", lambda message: stopped.append(message.text))
    page.goto(NEAR)
    page.goto(f"https://{HOST}{phone.address(scope='openid profile', app_account=None)}")
    passes_sign_in(page, alice)
    page.check('input[name="scope"][value="profile"]')
    with page.expect_event("request", lambda one: "com.example.page:" in one.url) as sent:
        page.locator(f'button[name="decision"][value="{decision}"]').click()
        if decision == "allow":
            page.locator("#done button").click()
    assert sent.value.url.startswith("com.example.page:/callback?")
    assert [text for text in stopped if "form-action" in text] == []
