"""Whatever a client does with its tokens, and in whatever order, a family has at most one live refresh token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from authz import clock as server_clock
from authz.tokens.models import RefreshToken, TokenFamily
from tests.actors import Partner, Person
from tests.clock import Clock
from tests.minting import mint_code
from tests.proofs import Holder, fapi_client, holder
from tests.spec import spec
from tests.standing import unit_in

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["refresh", "refresh", "together", "together", "revoke", "redeem", "wait"]), st.integers(0, 5)
    ),
    min_size=1,
    max_size=9,
)


def live(app: Flask) -> dict[str, int]:
    """Count the refresh tokens of each family that would still be exchanged."""
    query = (
        select(RefreshToken.family_id)
        .join(TokenFamily, TokenFamily.id == RefreshToken.family_id)
        .where(TokenFamily.revoked_at.is_(None), RefreshToken.claimed_at.is_(None))
        .where(RefreshToken.expires_at > server_clock.now())
    )
    with unit_in(app) as session:
        found = list(session.scalars(query))
    return {family: found.count(family) for family in found}


def at_once(partner: Partner, code: str, token: str, newest: str, number: int) -> Sequence[Callable[[], Any]]:
    """Return what a client does in the same moment: one token exchanged thrice, or two, or the end beside it."""
    again, fresh = partial(partner.refresh, token), partial(partner.refresh, newest)
    revoke, replay = partial(partner.post, "/revoke", token=newest), partial(partner.redeem, code)
    return [[again, again, again], [again, fresh, fresh], [fresh, revoke, again], [fresh, replay, again]][number % 4]


def run(partner: Partner, code: str, steps: list[tuple[str, int]], clock: Clock, pool: ThreadPoolExecutor) -> None:
    """Let a client do these things; after each one the rule must hold."""
    held: list[str] = [partner.redeem(code).json["refresh_token"]]

    def keep(answer: Any) -> None:
        if answer.status_code == 200 and answer.json and answer.json["refresh_token"] not in held:
            held.append(answer.json["refresh_token"])

    for act, number in steps:
        token = held[number % len(held)]
        if act == "refresh":
            keep(partner.refresh(token))
        elif act == "together":
            for answer in pool.map(lambda do: do(), at_once(partner, code, token, held[-1], number)):
                keep(answer)
        elif act == "revoke" and number == 0:
            partner.post("/revoke", token=token)
        elif act == "redeem" and number == 1:
            keep(partner.redeem(code))
        elif act == "wait":
            clock.advance(seconds=number * 20)
        assert max(live(partner.app).values(), default=0) <= 1


@spec("RFC 9700", "4.14.2", "no order of exchanges, waits and revocations leaves two live refresh tokens in a family")
@pytest.mark.parametrize("kind", ["secret", "public", "fapi2"])
def test_no_interleaving_leaves_two_live_tokens(
    kind: str, alice: Person, glucoapp: Partner, otherapp: Partner, clock: Clock
) -> None:
    partner = fapi_client(glucoapp.app) if kind == "fapi2" else {"secret": glucoapp, "public": otherapp}[kind]
    with ThreadPoolExecutor(4) as pool:

        @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(STEPS)
        def check(steps: list[tuple[str, int]]) -> None:
            run(partner, mint_code(partner, alice), steps, clock, pool)

        check()


def test_bound_public_client_keeps_one_live_token(alice: Person, clock: Clock) -> None:
    phone: Holder = holder(alice.app, token_endpoint_auth_method="none")
    steps = [("refresh", 0), ("together", 1), ("wait", 5), ("refresh", 0), ("refresh", 1), ("wait", 5), ("refresh", 0)]
    with ThreadPoolExecutor(4) as pool:
        run(phone, mint_code(phone, alice), steps, clock, pool)
    assert live(phone.app) == {}  # the last step was theft: nothing is left


def test_strict_server_leaves_none_after_a_repeat(
    alice: Person, glucoapp: Partner, make_app: Callable[..., Flask], clock: Clock
) -> None:
    strict = Partner(make_app(refresh_grace_seconds=0), glucoapp.client_id, glucoapp.secret)
    with ThreadPoolExecutor(4) as pool:
        run(strict, mint_code(strict, alice), [("refresh", 0), ("refresh", 0)], clock, pool)
    assert live(strict.app) == {}
