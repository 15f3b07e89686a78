"""Signing in by a certified provider, set up as the French one is, in a real Chromium: there, here, and out of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from authz import upstream
from authz.identity import upstream_identities
from tests import cast
from tests.actors import Person
from tests.browser import seeds
from tests.browser.conftest import Site
from tests.fakes.openid_provider import ALICE
from tests.peers.node import Conversation, conversing
from tests.standing import unit_in

SECRET = "long-enough-for-the-certified-provider"
METHODS = ("client_secret_post", "private_key_jwt")


@dataclass(frozen=True)
class Connected:
    """A space with the provider set, and Alice."""

    site: Site
    talk: Conversation
    alice: Person

    def ends(self) -> dict[str, Any]:
        """End the provider; returns what it has seen."""
        self.talk.says(end=True)
        return self.talk.hears()


@contextmanager
def _connected(site: Site, method: str, acr: str = "eidas1") -> Iterator[Connected]:
    client = {
        "client_id": "appairage",
        "token_endpoint_auth_method": method,
        "redirect_uris": [f"{site.url}/sign-in/fc/callback"],
        "post_logout_redirect_uris": [f"{site.url}/sign-out/back"],
    }
    proof = {"client_secret": SECRET} if method == METHODS[0] else {"jwks_uri": f"{site.url}/jwks"}
    proof |= {} if method == METHODS[0] else {"token_endpoint_auth_signing_alg": "ES256"}
    person = {name: value for name, value in ALICE.items() if name != "sub"}
    told = {"client": client | proof, "person": person, "prefix": "/api/v2", "acr": acr}
    before = site.app.extensions["settings"]
    with conversing("oidc_provider.mjs", **told) as talk:
        issuer = talk.hears()["issuer"]
        given = {"PRESET": "franceconnect", "ISSUER": issuer, "CLIENT_ID": "appairage"}
        given |= {"CLIENT_SECRET": proof.get("client_secret", "")}
        members = {f"APPAIRAGE_UPSTREAM_FC_{member}": text for member, text in given.items()}
        host = issuer.removeprefix("http://").partition("/")[0]
        site.app.extensions["settings"] = replace(
            before, upstream=upstream.read(["fc"], members.get), outbound_allow=(host,)
        )
        try:
            yield Connected(site, talk, cast.enrol(site.app, site.mailbox, "alice.martin"))
        finally:
            site.app.extensions["settings"] = before


@pytest.fixture(params=METHODS)
def connected(site: Site, request: pytest.FixtureRequest) -> Iterator[Connected]:
    """Give the space, connected in both ways of proving itself."""
    with _connected(site, request.param) as running:
        yield running


def _signs_in_here(page: Page, alice: Person) -> None:
    page.fill("#identifier", alice.identifier)
    page.fill("#password", alice.password)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    _confirms(page, alice)


def _confirms(page: Page, alice: Person) -> None:
    page.check("#m-email")
    page.get_by_role("button", name="Continuer").click()
    page.fill("#code", alice.mailbox.code_for(alice.email))
    page.locator("#code").press("Enter")


def _links(page: Page, connected: Connected) -> None:
    page.goto(f"{connected.site.url}/home/security")
    _signs_in_here(page, connected.alice)
    page.get_by_role("link", name="Relier FranceConnect").click()
    page.get_by_role("button", name="Je suis Alice").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Relier FranceConnect à votre espace santé ?")


def test_patient_links_signs_in_by_it_and_signs_out_of_both(
    connected: Connected, open_browser: Callable[..., Page], axe: Callable[[Page], list[str]]
) -> None:
    """Security, provider, question, link; signed out of both; in again by the provider and a code; unlinked."""
    page = open_browser()
    _links(page, connected)
    assert "Alice Élodie MARTIN" in page.locator("main").inner_text()
    assert axe(page) == []
    page.get_by_role("button", name="Relier FranceConnect").click()
    expect(page.get_by_text("FranceConnect est relié.")).to_be_visible()
    assert axe(page) == []
    page.locator("details.menu summary, summary").first.click()
    page.locator("#logout button").click()
    page.get_by_role("button", name="Oui").click()
    page.wait_for_url(f"{connected.site.url}/pair/*/login")
    expect(page.get_by_text("Déconnexion faite.")).to_be_visible()
    page.get_by_role("link", name="FranceConnect").click()
    page.get_by_role("button", name="Je suis Alice").click()
    page.wait_for_url("**/second-factor")
    _confirms(page, connected.alice)
    page.wait_for_url("**/home/measures")
    page.goto(f"{connected.site.url}/home/security")
    page.get_by_role("link", name="Modifier FranceConnect").click()
    assert axe(page) == []
    page.get_by_role("button", name="Ne plus relier FranceConnect").click()
    expect(page.get_by_text("Il n’est plus relié")).to_be_visible()
    with unit_in(connected.site.app):
        assert upstream_identities.list_of_account(connected.alice.account_id) == []
    seen = connected.ends()
    assert (seen["tokens"], seen["userinfo"], seen["ended"]) == (2, 2, 1)
    assert len(set(seen["authentication"])) == 1


def test_app_is_linked_by_way_of_the_provider_on_a_phone_without_scripts(
    site: Site, open_browser: Callable[..., Page]
) -> None:
    """Started in the app: arrival, provider, second factor, question, consent, done; each by plain forms and links."""
    with _connected(site, METHODS[0]) as connected:
        partner = cast.register(site.app, seeds.GLYCELIA, client_name="Glycélia", redirect_uris=["http://127.0.0.1/x"])
        page = open_browser(phone=True, java_script_enabled=False)
        page.goto(site.url + partner.address())
        page.locator("#arrival button").first.click()
        page.get_by_role("link", name="FranceConnect").click()
        page.get_by_role("button", name="Je suis Alice").click()
        page.wait_for_url("**/login")
        expect(page.get_by_text("FranceConnect vous connaît")).to_be_visible()
        _signs_in_here(page, connected.alice)
        page.wait_for_url("**/link")
        page.get_by_role("button", name="Relier FranceConnect").click()
        page.wait_for_url("**/consent")
        connected.ends()


def test_patient_who_cancels_there_goes_on_with_the_password(site: Site, open_browser: Callable[..., Page]) -> None:
    with _connected(site, METHODS[0]) as connected:
        page = open_browser(lang="en")
        page.goto(f"{site.url}/login")
        page.get_by_role("link", name="FranceConnect").click()
        page.get_by_role("button", name="Annuler").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("You did not sign in with FranceConnect")
        page.get_by_role("link", name="Go on another way").click()
        page.fill("#identifier", connected.alice.identifier)
        connected.ends()


def test_level_that_counts_as_two_factors_needs_none_of_ours(site: Site, open_browser: Callable[..., Page]) -> None:
    with _connected(site, METHODS[0], acr="eidas2") as connected:
        page = open_browser()
        _links(page, connected)
        page.get_by_role("button", name="Relier FranceConnect").click()
        other = open_browser()
        other.goto(f"{site.url}/login")
        other.get_by_role("link", name="FranceConnect").click()
        other.get_by_role("button", name="Je suis Alice").click()
        other.wait_for_url("**/home/measures")
        connected.ends()
