"""Clients that read, replace and delete their registration (RFC 7592)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.actors import Partner
from tests.cast import GLUCO_ENTRY
from tests.registering import WISH, invited, manages, registers
from tests.spec import spec
from tests.standing import unit_in


@pytest.fixture
def by_token(make_app: Callable[..., Flask]) -> Flask:
    """Give a server where who holds an initial access token may register."""
    return make_app(registration="token")


@spec("RFC 7592", "2.1", "the client reads its registration, with its token and without its secret")
def test_client_reads_its_registration(by_token: Flask) -> None:
    told = registers(by_token, invited(by_token)).json
    read = manages(by_token, "GET", told)
    assert (read.status_code, read.headers["Cache-Control"]) == (200, "no-store")
    assert read.json == {
        name: value for name, value in told.items() if name not in ("client_secret", "client_secret_expires_at")
    }


@spec("RFC 7592", "2.2", "the client replaces its registration as a whole; what it leaves out has its default again")
def test_client_replaces_its_registration(by_token: Flask) -> None:
    told = registers(by_token, invited(by_token)).json
    wish = {"client_id": told["client_id"], "client_secret": told["client_secret"],
            "redirect_uris": ["https://balance.example/new"]}  # fmt: skip
    changed = manages(by_token, "PUT", told, json=wish)
    assert changed.status_code == 200, changed.text
    assert changed.json["redirect_uris"] == wish["redirect_uris"]
    assert set(changed.json) & {"tos_uri", "client_name", "client_secret"} == set()
    public = manages(by_token, "PUT", told, json=wish | {"token_endpoint_auth_method": "none"})
    assert "client_secret" not in public.json
    again = manages(by_token, "PUT", told, json={name: wish[name] for name in ("client_id", "redirect_uris")})
    assert again.json["client_secret"] != told["client_secret"]
    assert again.json["client_secret_expires_at"] == 0


@spec("RFC 7592", "2.2", "client_id and client_secret must be the client's, and what the server says is not sent back")
@pytest.mark.parametrize(
    "change",
    [{"client_id": "other"}, {"client_id": None}, {"client_secret": "wrong"}, {"client_secret": 5},
     {"registration_access_token": "x"}, {"client_id_issued_at": 5}, {"redirect_uris": ["http://evil.example"]}],
)  # fmt: skip
def test_wrong_replacement_is_refused(by_token: Flask, change: dict[str, Any]) -> None:
    told = registers(by_token, invited(by_token)).json
    answer = manages(by_token, "PUT", told, json=WISH | {"client_id": told["client_id"]} | change)
    assert answer.status_code == 400
    assert manages(by_token, "GET", told).json["redirect_uris"] == WISH["redirect_uris"]


@spec("RFC 7592", "2.3", "204; then neither the token nor the client is good for anything")
def test_client_deletes_its_registration(by_token: Flask) -> None:
    told = registers(by_token, invited(by_token)).json
    assert manages(by_token, "DELETE", told).status_code == 204
    gone = manages(by_token, "GET", told)
    assert (gone.status_code, gone.json["error"]) == (401, "invalid_token")
    partner = Partner(by_token, told["client_id"], told["client_secret"])
    assert partner.refresh("apr_x").json["error"] == "invalid_client"


@spec("RFC 7592", "2.1", "a wrong token and an unknown client are both 401")
def test_one_client_does_not_reach_another(by_token: Flask) -> None:
    first, second = (registers(by_token, invited(by_token)).json for _ in range(2))
    assert (
        manages(by_token, "GET", first | {"registration_access_token": second["registration_access_token"]}).status_code
        == 401
    )
    assert manages(by_token, "GET", first | {"registration_client_uri": "/register/nobody"}).status_code == 401
    assert manages(by_token, "GET", first | {"registration_access_token": "x" * 201}).status_code == 401


@spec("RFC 7592", "2.2", "403 where the client may not update its registration: what the operator looked at stays")
def test_client_in_the_catalogue_does_not_change_what_was_looked_at(by_token: Flask) -> None:
    from authz.catalogue import entries
    from authz.clients import registry

    told = registers(by_token, invited(by_token)).json
    with unit_in(by_token):
        registry.publish(told["client_id"], entries.put(GLUCO_ENTRY).id)
    swapped = WISH | {"client_id": told["client_id"], "redirect_uris": ["https://evil.example/callback"]}
    answer = manages(by_token, "PUT", told, json=swapped)
    assert (answer.status_code, answer.json["error"]) == (403, "access_denied")
    assert manages(by_token, "GET", told).json["redirect_uris"] == WISH["redirect_uris"]
    assert manages(by_token, "DELETE", told).status_code == 204
