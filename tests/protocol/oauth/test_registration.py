"""Clients that register themselves (RFC 7591) and manage it (RFC 7592): who may, with what, and what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from joserfc import jwt

from tests.actors import Partner, Person, params_of
from tests.clock import Clock
from tests.signing import KEY
from tests.spec import spec
from tests.standing import unit_in

ISSUER = "https://directory.example"
WISH: dict[str, Any] = {
    "client_name": "Balance",
    "redirect_uris": ["https://balance.example/callback", "https://balance.example/other?a=b"],
    "scope": "openid profile measures.weight.write",
    "tos_uri": "https://balance.example/terms",
    "policy_uri": "https://balance.example/privacy",
    "logo_uri": "https://balance.example/logo.png",
    "initiate_login_uri": "https://balance.example/start",
    "client_name#fr": "Pèse-personne",
}


@pytest.fixture
def by_token(make_app: Callable[..., Flask]) -> Flask:
    """Give a server where who holds an initial access token may register."""
    return make_app(registration="token")


@pytest.fixture
def open_to_all(make_app: Callable[..., Flask]) -> Flask:
    """Give a server where anybody may register."""
    return make_app(registration="open")


@pytest.fixture
def by_statement(make_app: Callable[..., Flask], tmp_path: Path) -> Flask:
    """Give a server where a software statement of one issuer is needed."""
    place = tmp_path / "jwks.json"
    place.write_text(json.dumps({"keys": [KEY.as_dict(private=False)]}), encoding="utf-8")
    return make_app(registration="statement", software_issuers=(f"{ISSUER}={place}",))


def invited(app: Flask, **terms: Any) -> str:
    """Return an initial access token."""
    from authz.clients import registrations

    wanted: dict[str, Any] = {"profile": "oauth21", "pkce_required": True, "uses": 1, "life": timedelta(days=1)}
    with unit_in(app):
        return registrations.invite(**(wanted | terms))


def registers(app: Flask, token: str | None = None, **wish: Any) -> Any:
    """Register."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return app.test_client(use_cookies=False).post("/register", json=WISH | wish, headers=headers)


def manages(app: Flask, method: str, told: dict[str, Any], **arguments: Any) -> Any:
    """Call the management endpoint as the client."""
    headers = {"Authorization": f"Bearer {told['registration_access_token']}"}
    path = told["registration_client_uri"].removeprefix("http://localhost")
    return app.test_client(use_cookies=False).open(path, method=method, headers=headers, **arguments)


def stated(**claims: Any) -> str:
    """Sign a software statement."""
    body = {"iss": ISSUER, "software_id": "balance-3", "client_name": "Balance 3"} | claims
    return jwt.encode({"alg": "ES256", "kid": "k1"}, body, KEY, algorithms=["ES256"])


@spec(
    "RFC 7591", "3.2.1", "201 with client_id, secret and all metadata as they count; the token and where to manage it"
)
def test_invited_app_registers_itself(by_token: Flask, alice: Person) -> None:
    answer = registers(by_token, invited(by_token))
    told = answer.json
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert told.items() >= WISH.items()
    assert told["client_secret_expires_at"] == 0
    assert told["registration_client_uri"] == f"http://localhost/register/{told['client_id']}"
    assert told["token_endpoint_auth_method"] == "client_secret_basic"
    assert told["grant_types"] == ["authorization_code", "refresh_token"]
    assert set(told) & {"profile", "on_trial"} == set()
    partner = Partner(by_token, told["client_id"], told["client_secret"], WISH["redirect_uris"][0], "openid profile")
    page = alice.arrives_at_consent(partner)
    home = alice.decides(page, consents=["profile"])
    assert partner.redeem(params_of(home)["code"]).status_code == 200


def test_guide_shows_the_answer_that_is_given(by_token: Flask) -> None:
    guide = Path("docs/partners.md").read_text(encoding="utf-8").partition("### An app that registers itself")[2]
    asked, told = re.findall(r"```(?:http|json)\n(.*?)```", guide, re.S)[:2]
    headers = {"Authorization": f"Bearer {invited(by_token)}"}
    wish = json.loads(asked.partition("\n\n")[2])
    answer: dict[str, Any] = by_token.test_client().post(asked.split()[1], json=wish, headers=headers).json or {}
    shown = json.loads(told)
    assert set(answer) == set(shown)
    assert {name: answer[name] for name in shown if "..." not in str(shown[name]) and "issued" not in name} == {
        name: value for name, value in shown.items() if "..." not in str(value) and "issued" not in name
    }


