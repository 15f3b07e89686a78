"""Hot paths have a pinned number of SQL statements: one more is a red test and not a slow week."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from tests.actors import Partner, Person
from tests.minting import mint_code, mint_tokens

Counter = Callable[[], AbstractContextManager[list[str]]]


def test_refresh_takes_four_statements(alice: Person, glucoapp: Partner, sql_counter: Counter) -> None:
    tokens = mint_tokens(glucoapp, alice)
    tokens = glucoapp.refresh(tokens["refresh_token"]).json  # caches are warm now
    with sql_counter() as seen:
        assert glucoapp.refresh(tokens["refresh_token"]).status_code == 200
    # find with family, pairing and client; claim; successor; access token
    assert len(seen) == 4, seen


def test_introspection_takes_one_statement(alice: Person, glucoapp: Partner, sql_counter: Counter) -> None:
    tokens = mint_tokens(glucoapp, alice)
    with sql_counter() as seen:
        assert glucoapp.post("/introspect", token=tokens["access_token"]).json["active"] is True
    assert len(seen) == 1, seen


def test_client_credentials_take_one_statement(clinic: Partner, sql_counter: Counter) -> None:
    clinic.post("/token", grant_type="client_credentials")
    with sql_counter() as seen:
        assert clinic.post("/token", grant_type="client_credentials").status_code == 200
    assert len(seen) == 1, seen


def test_redemption_takes_five_statements(alice: Person, glucoapp: Partner, sql_counter: Counter) -> None:
    mint_tokens(glucoapp, alice)
    code = mint_code(glucoapp, alice)
    with sql_counter() as seen:
        assert glucoapp.redeem(code).status_code == 200
    # find; claim; pairing in use; refresh token; access token
    assert len(seen) == 5, seen


def test_userinfo_takes_five_statements(alice: Person, glucoapp: Partner, sql_counter: Counter) -> None:
    tokens = mint_tokens(glucoapp, alice, scope="openid profile")
    with sql_counter() as seen:
        assert glucoapp.call("GET", "/userinfo", tokens["access_token"]).status_code == 200
    # token with pairing; whose profile; sealed claims; contact; the line in the journal
    assert len(seen) == 5, seen
