"""Open redirects: whatever a stranger puts into an address or a header, our pages lead to our own pages."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from tests.actors import Partner, Person

LINKS = re.compile(r'(?:href|action|formaction)="([^"]*)"')
ELSEWHERE = [
    "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example",
    "/\t/evil.example", "/\n/evil.example", "javascript:alert(1)", "http:evil.example", " //evil.example", "evil",
]  # fmt: skip


def foreign(page: str) -> list[str]:
    """List the links of a page that leave this server."""
    return [link for link in LINKS.findall(page) if not re.match(r"/(?![/\\])|#|\?|$", link)]


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_sign_in_ends_at_our_own_page(alice: Person, wanted: str) -> None:
    page = alice.passes_sign_in(alice.get("/login?next=" + quote(wanted, safe="")))
    assert page.status_code == 200
    assert page.request.path == "/home/measures"


@pytest.mark.parametrize(
    "referrer",
    ["https://evil.example//evil.example/x", "https://evil.example/\\evil.example", "http://[", "x", "//a//b", "é"],
)
def test_refused_form_leads_back_to_our_own_page(client: FlaskClient, referrer: str) -> None:
    """Another site may have any Referer sent along with the form it forges."""
    for path in ("/logout", "/home/profile/open"):
        page = client.post(path, headers={"Referer": referrer})
        assert page.status_code == 400
        assert foreign(page.text) == []


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example", "///evil.example"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_page_that_does_not_exist_has_no_links_elsewhere(client: FlaskClient, path: str, method: str) -> None:
    page = client.open("/x", method=method, environ_overrides={"PATH_INFO": path})
    assert page.status_code in (308, 400, 404)
    assert foreign(page.text) == []


def test_host_header_is_not_repeated(alice: Person, glucoapp: Partner) -> None:
    """Host header poisoning: addresses that leave us come from the settings, links inside have no host."""
    host = {"Host": "evil.example"}
    for page in (
        alice.browser.get("/about/help", headers=host),
        alice.browser.post("/logout", headers=host),
        alice.browser.get("/.well-known/openid-configuration", headers=host),
        alice.browser.get(glucoapp.address(prompt="none"), headers=host),
        alice.browser.get("/login", headers=host),
    ):
        assert "evil.example" not in page.text + page.headers.get("Location", "")