def test_patient_is_told_that_a_new_app_is_on_trial_until_it_is_published(by_token: Flask, alice: Person) -> None:
    from authz.catalogue import entries
    from authz.clients import registry

    told = registers(by_token, invited(by_token)).json
    partner = Partner(by_token, told["client_id"], told["client_secret"], WISH["redirect_uris"][0], "openid profile")
    page = alice.get(partner.address(ui_locales="en"))
    assert "on trial" in page.text
    assert "Verified site" not in page.text
    with unit_in(by_token):
        entry = entries.put({"id": "b", "oid": "1.2.3", "name": "Balance", "publisher": "B", "host": "balance.example",
                             "status": "listed"})  # fmt: skip
        registry.publish(told["client_id"], entry.id)
    alice.app.extensions.pop("clients")  # two seconds pass
    page = alice.get(partner.address(ui_locales="en"))
    assert "on trial" not in page.text
    assert "Verified site" in page.text


@spec("RFC 7591", "3", "without an initial access token, where one is needed, nobody registers")
def test_stranger_does_not_register(by_token: Flask, app: Flask) -> None:
    missing = registers(by_token)
    assert missing.status_code == 401
    assert missing.headers["WWW-Authenticate"].startswith("Bearer")
    for token in ("api_wrong", "x" * 300):
        assert registers(by_token, token).json["error"] == "invalid_token"
    off = registers(app, invited(app))
    assert (off.status_code, off.json["error"]) == (403, "access_denied")


def test_endpoint_is_in_the_metadata_only_where_it_is_on(by_token: Flask, app: Flask) -> None:
    def told(server: Flask) -> Any:
        return server.test_client().get("/.well-known/openid-configuration").json

    assert told(by_token)["registration_endpoint"] == "http://localhost/register"
    assert "registration_endpoint" not in told(app)


def test_invitation_is_used_as_often_as_it_says_and_expires(by_token: Flask, clock: Clock) -> None:
    token = invited(by_token, uses=2)
    assert [registers(by_token, token).status_code for _ in range(3)] == [201, 201, 401]
    late = invited(by_token)
    clock.advance(days=2)
    assert registers(by_token, late).status_code == 401
    from authz.clients import registrations

    with unit_in(by_token):
        assert registrations.purge() == 2


def test_refused_registration_uses_nothing_up(by_token: Flask) -> None:
    token = invited(by_token)
    assert registers(by_token, token, redirect_uris=["http://evil.example/"]).status_code == 400
    assert registers(by_token, token).status_code == 201


def test_invitation_decides_on_the_security_profile(by_token: Flask, alice: Person) -> None:
    from authz.clients import registry

    token = invited(by_token, profile="oidc", pkce_required=False)
    told = registers(by_token, token, profile="fapi2", pkce_required=True, on_trial=False, rotate_refresh_tokens=False)
    with unit_in(by_token):
        client = registry.get(told.json["client_id"])
    assert (client.profile.name, client.profile.pkce_required) == ("oidc", False)
    assert client.metadata["on_trial"] is True
    assert "rotate_refresh_tokens" not in client.metadata


@pytest.mark.parametrize("terms", [{"profile": "nothing"}, {"pkce_required": False}])
def test_operator_cannot_invite_on_impossible_terms(app: Flask, terms: dict[str, Any]) -> None:
    from authz.clients.metadata import InvalidClientMetadata

    with pytest.raises(InvalidClientMetadata):
        invited(app, **terms)


@spec("RFC 7591", "3.2.2", "invalid_redirect_uri for an address that is not exact, https, or loopback of a native app")
@pytest.mark.parametrize(
    "wish",
    [
        {"redirect_uris": ["http://balance.example/"]},
        {"redirect_uris": ["https://balance.example/#part"]},
        {"redirect_uris": ["https://*.balance.example/"]},
        {"redirect_uris": ["http://localhost/callback"]},
        {"redirect_uris": ["http://balance.example/"], "application_type": "native"},
        {"redirect_uris": ["com.example.app:/callback"], "application_type": "native"},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": "https://balance.example/"},
        {"redirect_uris": [{}]},
        {"redirect_uris": ["https://[::1/"]},
    ],
)
def test_wrong_redirect_uri_is_refused(open_to_all: Flask, wish: dict[str, Any]) -> None:
    answer = registers(open_to_all, **wish)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_redirect_uri")


