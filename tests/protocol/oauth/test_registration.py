"""Clients that register themselves (RFC 7591): who may, with what, and what is refused."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from joserfc import jwt

from authz.clients import self_registration
from tests.actors import Partner, Person, params_of
from tests.cast import register
from tests.clock import Clock
from tests.registering import WISH, invited, manages, registers
from tests.signing import KEY
from tests.spec import spec
from tests.standing import unit_in

ISSUER = "https://directory.example"
KEYS: list[Any] = [[], [{"kty": "EC"}], [{"kty": "RSA", "n": []}], {}]


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
    basic = by_token.test_client().post("/register", json=WISH, auth=("api", "wrong"))
    assert basic.status_code == 401
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


@spec("RFC 8252", "7.3", "a native app may come home to any port of its loopback address, and to nothing else new")
@pytest.mark.parametrize(
    ("registered", "used", "is_right"),
    [
        ("http://127.0.0.1/callback", "http://127.0.0.1:51004/callback", True),
        ("http://127.0.0.1:80/callback", "http://127.0.0.1/callback", True),
        ("http://[::1]:5/callback?a=b", "http://[::1]:6/callback?a=b", True),
        ("http://127.0.0.1/callback", "http://127.0.0.1:51004/other", False),
        ("http://127.0.0.1/callback", "http://[::1]:51004/callback", False),
        ("http://127.0.0.1/callback", "http://127.0.0.1:5@evil.example/callback", False),
        ("http://127.0.0.1/callback", "http://127.0.0.1:510040/callback", False),
        ("http://127.0.0.1/callback", "http://127.0.0.1.evil.example/callback", False),
        ("http://127.0.0.1", "http://127.0.0.1:5\n/callback", False),
        ("http://localhost/callback", "http://localhost:5/callback", False),
        ("https://app.example/callback", "https://app.example:5/callback", False),
    ],
)
def test_native_app_listens_on_any_port(app: Flask, registered: str, used: str, is_right: bool) -> None:
    for kind in ("native", "web"):
        partner = register(app, redirect_uris=[registered], application_type=kind, token_endpoint_auth_method="none")
        answer = partner.http.get(partner.address(redirect_uri=used))
        assert (answer.status_code == 303) is (is_right and kind == "native")


def test_last_use_of_an_invitation_has_one_winner(by_token: Flask) -> None:
    token = invited(by_token)
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda _: registers(by_token, token).status_code, range(4)))
    assert sorted(codes) == [201, 401, 401, 401]


def test_nonsense_is_refused_without_a_fault(by_token: Flask) -> None:
    token, draw = invited(by_token, uses=10_000), random.Random(8)
    names = sorted(self_registration.MEMBERS)
    sets: list[Any] = [{"keys": found} for found in KEYS]
    values: list[Any] = [
        None,
        True,
        -1,
        1e300,
        "",
        "x",
        "é",
        "https://[",
        "https://x:9/",
        [],
        [""],
        [None],
        [[]],
        {},
        "a" * 9000,
    ]
    seen = set()
    for _ in range(400):
        wish = {draw.choice(names): draw.choice([*values, *sets]) for _ in range(draw.randrange(1, 4))}
        answer = registers(by_token, token, **wish)
        seen.add(answer.status_code)
        assert answer.status_code in (201, 400), (wish, answer.text)
    assert seen == {201, 400}


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


def test_what_a_statement_vouched_for_is_not_changed_without_one(by_statement: Flask) -> None:
    told = registers(by_statement, software_statement=stated(redirect_uris=["https://balance.example/callback"])).json
    swapped = WISH | {"client_id": told["client_id"], "redirect_uris": ["https://evil.example/callback"]}
    answer = manages(by_statement, "PUT", told, json=swapped)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_software_statement")
    again = stated(redirect_uris=["https://balance.example/new"])
    changed = manages(by_statement, "PUT", told, json=swapped | {"software_statement": again})
    assert changed.json["redirect_uris"] == ["https://balance.example/new"]
    assert changed.json["client_name"] == "Balance 3"
