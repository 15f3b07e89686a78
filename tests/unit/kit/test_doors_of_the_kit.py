"""How the kit proves itself, finds its way, keeps its links, and what it lets a developer read."""

from __future__ import annotations

import base64
import json
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from joserfc import jwk, jwt

from connectors.kit import (
    Exchange,
    Misconfigured,
    Partner,
    Policy,
    SqliteStore,
    TokenSet,
    Unreachable,
    Untrusted,
    Wire,
    credentials,
    discovery,
    doors,
    masking,
    push_measure,
    tokens,
)
from connectors.kit.wire import Call, Retry
from tests.unit.kit.door import KEY, Door

PLAIN = jwk.RSAKey.import_key(KEY.as_pem(private=True))
TOKENS = TokenSet("a", "r", doors.now(), frozenset({"x"}))


def test_secret_is_form_encoded_before_it_is_joined() -> None:
    headers, fields = credentials.secret_basic("s:e c")("id:1", "https://space.example")
    user, _, password = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode().partition(":")
    assert (unquote(user), unquote(password), fields) == ("id:1", "s:e c", {})


def test_secret_may_go_in_the_form_and_a_public_client_only_names_itself() -> None:
    assert credentials.secret_post("s")("id", "i") == ({}, {"client_id": "id", "client_secret": "s"})
    assert credentials.public()("id", "i") == ({}, {"client_id": "id"})


@pytest.mark.parametrize("make", [credentials.secret_basic, credentials.secret_post])
def test_empty_secret_is_not_a_proof(make: Any) -> None:
    with pytest.raises(Misconfigured):
        make("")


@pytest.mark.parametrize(("key", "algorithm"), [(KEY, "RS256"), (jwk.ECKey.generate_key("P-256"), "ES256")])
def test_private_key_signs_a_short_assertion_for_this_issuer(key: Any, algorithm: str) -> None:
    prove = credentials.private_key(key.as_pem(private=True), key_id="k1")
    headers, fields = prove("glucoapp", "https://space.example")
    token = jwt.decode(fields["client_assertion"], key, algorithms=[algorithm])
    assert (token.header["alg"], token.header["kid"], headers) == (algorithm, "k1", {})
    assert (token.claims["iss"], token.claims["sub"]) == ("glucoapp", "glucoapp")
    assert token.claims["aud"] == "https://space.example"
    assert token.claims["exp"] - token.claims["iat"] == 60
    assert prove("glucoapp", "https://space.example")[1] != fields


def test_private_key_needs_no_name_and_may_choose_its_algorithm() -> None:
    _, fields = credentials.private_key(PLAIN.as_pem(private=True), algorithm="PS256")("id", "https://space.example")
    header = jwt.decode(fields["client_assertion"], PLAIN, algorithms=["PS256"]).header
    assert (header["alg"], "kid" in header) == ("PS256", False)


def test_unreadable_private_key_is_said_at_once() -> None:
    with pytest.raises(Misconfigured):
        credentials.private_key("not a key")


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "http://space.example"},
        {"issuer": "ftp://space.example"},
        {"issuer": "https://space.example/"},
        {"issuer": "https://space.example?x=1"},
        {"client_id": ""},
    ],
)
def test_partner_with_unfit_settings_does_not_start(partner: Partner, changed: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured):
        replace(partner, **changed)
    assert replace(partner, issuer="https://space.example").issuer == "https://space.example"


def test_discovery_is_asked_once_an_hour(partner: Partner, door: Door) -> None:
    discovery.metadata(partner)
    discovery.metadata(partner)
    assert len(door.asked) == 1


def test_discovery_of_another_issuer_is_dropped(partner: Partner, door: Door) -> None:
    door.metadata["issuer"] = "https://evil.example"
    with pytest.raises(Untrusted, match="evil"):
        discovery.metadata(partner)


def test_endpoint_that_is_missing_or_in_the_clear_is_not_used(partner: Partner, door: Door) -> None:
    del door.metadata["token_endpoint"]
    door.metadata["revocation_endpoint"] = "http://space.example/revoke"
    with pytest.raises(Untrusted):
        discovery.endpoint(partner, "token_endpoint")
    with pytest.raises(Misconfigured):
        discovery.endpoint(partner, "revocation_endpoint")


def test_discovery_that_is_not_there_can_be_tried_later(partner: Partner, door: Door) -> None:
    door.answers("/.well-known/openid-configuration", 404)
    with pytest.raises(Unreachable, match="404"):
        discovery.metadata(partner)


def test_machine_netrc_never_replaces_our_proof(
    partner: Partner, door: Door, link: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    held = link()
    push_measure(partner, "alice", {})
    assert door.asked[0].headers["Authorization"] == f"Bearer {held.access_token}"


def test_call_that_cannot_connect_is_tried_again_even_when_it_must_be_sent_once(exchanges: list[Exchange]) -> None:
    wire = Wire(Policy(tries=2, first_wait=0.001), observer=exchanges.append)
    with pytest.raises(Unreachable, match="ConnectionError"):
        wire.send(Call("POST", "http://127.0.0.1:9/", retry=Retry.UNSENT))
    assert [(exchange.status, exchange.failure) for exchange in exchanges] == [(None, "ConnectionError")] * 2


def test_call_ends_at_its_deadline() -> None:
    wire = Wire(Policy(tries=50, first_wait=0.01))
    with pytest.raises(Unreachable):
        wire.send(Call("GET", "http://127.0.0.1:9/", deadline=doors.elapsed() + 0.05))


def test_link_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "deep" / "links.db")
    assert stat.S_IMODE((tmp_path / "deep" / "links.db").stat().st_mode) == 0o600


