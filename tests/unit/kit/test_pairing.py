"""The partner's half of the authorization code flow: what it sends, and every answer it must not believe."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from connectors.kit import (
    Account,
    AuthorizationRefused,
    Misconfigured,
    Partner,
    Pending,
    Refused,
    Unreachable,
    Untrusted,
    begin,
    credentials,
    disconnect,
    finish,
)
from tests.unit.kit.door import DROP, KEY, Door

ACCOUNT = Account("alice@example.org", "Alice Martin")


def started(partner: Partner) -> Pending:
    return begin(partner, "alice", account=ACCOUNT, scopes="openid measures.glucose.write")[1]


def back(partner: Partner, pending: Pending, **changed: str | None) -> str:
    """The address the browser comes back to, right but for what is changed; None leaves a parameter out."""
    answer = {"code": "the-code", "state": pending.state, "iss": partner.issuer, **changed}
    query = urlencode({name: value for name, value in answer.items() if value is not None})
    return f"{partner.redirect_uri}?{query}"


def grants(door: Door, pending: Pending, told: dict[str, Any] | None = None, **changed: Any) -> None:
    """Answer with tokens; `told` is what the response says besides, `changed` what is wrong in the ID token."""
    door.answers(
        "/token",
        200,
        {
            **(told or {}),
            "access_token": "access-1",
            "refresh_token": "refresh-1",
            "token_type": "Bearer",
            "expires_in": 600,
            "scope": "openid measures.glucose.write",
            "id_token": door.id_token("access-1", **{"nonce": pending.nonce, **changed}),
        },
    )


def test_partner_begins_with_pkce_state_nonce_and_its_own_account(partner: Partner) -> None:
    url, pending = begin(partner, "alice", account=ACCOUNT, scopes="openid", language="fr")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    digest = hashlib.sha256(pending.verifier.encode()).digest()
    assert asked == {
        "response_type": "code",
        "client_id": "glucoapp",
        "redirect_uri": partner.redirect_uri,
        "scope": "openid",
        "state": pending.state,
        "nonce": pending.nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "app_account": "alice@example.org",
        "app_account_name": "Alice Martin",
        "ui_locales": "fr",
    }
    assert pending.verifier not in url
    assert Pending.parse(pending.dump()) == pending


def test_partner_keeps_a_query_of_the_authorization_endpoint(partner: Partner, door: Door) -> None:
    door.metadata["authorization_endpoint"] += "?tenant=1"
    url, _ = begin(partner, "alice", account=ACCOUNT, scopes="openid")
    assert "?tenant=1&response_type=code" in url


@pytest.mark.parametrize("account", [Account(""), Account("a" * 255), Account("a", "n" * 101)])
def test_partner_cannot_send_an_account_name_too_long_to_show(partner: Partner, account: Account) -> None:
    with pytest.raises(Misconfigured):
        begin(partner, "alice", account=account, scopes="openid")


def test_partner_finishes_and_keeps_the_link(partner: Partner, door: Door) -> None:
    pending = started(partner)
    grants(door, pending, {"subject": "alice-for-glucoapp", "subject_system": "urn:oid:1.2.3"})
    held = finish(partner, back(partner, pending), pending)
    assert (held.subject, held.subject_system) == ("alice-for-glucoapp", "urn:oid:1.2.3")
    found = partner.store.find("alice")
    assert found is not None
    assert found.tokens == held
    asked = door.of("/token")[0]
    assert asked.form == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": partner.redirect_uri,
        "code_verifier": pending.verifier,
    }
    assert asked.headers["Authorization"].startswith("Basic ")


def test_partner_may_pair_without_openid(partner: Partner, door: Door) -> None:
    pending = started(partner)
    door.answers("/token", 200, {"access_token": "access-1", "token_type": "bearer"})
    assert finish(partner, back(partner, pending), pending).subject == ""


@pytest.mark.parametrize(
    "changed",
    [{"state": "another"}, {"state": None}, {"iss": None}, {"iss": "https://evil.example"}],
)
def test_partner_drops_an_answer_that_is_not_for_it(
    partner: Partner, door: Door, changed: dict[str, str | None]
) -> None:
    pending = started(partner)
    with pytest.raises(Untrusted):
        finish(partner, back(partner, pending, **changed), pending)
    assert door.of("/token") == []


def test_partner_drops_a_repeated_parameter(partner: Partner) -> None:
    pending = started(partner)
    with pytest.raises(Untrusted, match="code more than once"):
        finish(partner, back(partner, pending) + "&code=second", pending)


def test_partner_accepts_no_iss_from_a_server_that_never_promised_it(partner: Partner, door: Door) -> None:
    del door.metadata["authorization_response_iss_parameter_supported"]
    pending = started(partner)
    grants(door, pending)
    assert finish(partner, back(partner, pending, iss=None), pending).access_token == "access-1"


@pytest.mark.parametrize("text", ["The user said no", None])
def test_partner_learns_that_the_patient_refused(partner: Partner, text: str | None) -> None:
    pending = started(partner)
    url = back(partner, pending, code=None, error="access_denied", error_description=text)
    with pytest.raises(AuthorizationRefused, match="access_denied") as refusal:
        finish(partner, url, pending)
    assert refusal.value.code == "access_denied"


@pytest.mark.parametrize(
    ("changed", "trouble"),
    [
        ({"iss": "https://evil.example"}, "iss"),
        ({"aud": "otherapp"}, "aud"),
        ({"aud": ["glucoapp", "otherapp"]}, "aud"),
        ({"azp": "otherapp"}, "aud"),
        ({"exp": 1}, "exp"),
        ({"exp": None}, "exp"),
        ({"exp": True}, "exp"),
        ({"iat": 1}, "iat"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"at_hash": "AAAA"}, "at_hash"),
        ({"at_hash": 1}, "at_hash"),
        ({"sub": None}, "sub"),
        ({"sub": "x" * 256}, "sub"),
    ],
)
def test_partner_drops_an_id_token_that_is_wrong(
    partner: Partner, door: Door, changed: dict[str, Any], trouble: str
) -> None:
    pending = started(partner)
    grants(door, pending, **changed)
    with pytest.raises(Untrusted, match=trouble):
        finish(partner, back(partner, pending), pending)
    assert partner.store.find("alice") is None


def test_partner_drops_a_token_response_about_two_people(partner: Partner, door: Door) -> None:
    pending = started(partner)
    grants(door, pending, {"subject": "somebody-else"})
    with pytest.raises(Untrusted, match="two subjects"):
        finish(partner, back(partner, pending), pending)


def test_partner_drops_an_id_token_of_an_unknown_key(partner: Partner, door: Door) -> None:
    pending = started(partner)
    grants(door, pending)
    door.keys[0] = {**door.keys[0], "kid": "door-2", "n": door.keys[0]["n"][::-1]}
    with pytest.raises(Untrusted, match="signature"):
        finish(partner, back(partner, pending), pending)


def test_partner_survives_a_key_rotation_and_is_not_made_to_hammer(partner: Partner, door: Door) -> None:
    known = door.keys.pop()
    pending = started(partner)
    grants(door, pending)
    with pytest.raises(Untrusted, match="signature"):
        finish(partner, back(partner, pending), pending)
    assert len(door.of("/jwks")) == 1
    door.keys.append(known)
    address = f"{door.issuer}/jwks"
    asked_at, content = partner.remembered[address]
    partner.remembered[address] = (asked_at - 11.0, content)
    grants(door, pending)
    assert finish(partner, back(partner, pending), pending).subject == "alice-for-glucoapp"


def test_partner_never_sends_a_code_twice_after_a_lost_answer(partner: Partner, door: Door) -> None:
    pending = started(partner)
    door.answers("/token", DROP)
    with pytest.raises(Unreachable):
        finish(partner, back(partner, pending), pending)
    assert len(door.of("/token")) == 1


def test_partner_sends_a_code_again_when_it_was_not_acted_on(partner: Partner, door: Door) -> None:
    pending = started(partner)
    door.answers("/token", 503)
    grants(door, pending)
    assert finish(partner, back(partner, pending), pending).access_token == "access-1"


def test_partner_signs_anew_for_each_try(partner: Partner, door: Door) -> None:
    signing = replace(partner, credentials=credentials.private_key(KEY.as_pem(private=True)))
    pending = started(signing)
    door.answers("/token", 503)
    grants(door, pending)
    finish(signing, back(signing, pending), pending)
    first, second = (asked.form["client_assertion"] for asked in door.of("/token"))
    assert first != second


def test_partner_learns_why_its_code_was_refused(partner: Partner, door: Door) -> None:
    pending = started(partner)
    door.answers("/token", 400, {"error": "invalid_grant", "error_description": "The code has expired."})
    with pytest.raises(Refused, match="The code has expired") as refusal:
        finish(partner, back(partner, pending), pending)
    assert (refusal.value.code, refusal.value.status) == ("invalid_grant", 400)


OPENID_UNSIGNED = {"access_token": "a", "token_type": "Bearer", "scope": "openid"}


@pytest.mark.parametrize(
    "answer", [{"token_type": "Bearer"}, {"access_token": "a", "token_type": "DPoP"}, [], OPENID_UNSIGNED]
)
def test_partner_drops_a_token_response_it_cannot_use(partner: Partner, door: Door, answer: Any) -> None:
    pending = started(partner)
    door.answers("/token", 200, answer)
    with pytest.raises(Untrusted):
        finish(partner, back(partner, pending), pending)


def test_partner_disconnects_by_revoking_its_refresh_token(partner: Partner, door: Door, link: Any) -> None:
    link()
    assert disconnect(partner, "alice")
    assert door.of("/revoke")[0].form == {"token": "r", "token_type_hint": "refresh_token"}
    assert partner.store.find("alice") is None
    assert disconnect(partner, "alice")


def test_partner_disconnects_a_link_without_refresh_token(partner: Partner, door: Door, link: Any) -> None:
    held = link(refresh_token=None)
    assert disconnect(partner, "alice")
    assert door.of("/revoke")[0].form == {"token": held.access_token, "token_type_hint": "access_token"}


def test_partner_forgets_the_link_even_if_the_server_cannot_be_told(partner: Partner, door: Door, link: Any) -> None:
    link()
    for _ in range(3):
        door.answers("/revoke", DROP)
    assert not disconnect(partner, "alice")
    assert partner.store.find("alice") is None
