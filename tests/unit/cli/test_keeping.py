"""What an operator keeps: apps, people, links, keys."""

from __future__ import annotations

import json
from typing import Any

import pytest

from authz import clock, db
from authz.cli.composition import operation
from authz.clients import registry
from authz.clients.models import Client
from authz.pairing import pairings
from tests.unit.cli.conftest import CLIENT, PERSON, Operator


@pytest.fixture
def link(with_alice: Operator, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the id of a link between Alice and GlucoApp."""
    for name, text in with_alice.environment.items():
        monkeypatch.setenv(name, text)
    account = with_alice.asks("account", "show", "alice.martin")
    with operation():
        pairing = pairings.open_or_renew(
            registry.get("glucoapp"), account["profiles"][0]["id"], by=account["id"],
            decisions={"measures.glucose.write": True}, lang="fr",
            ends_at=clock.now().replace(year=clock.now().year + 1, day=1), app_account={},
        )  # fmt: skip
        return pairing.id


def test_operator_registers_an_app_and_sees_its_secret_once(olga: Operator) -> None:
    """The answer to `client add` is the only place that shows it."""
    added = olga.asks("client", "add", "--from", olga.writes("client.json", CLIENT))
    assert added["client_id"] == "glucoapp"
    assert added["client_secret"].startswith("apcs_")
    shown = olga.asks("client", "show", "glucoapp")
    assert shown["redirect_uris"] == CLIENT["redirect_uris"]
    assert shown["catalogue_entry"] == "glucoapp"
    assert added["client_secret"] not in json.dumps([shown, olga.asks("client", "list")])


def test_operator_registers_a_second_app_of_an_entry(with_alice: Operator) -> None:
    """The entry is named, not repeated."""
    second = CLIENT | {"client_id": "second", "catalogue_entry": "glucoapp"}
    assert with_alice.asks("client", "add", "--from", "-", given=json.dumps(second))["catalogue_entry"] == "glucoapp"
    unknown = with_alice.writes("unknown.json", second | {"client_id": "third", "catalogue_entry": "nobody"})
    assert "catalogue_entry must be" in with_alice.is_refused("client", "add", "--from", unknown)


@pytest.mark.parametrize(
    "change",
    [{"redirect_uris": ["http://elsewhere.example/"]}, {"scope": "openid everything"}, {"client_id": "glucoapp"}],
    ids=["redirect", "scope", "taken"],
)
def test_operator_registers_an_unfit_app_and_nothing_is_kept(with_alice: Operator, change: dict[str, Any]) -> None:
    """Not even the catalogue entry that came with it."""
    entry = CLIENT["catalogue_entry"] | {"id": "other"}
    unfit = {"client_id": "other"} | change | {"catalogue_entry": entry}
    with_alice.is_refused("client", "add", "--from", with_alice.writes("unfit.json", CLIENT | unfit))
    assert [client["client_id"] for client in with_alice.asks("client", "list")] == ["glucoapp"]
    named = with_alice.writes("named.json", CLIENT | {"client_id": "named", "catalogue_entry": "other"})
    assert "catalogue_entry must be" in with_alice.is_refused("client", "add", "--from", named)


def test_operator_suspends_and_resumes_an_app(with_alice: Operator) -> None:
    """The list says which state it is in."""
    assert with_alice.asks("client", "suspend", "glucoapp")["status"] == "suspended"
    assert "suspended" in with_alice.does("client", "list")
    assert with_alice.asks("client", "resume", "glucoapp")["status"] == "active"
    assert "no such client" in with_alice.is_refused("client", "suspend", "nobody")


def test_operator_gives_an_app_a_new_secret(with_alice: Operator) -> None:
    """A public client has none to change."""
    secrets = {with_alice.asks("client", "rotate-secret", "glucoapp")["client_secret"] for _ in range(2)}
    assert len(secrets) == 2
    public = CLIENT | {"client_id": "public", "token_endpoint_auth_method": "none", "catalogue_entry": "glucoapp"}
    assert "client_secret" not in with_alice.asks("client", "add", "--from", "-", given=json.dumps(public))
    assert "without a secret" in with_alice.is_refused("client", "rotate-secret", "public")


def test_operator_adds_a_person_and_sees_no_secret(olga: Operator) -> None:
    """Contacts are masked; the password is nowhere."""
    added = olga.asks("account", "add", "--from", olga.writes("alice.json", PERSON))
    assert added["identifier"] == "alice.martin"
    shown = olga.asks("account", "show", "alice.martin")
    assert shown["profiles"][0]["family_name"] == "Martin"
    assert [person["id"] for person in olga.asks("account", "list")] == [added["id"]]
    told = json.dumps([added, shown]) + olga.does("account", "list")
    assert [word for word in (PERSON["password"], PERSON["email"]) if str(word) in told] == []


def test_operator_adds_an_unfit_person_and_is_told(with_alice: Operator) -> None:
    """Taken, too short, unknown."""
    file = with_alice.writes("again.json", PERSON)
    assert "taken" in with_alice.is_refused("account", "add", "--from", file)
    short = with_alice.writes("short.json", PERSON | {"identifier": "somebody", "password": "short"})
    assert "too short" in with_alice.is_refused("account", "add", "--from", short)
    assert "no such account" in with_alice.is_refused("account", "show", "nobody")


def test_operator_looks_at_links_and_sees_nobody_by_name(with_alice: Operator, link: str) -> None:
    """Ids, dates, scopes and decisions."""
    listed = with_alice.asks("pairing", "list")
    assert [(row["id"], row["client_id"], row["state"]) for row in listed] == [(link, "glucoapp", "pending")]
    profile = listed[0]["profile_id"]
    assert with_alice.asks("pairing", "list", "--profile", profile, "--client", "glucoapp") == listed
    assert with_alice.asks("pairing", "list", "--client", "nobody") == []
    assert with_alice.does("pairing", "list", "--client", "nobody") == ""
    shown = with_alice.asks("pairing", "show", link)
    assert [(one["scope"], one["is_granted"]) for one in shown["consents"]] == [("measures.glucose.write", True)]
    assert "Alice" not in with_alice.does("pairing", "show", link)


def test_operator_ends_a_link_once(with_alice: Operator, link: str) -> None:
    """It is over at once, with the reason."""
    ended = with_alice.asks("pairing", "end", link, "--afterwards", "hide")
    assert (ended["state"], ended["end_reason"], ended["afterwards"]) == ("ended", "operator", "hide")
    assert with_alice.is_refused("pairing", "end", link) == "The link has ended already."
    assert "no such link" in with_alice.is_refused("pairing", "show", "nothing")


def test_operator_rotates_the_keys_and_the_next_ones_sign(olga: Operator) -> None:
    """Next becomes current, current is retired and still published."""
    before = {key["kid"]: key["state"] for key in olga.asks("keys", "list")}
    signing = olga.asks("keys", "rotate")["signing"]
    after = {key["kid"]: key["state"] for key in olga.asks("keys", "list")}
    assert sorted(signing) == sorted(kid for kid, state in before.items() if state == "next")
    assert {after[kid] for kid in signing} == {"current"}
    assert {after[kid] for kid, state in before.items() if state == "current"} == {"retired"}
    assert len(after) == len(before) + 2


def test_refused_operation_keeps_nothing(olga: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page keeps what was written before a refusal; a command does not."""
    for name, text in olga.environment.items():
        monkeypatch.setenv(name, text)
    file = olga.writes("late.json", CLIENT)
    monkeypatch.setattr("authz.cli.clients._facts", lambda client: registry.get("nobody"))
    olga.is_refused("client", "add", "--from", file)
    monkeypatch.undo()
    for name, text in olga.environment.items():
        monkeypatch.setenv(name, text)
    with operation():
        assert db.session().get(Client, "glucoapp") is None
