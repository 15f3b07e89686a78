"""RP-initiated logout: who proves which app asks is sent home, anybody else's patient is asked first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.actors import Forms, Partner, Person, params_of
from tests.cast import register
from tests.clock import Clock
from tests.spec import spec
from tests.standing import unit_in

DOCUMENT = "OpenID Connect RP-Initiated Logout"
HOME = "https://clinic.example/bye"
STATE = "s" * 128
GUIDE = Path(__file__).parents[3] / "docs/partners.md"


@pytest.fixture
def clinic(app: Flask) -> Partner:
    """Give a plain OpenID client that says where its users go after a logout."""
    partner = register(
        app, profile="oidc", client_name="Clinic", redirect_uris=["https://clinic.example/callback"],
        post_logout_redirect_uris=[HOME, HOME + "?a=b"],
    )  # fmt: skip
    partner.scope = "openid profile"
    return partner


@pytest.fixture
def id_token(alice: Person, clinic: Partner) -> str:
    """Sign Alice in to the clinic and give the ID token of that."""
    page = alice.decides(alice.arrives_at_consent(clinic), consents=["profile"])
    return str(clinic.redeem(params_of(page)["code"]).json["id_token"])


def asks(person: Person, **params: str) -> TestResponse:
    """Follow an app's logout link."""
    return person.get("/end_session?" + urlencode(params))


def is_signed_in(person: Person) -> bool:
    """Tell whether the browser still opens the space."""
    return bool(person.browser.get("/home/profile").status_code == 200)


@spec(DOCUMENT, "2", "with an ID token of this session the patient is signed out and sent to the registered address")
@spec(DOCUMENT, "3", "state comes back as sent, and nothing else")
def test_app_signs_its_patient_out(alice: Person, clinic: Partner, id_token: str) -> None:
    found = clinic.http.get("/.well-known/openid-configuration").json
    assert found["end_session_endpoint"] == "http://localhost/end_session"
    left = asks(alice, id_token_hint=id_token, post_logout_redirect_uri=HOME, state=STATE)
    assert left.status_code == 303
    assert left.headers["Location"] == f"{HOME}?state={STATE}"
    assert left.headers["Referrer-Policy"] == "no-referrer"
    assert params_of(alice.get(clinic.address(prompt="none")))["error"] == "login_required"
    assert not is_signed_in(alice)


def test_guide_shows_the_logout_that_happens(alice: Person, app: Flask) -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    shown = re.search(r"GET (/end_session\S+)", guide)
    ends = re.search(r"a redirect to `([^`]+)`", guide)
    assert shown
    assert ends
    partner = register(app, profile="oidc", post_logout_redirect_uris=[ends[1].partition("?")[0]])
    partner.scope = "openid"
    page = alice.decides(alice.arrives_at_consent(partner))
    hint = partner.redeem(params_of(page)["code"]).json["id_token"]
    assert alice.get(shown[1].replace("eyJ…", hint)).headers["Location"] == ends[1]


@spec(DOCUMENT, "3", "without a state none is sent; the address keeps its own query")
def test_app_without_a_state_gets_none(alice: Person, id_token: str) -> None:
    left = asks(alice, id_token_hint=id_token, post_logout_redirect_uri=HOME + "?a=b")
    assert left.headers["Location"] == HOME + "?a=b"
    again = asks(alice, id_token_hint=id_token, post_logout_redirect_uri=HOME + "?a=b", state="x")
    assert again.headers["Location"] == HOME + "?a=b&state=x"


@spec(DOCUMENT, "2", "GET and POST; the POST of another site carries no cookie and still signs out")
def test_app_may_post(alice: Person, id_token: str) -> None:
    stranger = alice.app.test_client(use_cookies=False)
    form = {"id_token_hint": id_token, "post_logout_redirect_uri": HOME, "state": "x"}
    answer = stranger.post("/end_session", data=form)
    assert answer.status_code == 303
    assert "Set-Cookie" not in answer.headers
    assert id_token not in answer.headers["Location"]
    assert alice.get(answer.headers["Location"]).headers["Location"] == f"{HOME}?state=x"
    assert not is_signed_in(alice)
    assert stranger.post("/end_session", data={"state": "x" * 20_000}).status_code == 400
    alice.signs_in()
    assert alice.get("/end_session?wish=nonsense").request.path == "/sign-out/ask"


@spec(DOCUMENT, "2", "an expired ID token is still a hint")
def test_old_id_token_is_still_a_hint(alice: Person, id_token: str, clock: Clock) -> None:
    clock.advance(minutes=25)
    alice.get("/home/profile")
    clock.advance(minutes=25)
    alice.get("/home/profile")
    clock.advance(minutes=25)
    assert is_signed_in(alice)
    assert asks(alice, id_token_hint=id_token, post_logout_redirect_uri=HOME).headers["Location"] == HOME


