"""The authorization endpoint: what is told on a page, what is told to the client, and what is never redirected."""

from __future__ import annotations

import pytest

from tests.actors import Partner, Person, params_of
from tests.spec import spec

CALLBACK = "https://glucoapp.example/callback"


@spec("RFC 6749", "3.1.2.4", "an invalid redirect URI is told to the resource owner and never redirected to")
@pytest.mark.parametrize(
    "redirect_uri",
    [
        None,
        "",
        CALLBACK + "/",
        CALLBACK + "?x=1",
        CALLBACK + "#x",
        CALLBACK.upper(),
        "https://glucoapp.example:443/callback",
        "https://glucoapp.example@evil.example/callback",
        "https://glucoapp.example/callback/../evil",
        "https://glucoapp.example./callback",
        "http://glucoapp.example/callback",
        "https://glucoapp.example/%63allback",
        "https://evil.example/",
        "javascript:alert(1)",
        CALLBACK + "\r\nLocation: https://evil.example",
        "https://glucoapp.example/callbäck",
    ],
)
def test_stranger_is_not_sent_to_an_unregistered_address(
    alice: Person, glucoapp: Partner, redirect_uri: str | None
) -> None:
    page = alice.browser.get(glucoapp.address(redirect_uri=redirect_uri))
    assert page.status_code == 400
    assert "Location" not in page.headers
    assert "redirect_uri" in page.text
    assert "not registered" in page.text


@spec("RFC 6749", "4.1.2.1", "an unknown client is told to the resource owner and not redirected")
@pytest.mark.parametrize("client_id", [None, "", "nobody", "nul\x00", "é" * 100])
def test_unknown_app_gets_a_page(alice: Person, glucoapp: Partner, client_id: str | None) -> None:
    page = alice.browser.get(glucoapp.address(client_id=client_id))
    assert page.status_code == 400
    assert "Location" not in page.headers
    assert "client_id" in page.text


@spec("RFC 9207", "2", "every authorization response names the issuer, errors included")
@spec("RFC 6749", "4.1.2.1", "an error goes to the client with the state exactly as it came")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"response_type": None}, "unsupported_response_type"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": 'c"öde'}, "invalid_request"),
        ({"scope": "nothing.we.know"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "https://glucoapp.example/request"}, "request_uri_not_supported"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"app_account": "a" * 255}, "invalid_request"),
        ({"app_account_name": "a" * 101}, "invalid_request"),
        ({"nonce": "n" * 2049}, "invalid_request"),
        ({"state": "s" * 384, "prompt": "none"}, "login_required"),
    ],
)
def test_app_is_told_what_is_wrong_with_its_request(
    alice: Person, glucoapp: Partner, change: dict[str, str | None], code: str
) -> None:
    address = glucoapp.address(**change)
    home = alice.browser.get(address)
    assert home.status_code == 303
    assert home.headers["Location"].startswith(CALLBACK + "?")
    answer = params_of(home)
    assert answer.pop("error") == code
    assert answer.pop("iss") == "http://localhost"
    assert answer.pop("state") == change.get("state", glucoapp.state)
    assert set(answer) == {"error_description"}
    assert all(char.isascii() and char.isprintable() and char not in '"\\' for char in answer["error_description"])


@spec("RFC 6749", "3.1", "no parameter more than once")
@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state", "scope", "extra"])
def test_repeated_parameter_is_refused_on_a_page(alice: Person, glucoapp: Partner, name: str) -> None:
    page = alice.browser.get(glucoapp.address(extra="1") + f"&{name}=again")
    assert page.status_code == 400
    assert "Location" not in page.headers


@spec("RFC 6749", "3.1", "unknown parameters are ignored; GET and POST are served")
def test_app_may_post_its_request_with_an_unknown_parameter(alice: Person, glucoapp: Partner) -> None:
    query = glucoapp.address(extra="foobar").partition("?")[2]
    first = alice.browser.post(
        "/authorize", data=query, content_type="application/x-www-form-urlencoded",
        headers={"Origin": "https://glucoapp.example"},
    )  # fmt: skip
    assert first.status_code == 303
    assert alice.get(first.headers["Location"]).request.path.endswith("/arrival")


@spec("RFC 6749", "3.1.2", "the query of the redirect URI is kept")
def test_query_of_the_redirect_uri_is_kept(alice: Person, glucoapp: Partner) -> None:
    from tests.cast import register

    uri = "https://glucoapp.example/callback?dummy1=lorem&dummy2=ipsum"
    partner = register(glucoapp.app, redirect_uris=[uri])
    home = alice.browser.get(partner.address(prompt="none"))
    assert home.headers["Location"].startswith(uri + "&")
    assert params_of(home)["dummy2"] == "ipsum"


def test_app_without_state_gets_none_back(alice: Person, glucoapp: Partner) -> None:
    assert "state" not in params_of(alice.browser.get(glucoapp.address(state=None, prompt="none")))


def test_client_of_its_own_tokens_only_cannot_send_a_browser(alice: Person, glucoapp: Partner) -> None:
    from tests.cast import register

    machine = register(glucoapp.app, grant_types=["client_credentials"])
    home = alice.browser.get(machine.address())
    assert params_of(home)["error"] == "unauthorized_client"


def test_suspended_app_is_unknown(alice: Person, glucoapp: Partner) -> None:
    from authz.clients import registry
    from tests.standing import unit_in

    with unit_in(glucoapp.app):
        registry.set_status(glucoapp.client_id, "suspended")
    assert alice.browser.get(glucoapp.address()).status_code == 400


def test_suspended_service_cannot_be_paired(alice: Person, glucoapp: Partner) -> None:
    from authz.catalogue import entries
    from tests.cast import GLUCO_ENTRY
    from tests.standing import unit_in

    with unit_in(glucoapp.app):
        entries.put(GLUCO_ENTRY | {"status": "suspended"})
    assert params_of(alice.browser.get(glucoapp.address()))["error"] == "access_denied"
