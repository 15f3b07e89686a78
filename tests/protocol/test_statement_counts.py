"""Hot paths have a pinned number of SQL statements: one more is a red test and not a slow week."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from tests.actors import Partner, Person, params_of
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


def test_redemption_takes_four_statements_and_the_first_one_more(
    alice: Person, glucoapp: Partner, otherapp: Partner, sql_counter: Counter
) -> None:
    glucoapp.post("/revoke", token="x")
    mint_tokens(otherapp, alice)  # the client and the keys are in memory now
    for expected in (5, 4):
        code = mint_code(glucoapp, alice)
        with sql_counter() as seen:
            assert glucoapp.redeem(code).status_code == 200
        # find; claim; refresh token; access token; and once, that the pairing is in use
        assert len(seen) == expected, seen


def test_silent_request_takes_four_statements(alice: Person, clinic: Partner, sql_counter: Counter) -> None:
    alice.decides(alice.arrives_at_consent(clinic), consents=["profile"])
    alice.browser.get(clinic.address(prompt="none"))
    with sql_counter() as seen:
        assert "code" in params_of(alice.browser.get(clinic.address(prompt="none")))
    # who is signed in; the pairing with its consents; family; code
    assert len(seen) == 4, seen


def test_userinfo_takes_five_statements(alice: Person, glucoapp: Partner, sql_counter: Counter) -> None:
    tokens = mint_tokens(glucoapp, alice, scope="openid profile")
    with sql_counter() as seen:
        assert glucoapp.call("GET", "/userinfo", tokens["access_token"]).status_code == 200
    # token with pairing; whose profile; sealed claims; contact; the line in the journal
    assert len(seen) == 5, seen