def _unproven(id_token: str) -> dict[str, dict[str, str]]:
    header, payload, signature = id_token.split(".")
    none = "eyJhbGciOiJub25lIn0." + payload + "."
    near = (
        "https://evil.example/", HOME + "?x=y", HOME + "/", HOME + "#", HOME.upper(), HOME.replace("clinic", "Clinic"),
        "https://clinic.example:443/bye", "https://u@clinic.example/bye", "https://clinic.example./bye",
        "https://clinic.example/x/../bye", "https://clinic.example/%62ye", "//clinic.example/bye", "/bye", "",
        "javascript:alert(1)", HOME + "\r\nX: y", "https://clinic.example/callback",
    )  # fmt: skip
    return {f"address {uri!r}": {"id_token_hint": id_token, "post_logout_redirect_uri": uri} for uri in near} | {
        "alg none": {"id_token_hint": none, "post_logout_redirect_uri": HOME},
        "not our signature": {
            "id_token_hint": f"{header}.{payload}.{signature[:-8]}AAAAAAAA",
            "post_logout_redirect_uri": HOME,
        },
        "no hint": {"post_logout_redirect_uri": HOME},
        "no hint but a client_id": {"post_logout_redirect_uri": HOME, "client_id": "whoever"},
        "too long": {"id_token_hint": "x" * 9000, "post_logout_redirect_uri": HOME},
    }


@spec(DOCUMENT, "3", "nobody is sent to an address that is not registered, or not proven to be asked for by its client")
@pytest.mark.parametrize("case", list(_unproven("a.b.c")))
def test_unproven_app_sends_nobody_anywhere(alice: Person, id_token: str, case: str) -> None:
    page = asks(alice, **_unproven(id_token)[case], state="x")
    if page.request.path == "/sign-out/ask":
        assert is_signed_in(alice)
        page = alice.submit(page, "logout", decision="leave")
    assert page.status_code == 200
    assert page.request.path == "/sign-out/done"
    assert "Vous êtes déconnecté" in page.text
    assert not is_signed_in(alice)


@spec(DOCUMENT, "2", "without a hint the patient is asked, then signed out, and told so")
@pytest.mark.parametrize("params", [{}, {"state": STATE}, {"ui_locales": "en-GB xx"}])
def test_patient_is_asked(alice: Person, clinic: Partner, params: dict[str, str]) -> None:
    alice.signs_in()
    page = asks(alice, **params)
    assert "logout" in Forms(page.text).found
    stays = alice.submit(page, "logout", decision="stay")
    assert stays.request.path.startswith("/home/")
    page = alice.submit(asks(alice, **params), "logout", decision="leave")
    assert page.request.path == "/sign-out/done"
    assert ("You are signed out" if "ui_locales" in params else "Vous êtes déconnecté") in page.text
    assert asks(alice, **params).request.path == "/sign-out/done"
    assert alice.get("/sign-out/ask").request.path == "/sign-out/done"


@spec(
    DOCUMENT, "2", "an ID token of another session signs nobody out before they are asked; then the app gets them back"
)
def test_hint_of_another_session_asks_first(alice: Person, clinic: Partner, id_token: str, clock: Clock) -> None:
    alice.new_browser()
    alice.signs_in()
    page = asks(alice, id_token_hint=id_token, post_logout_redirect_uri=HOME, state="x")
    assert page.request.path == "/sign-out/ask"
    assert "Clinic" in page.text
    assert "https://clinic.example" in page.headers["Content-Security-Policy"]
    assert is_signed_in(alice)
    left = alice.submit(page, "logout", decision="leave")
    assert left.headers["Location"] == f"{HOME}?state=x"


def test_page_of_another_browser_leads_nowhere_else(alice: Person, mallory: Person, id_token: str) -> None:
    mallory.signs_in()
    page = asks(mallory, id_token_hint=id_token, post_logout_redirect_uri=HOME)
    wish = Forms(page.text).found["logout"]["wish"][0]
    page = alice.get("/sign-out/ask?" + urlencode({"wish": wish}))
    assert "clinic.example" not in page.headers["Content-Security-Policy"]
    assert alice.submit(page, "logout", decision="leave").request.path == "/sign-out/done"


@spec(DOCUMENT, "2", "client_id and id_token_hint must name the same client")
def test_odd_requests_are_refused(alice: Person, clinic: Partner, id_token: str) -> None:
    assert asks(alice, id_token_hint=id_token, client_id="other").status_code == 400
    assert asks(alice, id_token_hint=id_token, client_id=clinic.client_id, state="x" * 2049).status_code == 400
    assert alice.get("/end_session?state=a&state=b").status_code == 400
    assert is_signed_in(alice)
    assert "Set-Cookie" not in asks(alice, client_id=clinic.client_id).headers
    assert asks(alice, id_token_hint=id_token, client_id=clinic.client_id).request.path == "/sign-out/done"


def test_other_tokens_of_ours_are_no_hints(alice: Person, clinic: Partner, id_token: str) -> None:
    from authz import keys
    from tests.actors import claims_of

    claims: dict[str, Any] = claims_of(id_token)
    with unit_in(alice.app):
        forged = [
            keys.sign(claims | {"events": {}}, alg="RS256"),
            keys.sign(claims | {"iss": "https://else.example"}, alg="RS256"),
            keys.sign({name: value for name, value in claims.items() if name != "exp"}, alg="RS256"),
            keys.sign({name: value for name, value in claims.items() if name != "sid"}, alg="RS256"),
        ]
    for token in forged:
        assert asks(alice, id_token_hint=token, post_logout_redirect_uri=HOME).request.path == "/sign-out/ask"