def test_one_of_two_claims_wins_until_it_is_released_or_runs_out(tmp_path: Path) -> None:
    store, now, lease = SqliteStore(tmp_path / "links.db"), doors.now(), timedelta(seconds=25)
    store.save("alice", TOKENS)
    held = store.find("alice")
    assert held is not None
    assert store.claim("alice", held.version, holder="one", now=now, lease=lease)
    assert not store.claim("alice", held.version, holder="two", now=now, lease=lease)
    store.release("alice", holder="two")
    assert not store.claim("alice", held.version, holder="two", now=now, lease=lease)
    store.release("alice", holder="one")
    assert store.claim("alice", held.version, holder="two", now=now, lease=lease)
    assert store.claim("alice", held.version, holder="three", now=now + lease, lease=lease)
    assert store.replace("alice", held.version, TOKENS)
    assert not store.replace("alice", held.version, TOKENS)
    assert not store.claim("alice", held.version, holder="four", now=now + 2 * lease, lease=lease)


def test_link_made_anew_is_never_taken_for_the_old_one(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "links.db")
    store.save("alice", TOKENS)
    old = store.find("alice")
    store.forget("alice")
    store.save("alice", TOKENS)
    assert old is not None
    assert not store.replace("alice", old.version, TOKENS)


def test_tokens_survive_a_store_and_never_show_in_a_log() -> None:
    held = replace(TOKENS, access_token="very-secret", subject="alice", pairing_ends_at=doors.now())
    assert TokenSet.parse(held.dump()) == held
    assert TokenSet.parse(TOKENS.dump()) == TOKENS
    assert "very-secret" not in repr(held)
    assert "unnamed" in repr(TOKENS)


@pytest.mark.parametrize(
    ("answered", "year"),
    [(1800000000, 2027), ("2027-03-01T00:00:00+00:00", 2027), ("soon", None), (None, None), (1e300, None)],
)
def test_end_of_the_pairing_is_read_in_either_form(answered: Any, year: int | None) -> None:
    held = tokens.from_response({"access_token": "a", "token_type": "bearer", "pairing_ends_at": answered})
    assert (held.pairing_ends_at.year if held.pairing_ends_at else None) == year


@pytest.mark.parametrize("lifetime", [None, "600", True, -5])
def test_token_without_a_lifetime_is_renewed_before_the_next_call(lifetime: Any) -> None:
    held = tokens.from_response({"access_token": "a", "token_type": "bearer", "expires_in": lifetime})
    assert not held.is_fresh(doors.now(), timedelta(seconds=0))


def test_developer_reads_every_exchange_without_its_secrets(
    partner: Partner, door: Door, link: Any, exchanges: list[Exchange]
) -> None:
    link(expires_at=doors.now(), refresh_token="refresh-secret-of-alice-123456")
    push_measure(partner, "alice", {"resourceType": "Bundle"})
    written = json.dumps([vars(exchange) for exchange in exchanges])
    assert [exchange.url.removeprefix(door.issuer) for exchange in exchanges] == [
        "/.well-known/openid-configuration",
        "/token",
        "/measures/fhir",
    ]
    assert all(secret not in written for secret in ("refresh-secret", "access-refresh", "a-shared-secret"))
    assert "grant_type=refresh_token" in exchanges[1].request_body


@pytest.mark.parametrize(
    ("content", "kind", "shown"),
    [
        (b"", "application/json", ""),
        (b"code=0123456789abcdefXYZ&state=s", "application/x-www-form-urlencoded", "code=••••fXYZ&state=s"),
        (b"code=29463-7", "application/x-www-form-urlencoded", "code=29463-7"),
        (b"%PDF", "application/pdf", "(4 bytes of application/pdf)"),
        (b"\x00\x01", "", "(2 bytes of unknown type)"),
        (b"a,b", "text/csv; charset=utf-8", "a,b"),
        (b"{" + b"k" * 40, "application/json", "{••••"),
        (b'{"token":"short","code":"final"}', "application/json", '{\n  "token": "••••",\n  "code": "final"\n}'),
        (b'[{"data":"' + b"A" * 300 + b'"}]', "application/fhir+json", '[\n  {\n    "data": "(300 characters'),
        (b"x" * 5000, "text/plain", "x" * 4000 + "\n… (5000 characters)"),
    ],
)
def test_bodies_are_shown_by_their_kind(content: bytes, kind: str, shown: str) -> None:
    assert masking.body(content, kind).startswith(shown)


def test_headers_keep_the_scheme_and_lose_the_secret() -> None:
    shown = masking.headers({"Authorization": "Bearer 0123456789abcdef", "Set-Cookie": "sid=1", "Accept": "*/*"})
    assert shown == {"Authorization": "Bearer ••••cdef", "Set-Cookie": "••••", "Accept": "*/*"}