@spec("RFC 8252", "7.3", "a native app has loopback addresses")
def test_native_app_comes_home_to_loopback(open_to_all: Flask) -> None:
    wish = {"application_type": "native", "token_endpoint_auth_method": "none"}
    told = registers(open_to_all, redirect_uris=["http://127.0.0.1:4321/callback"], **wish)
    assert told.status_code == 201
    assert "client_secret" not in told.json
    assert "client_secret_expires_at" not in told.json


@spec("RFC 7591", "3.2.2", "invalid_client_metadata for anything else that cannot be taken")
@pytest.mark.parametrize(
    "wish",
    [
        {"initiate_login_uri": "http://balance.example/start"},
        {"tos_uri": "https:///x"},
        {"logo_uri": "https://[::1/"},
        {"policy_uri": 5},
        {"client_name": "a\nb"},
        {"client_name": "x" * 501},
        {"contacts": ["a@b.example"] * 21},
        {"application_type": "thing"},
        {"application_type": []},
        {"default_max_age": -1},
        {"default_max_age": True},
        {"require_auth_time": "yes"},
        {"grant_types": ["implicit"]},
        {"scope": "openid everything"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"jwks": {"keys": [KEY.as_dict(private=True)]}},
        {"jwks": {"keys": [{"kty": "RSA", "n": "é"}, 1]}},
        {"jwks_uri": "http://127.0.0.1/jwks"},
        {"sector_identifier_uri": "https://127.0.0.1/list"},
        {"subject_type": []},
    ],
)
def test_wrong_metadata_are_refused(open_to_all: Flask, wish: dict[str, Any]) -> None:
    answer = registers(open_to_all, **wish)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_client_metadata")


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"{", "application/json"), (b"[]", "application/json"), (b'"\\ud800"', "application/json"),
     (b"[" * 60_000, "application/json"), (b'{"a":NaN}', "application/json"), (b"{}", "text/plain"),
     (b" " * 70_000, "application/json"), (b"\xff", "application/json")],
)  # fmt: skip
def test_body_that_is_no_metadata_is_refused(open_to_all: Flask, body: bytes, kind: str) -> None:
    answer: Any = open_to_all.test_client().post("/register", data=body, content_type=kind)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_client_metadata")


def test_open_door_has_a_budget(open_to_all: Flask) -> None:
    codes = [registers(open_to_all, scope="nothing").status_code for _ in range(21)]
    assert codes == [400] * 20 + [429]


@spec("RFC 7591", "2", "who names no scope may know who somebody is, and gets no health data")
def test_default_scope_has_no_health_data(open_to_all: Flask) -> None:
    told = registers(open_to_all, scope=None).json
    assert told["scope"] == "openid offline_access profile email phone address"


@spec("RFC 7591", "2.3", "what a trusted issuer states takes precedence; the statement comes back unchanged")
def test_statement_counts_more_than_what_is_sent(by_statement: Flask, clock: Clock) -> None:
    statement = stated(exp=int(clock.now().timestamp()) + 60, profile="fapi2")
    answer = registers(by_statement, software_statement=statement, software_id="mine")
    assert answer.status_code == 201, answer.text
    assert answer.json["client_name"] == "Balance 3"
    assert answer.json["software_id"] == "balance-3"
    assert answer.json["software_statement"] == statement


@spec("RFC 7591", "3.2.2", "invalid_software_statement, unapproved_software_statement")
@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (None, "invalid_software_statement"),
        (5, "invalid_software_statement"),
        ("nonsense", "unapproved_software_statement"),
        (stated(iss="https://evil.example"), "unapproved_software_statement"),
        (stated(iss=["x"]), "unapproved_software_statement"),
        (stated(exp=1), "invalid_software_statement"),
        (stated(nbf=9_999_999_999), "invalid_software_statement"),
        (stated(exp="soon"), "invalid_software_statement"),
        (stated()[:-4] + "AAAA", "invalid_software_statement"),
    ],
)
def test_wrong_statement_is_refused(by_statement: Flask, statement: object, code: str) -> None:
    answer = registers(by_statement, software_statement=statement)
    assert (answer.status_code, answer.json["error"]) == (400, code)


def test_statement_of_an_issuer_that_is_not_reached_is_refused(make_app: Callable[..., Flask]) -> None:
    server = make_app(registration="statement", software_issuers=(f"{ISSUER}=https://127.0.0.1:9/jwks",))
    assert registers(server, software_statement=stated()).json["error"] == "invalid_software_statement"


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
