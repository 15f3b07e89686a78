"""Hot paths have a pinned number of SQL statements: one more is a red test and not a slow week."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from tests.actors import Partner, Person, params_of
from tests.minting import mint_code, mint_tokens

Counter = Callable[[], AbstractContextManager[list[str]]]


def _count(database_url: str, *, on_postgresql: int, on_sqlite: int) -> int:
    return on_postgresql if database_url.startswith("postgresql") else on_sqlite


def test_refresh_takes_two_statements_and_four_on_sqlite(
    alice: Person, glucoapp: Partner, sql_counter: Counter, database_url: str
) -> None:
    tokens = mint_tokens(glucoapp, alice)
    tokens = glucoapp.refresh(tokens["refresh_token"]).json  # caches are warm now
    with sql_counter() as seen:
        assert glucoapp.refresh(tokens["refresh_token"]).status_code == 200
    # find with family, pairing and client; claim, successor and access token
    assert len(seen) == _count(database_url, on_postgresql=2, on_sqlite=4), seen


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


def test_redemption_takes_two_statements_four_on_sqlite_and_the_first_one_more(
    alice: Person, glucoapp: Partner, otherapp: Partner, sql_counter: Counter, database_url: str
) -> None:
    glucoapp.post("/revoke", token="x")
    mint_tokens(otherapp, alice)  # the client and the keys are in memory now
    usual = _count(database_url, on_postgresql=2, on_sqlite=4)
    for expected in (usual + 1, usual):
        code = mint_code(glucoapp, alice)
        with sql_counter() as seen:
            assert glucoapp.redeem(code).status_code == 200
        # find; claim, refresh token and access token; and once, that the pairing is in use
        assert len(seen) == expected, seen


def test_silent_request_takes_three_statements_and_four_on_sqlite(
    alice: Person, clinic: Partner, sql_counter: Counter, database_url: str
) -> None:
    alice.decides(alice.arrives_at_consent(clinic), consents=["profile"])
    alice.browser.get(clinic.address(prompt="none"))
    with sql_counter() as seen:
        assert "code" in params_of(alice.browser.get(clinic.address(prompt="none")))
    # who is signed in; the pairing with its consents; family and code
    assert len(seen) == _count(database_url, on_postgresql=3, on_sqlite=4), seen


def test_userinfo_takes_five_statements(alice: Person, glucoapp: Partner, sql_counter: Counter) -> None:
    tokens = mint_tokens(glucoapp, alice, scope="openid profile")
    with sql_counter() as seen:
        assert glucoapp.call("GET", "/userinfo", tokens["access_token"]).status_code == 200
    # token with pairing; whose profile; sealed claims; contact; the line in the journal
    assert len(seen) == 5, seen
