"""What every answer carries: headers, static files, weight, language, and a page for every refusal."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consent_ui import apps, assets
from tests.actors import Partner, Person

FIRST_PAGE, LATER_PAGE = 100_000, 25_000
FONT = "fonts/atkinson-hyperlegible-next-latin-wght-normal.woff2"


def test_every_page_is_kept_from_frames_caches_and_sniffing(client: FlaskClient) -> None:
    answer = client.get("/login", follow_redirects=True)
    headers = answer.headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "Strict-Transport-Security" not in headers


def test_https_is_demanded_of_browsers_that_came_by_it(make_app: Callable[..., Flask]) -> None:
    client = make_app(issuer="https://space.example").test_client()
    answer = client.get("/about/help", base_url="https://space.example")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    cookie = client.get("/login", base_url="https://space.example").headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie


def test_page_uses_nothing_inline_and_nothing_from_elsewhere(client: FlaskClient) -> None:
    text = client.get("/login", follow_redirects=True).text
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script>", text)
    assert re.findall(r'(?:src|href)="(https?:[^"]*)', text) == []


def test_static_files_are_kept_a_year_under_an_address_of_their_content(app: Flask, client: FlaskClient) -> None:
    with app.test_request_context():
        address = assets.static_url("css/app.css")
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data) == client.get(address).data
    stale = client.get(address.replace(assets.release(), "000000000000"))
    assert stale.headers["Cache-Control"] == "public, max-age=300"
    assert client.get("/static/x/css/none.css").status_code == 404
    assert client.get("/favicon.ico").content_type.startswith("image/svg+xml")
    with app.test_request_context(), pytest.raises(LookupError):
        assets.static_url("css/none.css")
    with app.test_request_context(), pytest.raises(LookupError):
        assets.icon("none")


def test_brand_hue_is_one_declaration(client: FlaskClient) -> None:
    assert client.get("/static/hue-200.css").text == ":root{--brand-hue:200}\n"
    assert client.get("/static/hue-361.css").status_code == 404


def test_pages_stay_light(alice: Person, glucoapp: Partner) -> None:
    """The first page with all it loads, then each later page by itself."""
    zipped = {"Accept-Encoding": "gzip"}
    first = alice.browser.get(glucoapp.address(), headers=zipped, follow_redirects=True)
    page = gzip.decompress(first.data).decode()
    loaded = {*re.findall(r'(?:src|href)="(/(?:static|apps)/[^"]+)"', page), f"/static/x/{FONT}"}
    total = len(first.data) + sum(len(alice.browser.get(path, headers=zipped).data) for path in loaded)
    assert total < FIRST_PAGE
    alice.signs_in()
    for name in ("measures", "documents", "services", "activity", "profile", "notices"):
        assert len(alice.browser.get(f"/home/{name}", headers=zipped).data) < LATER_PAGE


def test_size_of_a_page_is_blurred(client: FlaskClient) -> None:
    sizes = {len(client.get("/about/help", headers={"Accept-Encoding": "gzip"}).data) for _ in range(30)}
    assert len(sizes) > 5


def test_language_follows_the_choice_then_the_account_then_the_app_then_the_browser(
    alice: Person, glucoapp: Partner
) -> None:
    english = {"Accept-Language": "en-GB,en;q=0.9"}
    visitor = alice.app.test_client()
    assert '<html lang="en">' in visitor.get("/about/help", headers=english).text
    assert '<html lang="fr">' in visitor.get("/about/help", headers={"Accept-Language": "de"}).text
    asked = visitor.get(glucoapp.address(ui_locales="tlh fr-CA en"), headers=english, follow_redirects=True)
    assert '<html lang="fr">' in asked.text
    alice.signs_in()
    assert '<html lang="fr">' in alice.browser.get("/home/measures", headers=english).text
    assert '<html lang="en">' in alice.browser.get("/home/measures?lang=en").text
    assert '<html lang="en">' in alice.browser.get("/home/measures").text


def test_language_link_keeps_the_page_and_its_question(alice: Person) -> None:
    alice.signs_in()
    text = alice.browser.get("/about/help?x=1&lang=en").text
    assert 'href="/about/help?x=1&amp;lang=fr" lang="fr"' in text


@pytest.mark.parametrize("page", ["help", "accessibility", "privacy", "legal"])
def test_pages_of_the_foot_answer_everyone(client: FlaskClient, page: str) -> None:
    assert client.get(f"/about/{page}").status_code == 200


def test_unknown_page_wrong_method_and_large_body_are_explained(client: FlaskClient) -> None:
    assert "Cette page n’existe pas" in client.get("/nowhere").text
    wrong = client.delete("/login")
    assert wrong.status_code == 405
    assert "GET" in wrong.headers["Allow"]
    assert "Cette page ne s’utilise pas ainsi" in wrong.text


def test_fault_of_ours_is_said_with_a_reference(app: Flask) -> None:
    def fail() -> str:
        raise RuntimeError("boom")

    endpoint = app.view_functions["about.help"]
    app.view_functions["about.help"] = fail
    try:
        answer = app.test_client().get("/about/help")
    finally:
        app.view_functions["about.help"] = endpoint
    assert answer.status_code == 500
    assert "La faute vient de nous" in answer.text
    assert re.search(r"<strong class=\"num\">[0-9A-F]{4}-[0-9A-F]{4}</strong>", answer.text)
    assert "boom" not in answer.text


def test_request_that_an_app_got_wrong_names_what_is_wrong(client: FlaskClient, glucoapp: Partner) -> None:
    wrong = client.get(glucoapp.address(redirect_uri="https://evil.example/"))
    assert wrong.status_code == 400
    assert "redirect_uri" in wrong.text
    assert "evil.example" not in wrong.text.split("<main")[1]


def test_request_of_another_browser_leads_to_a_new_sign_in(alice: Person, mallory: Person) -> None:
    page = alice.get("/login")
    stolen = mallory.get(page.request.path)
    assert stolen.status_code == 404
    assert "Nous ne connaissons pas cette demande" in stolen.text
    assert 'href="/login"' in stolen.text


def test_logo_of_an_app_can_do_nothing(client: FlaskClient, glucoapp: Partner) -> None:
    from authz.catalogue import entries
    from tests.cast import GLUCO_ENTRY
    from tests.standing import unit_in

    plain = client.get("/apps/glucoapp/logo/G")
    assert ">G</text>" in plain.text
    with unit_in(glucoapp.app):
        entries.put(GLUCO_ENTRY | {"logo_svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"})
    drawn = client.get("/apps/glucoapp/logo/G")
    assert drawn.text.startswith("<svg")
    assert drawn.headers["Content-Security-Policy"] == apps.LOGO_POLICY
    assert client.get("/apps/glucoapp/logo/GG").status_code == 404
    assert client.get("/apps/gluco%20app/logo/G").status_code == 404
    assert "&lt;" in client.get("/apps/none/logo/<").text
