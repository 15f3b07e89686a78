"""Objects without a browser (RFC 8628): the codes, the page, the asking, and every way in which it may end."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.actors import Forms, Partner, Person, claims_of
from tests.cast import GLUCO_ENTRY, register
from tests.clock import Clock
from tests.spec import spec

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
SCOPE = "openid measures.weight.write"


@pytest.fixture
def scale(app: Flask) -> Partner:
    """Give a bathroom scale: a public client of profile device, in the catalogue."""
    asks = [{"scope": "measures.weight.write"}]
    entry = GLUCO_ENTRY | {"id": "scale", "oid": "1.2.250.1.999.7.9", "name": "Balance", "scopes": asks}
    return register(
        app, entry, profile="device", client_name="Balance", token_endpoint_auth_method="none", redirect_uris=[]
    )  # fmt: skip


def begun(partner: Partner, **form: str) -> dict[str, Any]:
    """Let an object begin to wait."""
    answer = partner.post("/device_authorization", **({"scope": SCOPE} | form))
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json
    return content


def asks(partner: Partner, codes: dict[str, Any]) -> Any:
    """Ask for the tokens."""
    return partner.post("/token", grant_type=GRANT, device_code=codes["device_code"])


def scans(person: Person, codes: dict[str, Any]) -> TestResponse:
    """Open the address that the object shows, signing in first if need be."""
    page = person.get(codes["verification_uri_complete"].removeprefix("http://localhost"))
    return person.passes_sign_in(page) if page.request.path.endswith("/login") else page


def agrees(person: Person, codes: dict[str, Any]) -> TestResponse:
    """Go the whole way from the object's address to the last page."""
    page = person.submit(scans(person, codes), "device")
    assert codes["user_code"] in page.text
    page = person.submit(page, "arrival")
    chosen: dict[str, Any] = {"profile": person.profile_id(), "scope": ["measures.weight.write"], "until": "13"}
    return person.submit(page, "consent", decision="allow", **chosen)


@spec("RFC 8628", "3.2", "device_code, user_code, verification_uri, verification_uri_complete, expires_in, interval")
@spec("RFC 8628", "6.1", "the user code is short, of consonants, and told from the device code")
def test_object_gets_its_codes(scale: Partner) -> None:
    answer = scale.post("/device_authorization", scope=SCOPE)
    codes = answer.json
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(codes["device_code"]) > 40
    first, _, second = codes["user_code"].partition("-")
    assert {len(first), len(second)} == {4}
    assert set(first + second) <= set("BCDFGHJKLMNPQRSTVWXZ")
    assert codes["verification_uri"] == "http://localhost/device"
    assert codes["verification_uri_complete"] == f"http://localhost/device?user_code={codes['user_code']}"
    assert (codes["expires_in"], codes["interval"]) == (600, 5)


@spec("RFC 8628", "4", "the endpoint and the grant are in the metadata")
def test_object_finds_the_endpoint(scale: Partner) -> None:
    metadata = scale.http.get("/.well-known/oauth-authorization-server").json
    assert metadata["device_authorization_endpoint"] == "http://localhost/device_authorization"
    assert GRANT in metadata["grant_types_supported"]


@spec("RFC 8628", "3.3", "the person signs in, compares the code, agrees, and goes back to the object")
@spec("RFC 8628", "3.5", "authorization_pending until the person has decided; then tokens, once")
def test_patient_links_an_object(alice: Person, scale: Partner, clock: Clock) -> None:
    codes = begun(scale, app_account="scale-17")
    pending = asks(scale, codes)
    assert (pending.status_code, pending.json["error"]) == (400, "authorization_pending")
    page = agrees(alice, codes)
    assert page.request.path.endswith("/object")
    clock.advance(seconds=5)
    tokens = asks(scale, codes)
    assert tokens.status_code == 200, tokens.text
    assert tokens.json["scope"] == SCOPE
    assert claims_of(tokens.json["id_token"])["aud"] == scale.client_id
    assert scale.refresh(tokens.json["refresh_token"]).status_code == 200
    assert scale.call("GET", "/userinfo", tokens.json["access_token"]).status_code == 200
    again = asks(scale, codes)
    assert (again.status_code, again.json["error"]) == (400, "invalid_grant")


@spec("RFC 8628", "3.3.1", "an address with the code in it still has the person confirm")
def test_scanned_address_only_fills_in_the_code(alice: Person, scale: Partner) -> None:
    codes = begun(scale)
    page = scans(alice, codes)
    assert f'value="{codes["user_code"]}"' in page.text
    assert asks(scale, codes).json["error"] == "authorization_pending"


def test_stranger_to_the_browser_signs_in_and_comes_back_to_the_code(alice: Person, scale: Partner) -> None:
    codes = begun(scale)
    assert urlsplit(alice.browser.get("/device").headers["Location"]).path == "/login"
    page = scans(alice, codes)
    assert page.request.path == "/device"
    assert codes["user_code"] in page.text


