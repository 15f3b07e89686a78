"""Floods: requests that need no proof fill no table, and lock nobody out who is not in the flood's own network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select

from authz.cli.purging import sweep
from authz.interaction.models import Interaction
from authz.interaction.pushed import PushedRequest
from authz.tokens.device_codes import DeviceCode
from tests.actors import Partner, Person, params_of
from tests.cast import GLUCO_ENTRY, register
from tests.clock import Clock
from tests.standing import unit_in

FLOOD = 5
ELSEWHERE = {"REMOTE_ADDR": "198.51.100.7"}


@pytest.fixture
def flooded(make_app: Callable[..., Flask]) -> Flask:
    """Give the space with a small budget."""
    return make_app(network_requests=FLOOD)


def rows(app: Flask, table: Any) -> int:
    with unit_in(app) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def opens(app: Flask, address: str, **environ: str) -> Any:
    """Open an address with a browser of its own."""
    return app.test_client().get(address, environ_base=environ)


@pytest.mark.parametrize("way", ["authorize", "login"])
def test_flood_of_requests_is_told_to_wait_and_others_are_not(
    flooded: Flask, glucoapp: Partner, clock: Clock, *, way: str
) -> None:
    address = glucoapp.address() if way == "authorize" else "/login"
    answers = [opens(flooded, address) for _ in range(FLOOD * 4)]
    assert [answer.status_code for answer in answers] == [303] * FLOOD + [429] * FLOOD * 3
    assert "Trop d" in answers[-1].text
    assert rows(flooded, Interaction) == FLOOD
    assert opens(flooded, address, **ELSEWHERE).status_code == 303
    clock.advance(minutes=2)
    assert opens(flooded, address).status_code == 303


def test_patient_in_the_flood_s_network_goes_on_from_a_browser_that_signed_in_before(
    flooded: Flask, alice: Person, glucoapp: Partner
) -> None:
    alice.signs_in()
    browser = flooded.test_client()
    device = alice.browser.get_cookie("device")
    assert device is not None
    browser.set_cookie("device", device.value)
    for _ in range(FLOOD * 2):
        opens(flooded, "/login")
    assert opens(flooded, "/login").status_code == 429
    assert browser.get("/login").status_code == 303
    assert browser.get(glucoapp.address()).status_code == 303
    forged = flooded.test_client()
    forged.set_cookie("device", "apd_" + "x" * 43)
    assert forged.get("/login").status_code == 429


def test_public_app_s_pushes_are_bounded_and_those_of_apps_that_prove_themselves_are_not(
    flooded: Flask, glucoapp: Partner, otherapp: Partner
) -> None:
    for partner in (glucoapp, otherapp):
        partner.http = flooded.test_client(use_cookies=False)
    pushed = [otherapp.post("/par", **params(otherapp)) for _ in range(FLOOD * 2)]
    assert [answer.status_code for answer in pushed] == [201] * FLOOD + [429] * FLOOD
    assert int(pushed[-1].headers["Retry-After"]) > 0
    assert pushed[-1].json["error"] == "too_many_requests"
    assert rows(flooded, PushedRequest) == FLOOD
    assert {glucoapp.post("/par", **params(glucoapp)).status_code for _ in range(FLOOD * 2)} == {201}


def test_objects_are_bounded_too(flooded: Flask, app: Flask) -> None:
    entry = GLUCO_ENTRY | {"id": "scale", "oid": "1.2.250.1.999.7.9", "scopes": [{"scope": "measures.weight.write"}]}
    scale = register(app, entry, profile="device", token_endpoint_auth_method="none", redirect_uris=[])
    scale.http = flooded.test_client(use_cookies=False)
    begun = [scale.post("/device_authorization", scope="measures.weight.write") for _ in range(FLOOD * 2)]
    assert [answer.status_code for answer in begun] == [200] * FLOOD + [429] * FLOOD
    assert rows(flooded, DeviceCode) == FLOOD


def test_silent_requests_write_no_row_and_are_not_counted(flooded: Flask, glucoapp: Partner) -> None:
    for _ in range(FLOOD * 3):
        answer = opens(flooded, glucoapp.address(prompt="none"))
        assert params_of(answer)["error"] == "login_required"
    assert rows(flooded, Interaction) == 0


def test_what_nobody_went_on_with_is_swept_within_the_hour(
    app: Flask, alice: Person, glucoapp: Partner, otherapp: Partner, clock: Clock
) -> None:
    opens(app, "/login")
    opens(app, glucoapp.address())
    otherapp.post("/par", **params(otherapp))
    alice.arrives_at_consent(glucoapp)
    assert (rows(app, Interaction), rows(app, PushedRequest)) == (3, 1)
    clock.advance(minutes=89)
    with unit_in(app):
        sweep()
    assert (rows(app, Interaction), rows(app, PushedRequest)) == (3, 0)
    clock.advance(minutes=2)
    with unit_in(app):
        sweep()
    assert rows(app, Interaction) == 1, "only that in which somebody had signed in"


def params(partner: Partner) -> dict[str, str]:
    """Return an authorization request's parameters, to push them."""
    asked = dict(parse_qsl(urlsplit(partner.address()).query))
    del asked["client_id"]
    return asked
