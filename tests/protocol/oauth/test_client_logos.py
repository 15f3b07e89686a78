"""The logo of a client that registered itself: fetched once, looked at, and shown from here (RFC 7591 §2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from authz.clients import logos
from tests import drawing
from tests.actors import Partner, Person
from tests.fakes.key_server import KeyServer, serving
from tests.fakes.smtp import make_certificate
from tests.registering import invited, manages, registers
from tests.spec import spec

REGISTRATION = "OpenID Connect Registration"
PICTURE = drawing.png(64, 64)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Give a certificate for loopback."""
    return make_certificate(tmp_path)


@pytest.fixture
def site(certificate: Path) -> Iterator[KeyServer]:
    """Give the client's web server, with its logo."""
    with serving(certificate) as server:
        server.body = PICTURE
        yield server


@pytest.fixture
def ready(make_app: Callable[..., Flask], certificate: Path) -> Flask:
    """Give a server that may call loopback."""
    return make_app(registration="token", outbound_allow=("127.0.0.1",), outbound_ca=str(certificate))


def registered(app: Flask, uri: str | None) -> dict[str, Any]:
    """Register with a logo; return what the client was told."""
    answer = registers(app, invited(app, profile="oidc"), logo_uri=uri)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json
    return told


def shown(app: Flask, told: dict[str, Any]) -> Any:
    """Return the picture that pages have of the client."""
    return app.test_client().get(f"/apps/{told['client_id']}/logo/B")


@spec(REGISTRATION, "2", "the sign-in shows the logo that the client registered, from this server")
def test_patient_sees_the_logo(alice: Person, ready: Flask, site: KeyServer) -> None:
    told = registered(ready, site.url)
    partner = Partner(ready, told["client_id"], told["client_secret"], told["redirect_uris"][0], scope="openid profile")
    page = alice.get(partner.address())
    assert f'src="/apps/{told["client_id"]}/logo/B"' in page.text
    assert site.url not in page.text, "no page makes a browser call elsewhere"
    picture = shown(ready, told)
    assert (picture.status_code, picture.data, picture.content_type) == (200, PICTURE, "image/png")
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    assert site.asked == 1, "it was fetched once, at the registration"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        (200, b"<!doctype html>"),
        (200, drawing.png(4000, 10)),
        (200, PICTURE + bytes(logos.MAX_BYTES)),
        (404, PICTURE),
        (302, PICTURE),
    ],
)
def test_what_is_no_picture_leaves_the_letter(ready: Flask, site: KeyServer, status: int, body: bytes) -> None:
    site.status, site.body = status, body
    picture = shown(ready, registered(ready, site.url))
    assert picture.content_type == "image/svg+xml"
    assert b">B</text>" in picture.data


def test_server_that_is_away_or_inside_leaves_the_letter(
    make_app: Callable[..., Flask], site: KeyServer, certificate: Path
) -> None:
    careful = make_app(registration="token", outbound_ca=str(certificate))
    for uri in ("https://away.example/logo.png", site.url, None):
        assert shown(careful, registered(careful, uri)).content_type == "image/svg+xml"
    assert site.asked == 0


@spec("RFC 7592", "2.2", "a client that replaces its registration has the logo of the new one, or none")
def test_client_changes_its_logo(ready: Flask, site: KeyServer) -> None:
    told = registered(ready, site.url)
    site.body = drawing.gif(32, 32)
    wish = {"client_id": told["client_id"], "redirect_uris": told["redirect_uris"]}
    assert manages(ready, "PUT", told, json=wish | {"logo_uri": site.url}).status_code == 200
    assert shown(ready, told).content_type == "image/gif"
    assert manages(ready, "PUT", told, json=wish).status_code == 200
    assert shown(ready, told).content_type == "image/svg+xml"


def test_client_that_changes_all_the_time_is_told_to_wait(ready: Flask, site: KeyServer) -> None:
    told = registered(ready, site.url)
    wish = {"client_id": told["client_id"], "redirect_uris": told["redirect_uris"], "logo_uri": site.url}
    answers = [manages(ready, "PUT", told, json=wish).status_code for _ in range(22)]
    assert answers == [200] * 20 + [429] * 2
    assert site.asked == 21