@spec("RFC 8628", "6.1", "case, spaces and dashes do not matter")
@pytest.mark.parametrize("change", [str.lower, lambda code: code.replace("-", ""), lambda code: " ".join(code)])
def test_patient_types_the_code_as_people_do(alice: Person, scale: Partner, change: Any) -> None:
    codes = begun(scale)
    alice.signs_in()
    page = alice.submit(alice.get("/device"), "device", user_code=change(codes["user_code"]))
    assert page.request.path.endswith("/arrival")


@spec("RFC 8628", "3.5", "access_denied once the person has refused")
@pytest.mark.parametrize("at", ["arrival", "consent"])
def test_patient_refuses_an_object(alice: Person, scale: Partner, at: str) -> None:
    codes = begun(scale)
    page = alice.submit(scans(alice, codes), "device")
    if at == "arrival":
        page = alice.submit(page, "arrival", to=page.request.path.replace("/arrival", "/cancel"))
    else:
        page = alice.submit(alice.submit(page, "arrival"), "consent", decision="deny")
    assert page.request.path.endswith("/object")
    assert (asks(scale, codes).status_code, asks(scale, codes).json["error"]) == (400, "access_denied")
    page = alice.submit(scans(alice, codes), "device")
    assert page.status_code == 400


@spec("RFC 8628", "3.5", "slow_down adds five seconds to the interval for good")
def test_object_that_asks_too_often_slows_down(scale: Partner, clock: Clock) -> None:
    codes = begun(scale)
    told = []
    for wait in (0, 1, 6, 11, 15.5):
        clock.advance(seconds=wait)
        told.append(asks(scale, codes).json["error"])
    assert told == ["authorization_pending", "slow_down", "slow_down", "slow_down", "slow_down"]
    clock.advance(seconds=25)
    assert asks(scale, codes).json["error"] == "authorization_pending"


@spec("RFC 8628", "3.5", "expired_token after ten minutes")
def test_code_expires(alice: Person, scale: Partner, clock: Clock) -> None:
    codes = begun(scale)
    page = alice.submit(scans(alice, codes), "device")
    page = alice.submit(page, "arrival")
    clock.advance(seconds=601)
    assert asks(scale, codes).json["error"] == "expired_token"
    chosen: dict[str, Any] = {"profile": alice.profile_id(), "scope": ["measures.weight.write"], "until": "13"}
    late = alice.submit(page, "consent", decision="allow", **chosen)
    assert late.status_code == 410
    assert alice.submit(alice.get("/device"), "device", user_code=codes["user_code"]).status_code == 400


@spec("RFC 8628", "5.1", "guessing is hopeless: who signs in has ten tries in a quarter of an hour")
def test_guesser_runs_out_of_tries(mallory: Person, scale: Partner, clock: Clock) -> None:
    codes = begun(scale)
    mallory.signs_in()
    page = mallory.get("/device")
    for _ in range(10):
        assert mallory.submit(page, "device", user_code="BBBB-BBBB").status_code == 400
    assert mallory.submit(page, "device", user_code=codes["user_code"]).status_code == 429
    assert mallory.submit(page, "device", user_code="not a code").status_code == 400
    clock.advance(minutes=3)
    assert mallory.submit(page, "device", user_code=codes["user_code"]).request.path.endswith("/arrival")


def test_nobody_tries_codes_without_signing_in(alice: Person, scale: Partner) -> None:
    form = Forms(alice.get("/login").text).found["login"]
    codes = begun(scale)
    left = alice.browser.post("/device", data={"csrf_token": form["csrf_token"], "user_code": codes["user_code"]})
    assert urlsplit(left.headers["Location"]).path == "/login"


@spec("RFC 8628", "3.4", "a code is its client's alone, and told from none by nobody else")
def test_code_is_bound_to_its_client(alice: Person, scale: Partner, app: Flask) -> None:
    other = register(app, client_id="other", profile="device", token_endpoint_auth_method="client_secret_basic",
                     redirect_uris=[])  # fmt: skip
    codes = begun(scale)
    agrees(alice, codes)
    stolen = asks(other, codes)
    made_up = asks(other, {"device_code": "apd_" + "x" * 43})
    assert stolen.json == made_up.json
    assert stolen.json["error"] == "invalid_grant"
    assert asks(scale, codes).status_code == 200


@spec("RFC 8628", "3.4", "device_code is needed, once, from a client that may")
def test_wrong_asking_is_refused(scale: Partner, glucoapp: Partner) -> None:
    assert scale.post("/token", grant_type=GRANT).json["error"] == "invalid_request"
    assert asks(glucoapp, begun(scale)).json["error"] == "unauthorized_client"
    twice = scale.http.post("/device_authorization", data=f"client_id={scale.client_id}&scope=openid&scope=profile",
                            content_type="application/x-www-form-urlencoded")  # fmt: skip
    assert twice.json["error"] == "invalid_request"


