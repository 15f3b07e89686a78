"""Exactly one winner: eight at once for one code and for one refresh token, a hundred times, on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from flask import Flask

from tests.actors import Partner, Person
from tests.minting import mint_code, mint_tokens
from tests.signing import assertion, prove
from tests.spec import spec

AT_ONCE = 8
TIMES = 100


def at_once(act: Callable[[], Any], pool: ThreadPoolExecutor) -> list[Any]:
    """Do the same thing eight times at the same moment."""
    barrier = Barrier(AT_ONCE)

    def run(_number: int) -> Any:
        barrier.wait()
        return act()

    return list(pool.map(run, range(AT_ONCE)))


def outcomes(answers: list[Any]) -> Counter[Any]:
    """Count what was answered."""
    return Counter(answer.json.get("error", "tokens") for answer in answers)


@spec("RFC 9700", "2.1.1", "a code is redeemed once, however many try at once")
def test_eight_redemptions_of_a_code_have_one_winner(alice: Person, glucoapp: Partner) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in range(TIMES):
            code = mint_code(glucoapp, alice)
            answers = at_once(lambda code=code: glucoapp.redeem(code), pool)  # type: ignore[misc]
            assert outcomes(answers) == {"tokens": 1, "invalid_grant": AT_ONCE - 1}
            winner = next(answer.json for answer in answers if answer.status_code == 200)
            assert glucoapp.refresh(winner["refresh_token"]).json["error"] == "invalid_grant"


@spec("RFC 9700", "4.14.2", "a refresh token is exchanged once, however many try at once")
def test_eight_refreshes_outside_the_grace_have_one_winner(
    alice: Person, glucoapp: Partner, make_app: Callable[..., Flask]
) -> None:
    strict = Partner(make_app(refresh_grace_seconds=0), glucoapp.client_id, glucoapp.secret)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in range(TIMES):
            token = mint_tokens(glucoapp, alice)["refresh_token"]
            answers = at_once(lambda token=token: strict.refresh(token), pool)  # type: ignore[misc]
            assert outcomes(answers) == {"tokens": 1, "invalid_grant": AT_ONCE - 1}


def test_eight_refreshes_within_the_grace_agree_on_the_successor(alice: Person, glucoapp: Partner) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in range(10):
            token = mint_tokens(glucoapp, alice)["refresh_token"]
            answers = at_once(lambda token=token: glucoapp.refresh(token), pool)  # type: ignore[misc]
            assert outcomes(answers) == {"tokens": AT_ONCE}
            assert len({answer.json["refresh_token"] for answer in answers}) == 1


def test_assertion_used_by_eight_at_once_proves_once(signer: Partner) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        token = assertion()
        answers = at_once(lambda: prove(signer, token), pool)
    assert outcomes(answers) == {"tokens": 1, "invalid_client": AT_ONCE - 1}


def test_consent_posted_eight_times_at_once_makes_one_link(alice: Person, glucoapp: Partner) -> None:
    from authz.pairing import consents, pairings
    from tests.actors import Forms
    from tests.standing import unit_in

    page = alice.arrives_at_consent(glucoapp)
    form = Forms(page.text).found["consent"] | {"profile": [alice.profile_id()], "decision": ["allow"], "until": ["13"]}
    cookie = alice.browser.get_cookie("session")
    assert cookie is not None

    def post() -> Any:
        browser = glucoapp.app.test_client()
        browser.set_cookie("session", cookie.value)
        return browser.post(page.request.path, data=form)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = at_once(post, pool)
    assert {answer.status_code for answer in answers} == {303}
    with unit_in(glucoapp.app):
        links = pairings.list_of_profile(alice.profile_id())
        assert len(links) == 1
        assert len(consents.history(links[0])) == 4
