"""Native apps that are reached by a scheme of their own (RFC 8252 §7.1, §8.6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from authz.clients.metadata import InvalidClientMetadata
from tests.actors import Forms, Partner, Person, params_of
from tests.cast import GLUCO_ENTRY, register
from tests.registering import registers
from tests.spec import spec

OWN = "com.example.gluco:/callback"
NATIVE: dict[str, Any] = {"application_type": "native", "token_endpoint_auth_method": "none"}
NATIVE_APPS = "RFC 8252"


@pytest.fixture
def phone(app: Flask) -> Partner:
    """Give a native app at a scheme of its own."""
    return register(app, GLUCO_ENTRY, redirect_uris=[OWN], **NATIVE)


@spec(NATIVE_APPS, "7.1", "an answer reaches a native app by its own scheme, and the page's form may end there")
def test_app_is_reached_by_its_scheme(alice: Person, phone: Partner) -> None:
    page = alice.arrives_at_consent(phone)
    assert "form-action 'self' com.example.gluco:;" in page.headers["Content-Security-Policy"]
    answer = alice.browser.get(answers(alice, page))
    assert answer.headers["Location"].startswith(f"{OWN}?code=")
    assert phone.redeem(params_of(answer)["code"]).status_code == 200


def answers(person: Person, page: Any) -> str:
    """Agree, and return the address at which the answer leaves."""
    done = person.submit(
        page, "consent", profile=person.profile_id(), decision="allow", scope=["measures.glucose.write"]
    )
    posted = person.browser.post(done.request.path, data=Forms(done.text).found["done"])
    return str(posted.headers["Location"])


@spec(NATIVE_APPS, "8.4", "a scheme is a domain name turned around, with a path and without an authority")
@pytest.mark.parametrize(
    "uri",
    [
        "myapp:/callback",
        "myapp://callback",
        "com.example.app://glucoapp.example/callback",
        "com.example.app:callback",
        "com.example.app:/callback#x",
        "com.example.app:/call back",
        "COM.example.app:/callback",
        "javascript:/alert",
        "file:/etc/passwd",
        "data:/text",
        "com..app:/x",
        "com.example.app:",
        "com.example.app:/*",
    ],
)
def test_scheme_is_the_apps_own(app: Flask, uri: str) -> None:
    with pytest.raises(InvalidClientMetadata):
        register(app, redirect_uris=[uri], **NATIVE)


@pytest.mark.parametrize("kind", ["web", "phone"])
def test_only_a_native_app_has_a_scheme(app: Flask, kind: str) -> None:
    with pytest.raises(InvalidClientMetadata):
        register(app, redirect_uris=[OWN], **(NATIVE | {"application_type": kind}))


@spec(NATIVE_APPS, "8.6", "a scheme that anybody may take is the operator's to allow")
def test_app_cannot_take_a_scheme_by_itself(make_app: Callable[..., Flask]) -> None:
    answer = registers(make_app(registration="open"), redirect_uris=[OWN], **NATIVE)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_redirect_uri")


def test_nothing_is_posted_to_a_scheme(alice: Person, phone: Partner) -> None:
    told = params_of(alice.browser.get(phone.address(response_mode="form_post")))
    assert (told["error"], told["state"]) == ("invalid_request", phone.state)


@spec(NATIVE_APPS, "8.6", "no answer goes to such an app without the patient")
def test_no_silent_answer_goes_to_a_scheme(alice: Person, phone: Partner) -> None:
    address = answers(alice, alice.arrives_at_consent(phone, scope="openid measures.glucose.write"))
    hint = phone.redeem(params_of(alice.browser.get(address))["code"]).json["id_token"]
    silent = phone.address(scope="openid", prompt="none", id_token_hint=hint, app_account=None)
    assert params_of(alice.browser.get(silent))["error"] == "consent_required"