@spec("RFC 8628", "3.1", "the client proves itself and asks for what it is registered for")
@pytest.mark.parametrize(
    ("form", "code"),
    [({"scope": "nothing"}, "invalid_scope"), ({"scope": None}, "invalid_scope"),
     ({"scope": SCOPE, "app_account": "x" * 255}, "invalid_request"),
     ({"scope": SCOPE, "ui_locales": "\x00"}, "invalid_request")],
)  # fmt: skip
def test_wrong_request_of_an_object_is_refused(scale: Partner, form: dict[str, Any], code: str) -> None:
    answer = scale.post("/device_authorization", **form)
    assert (answer.status_code, answer.json["error"]) == (400, code)


def test_guide_shows_the_answers_that_are_given(scale: Partner) -> None:
    guide = Path("docs/partners.md").read_text(encoding="utf-8").partition("### An object without a browser")[2]
    asked, told = re.findall(r"```(?:http|json)\n(.*?)```", guide, re.S)[:2]
    form = dict(parse_qsl(asked.partition("\n\n")[2].strip())) | {"client_id": scale.client_id}
    answer = scale.http.post(asked.split()[1], data=form)
    assert {name: type(value) for name, value in answer.json.items()} == {
        name: type(value) for name, value in json.loads(told).items()
    }
    assert answer.json["interval"] == json.loads(told)["interval"]


def test_strangers_and_apps_get_no_device_codes(scale: Partner, glucoapp: Partner) -> None:
    assert glucoapp.post("/device_authorization", scope="openid").json["error"] == "unauthorized_client"
    unknown = scale.http.post("/device_authorization", data={"client_id": "nobody", "scope": "openid"})
    assert (unknown.status_code, unknown.json["error"]) == (400, "invalid_client")


def test_suspended_service_gets_no_codes(alice: Person, scale: Partner, app: Flask) -> None:
    from authz.catalogue import entries
    from tests.standing import unit_in

    codes = begun(scale)
    with unit_in(app):
        entries.put(GLUCO_ENTRY | {"id": "scale", "oid": "1.2.250.1.999.7.9", "status": "suspended"})
    assert scale.post("/device_authorization", scope=SCOPE).json["error"] == "access_denied"
    assert alice.submit(scans(alice, codes), "device").status_code == 400


def test_link_ended_meanwhile_gives_nothing(alice: Person, scale: Partner, app: Flask) -> None:
    from authz.pairing import pairings
    from tests.standing import unit_in

    codes = begun(scale)
    agrees(alice, codes)
    with unit_in(app):
        profile_id = alice.profile_id()
        pairing = pairings.find_live(profile_id, scale.client_id)
        assert pairing is not None
        pairings.end(pairing, by=alice.account_id)
    over = asks(scale, codes)
    assert (over.json["error"], over.json["pairing_state"]) == ("invalid_grant", "ended")


@spec("RFC 8628", "3.5", "of two askings at once, one gets the tokens")
def test_two_askings_at_once_have_one_winner(alice: Person, scale: Partner) -> None:
    codes = begun(scale)
    agrees(alice, codes)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: asks(scale, codes).status_code, range(2)))
    assert sorted(answers) == [200, 400]


def test_two_browsers_decide_once(alice: Person, mallory: Person, scale: Partner) -> None:
    codes = begun(scale)
    pages = {}
    for person in (alice, mallory):
        pages[person.identifier] = person.submit(person.submit(scans(person, codes), "device"), "arrival")
    chosen: dict[str, Any] = {"scope": ["measures.weight.write"], "until": "13", "decision": "allow"}
    first = alice.submit(pages[alice.identifier], "consent", profile=alice.profile_id(), **chosen)
    second = mallory.submit(pages[mallory.identifier], "consent", profile=mallory.profile_id(), **chosen)
    assert (first.status_code, second.status_code) == (200, 410)


def test_object_of_an_openid_client_is_asked_about_each_time(alice: Person, app: Flask) -> None:
    kiosk = register(app, client_id="kiosk", profile="oidc", redirect_uris=[], grant_types=[GRANT],
                     response_types=[], scope="openid profile")  # fmt: skip
    for _ in range(2):
        codes = begun(kiosk, scope="openid profile")
        page = alice.submit(alice.submit(scans(alice, codes), "device"), "arrival")
        chosen: dict[str, Any] = {"profile": alice.profile_id(), "scope": ["profile"], "until": "13"}
        alice.submit(page, "consent", decision="allow", **chosen)
        tokens = asks(kiosk, codes).json
        assert "refresh_token" not in tokens


def test_two_objects_never_show_the_same_code(scale: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter("BBBBBBBB" * 2 + "CCCCCCCC")
    monkeypatch.setattr("secrets.choice", lambda _alphabet: next(drawn))
    assert [begun(scale)["user_code"] for _ in range(2)] == ["BBBB-BBBB", "CCCC-CCCC"]


def test_codes_that_are_over_are_forgotten(scale: Partner, app: Flask, clock: Clock) -> None:
    from authz.tokens import device_codes
    from tests.standing import unit_in

    begun(scale)
    clock.advance(days=2)
    with unit_in(app):
        assert device_codes.purge() == 1
