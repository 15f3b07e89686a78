"""The two levels of a sign-in, by its factors, and what reaches what."""

from __future__ import annotations

import pytest

from authz.identity import levels
from tests.spec import spec


@spec("RFC 8176", "2", "the level follows from the factors used")
@pytest.mark.parametrize(
    ("amr", "level"), [(["pwd", "otp"], "aal2"), (["pwd", "sms"], "aal2"), (["pwd", "hwk"], "phr"), (["swk"], "phr")]
)
def test_level_follows_from_the_factors(amr: list[str], level: str) -> None:
    assert levels.of(amr) == level


def test_stronger_level_reaches_the_weaker_one() -> None:
    assert levels.is_enough("phr", ["aal2"])
    assert levels.is_enough("aal2", ["phr", "aal2"])
    assert not levels.is_enough("aal2", ["phr"])
    assert not levels.is_enough("phr", ["unheard-of"])
    assert levels.is_reachable(["aal2"])
    assert levels.is_reachable(["phr"])
    assert not levels.is_reachable(["unheard-of"])


def test_client_is_told_the_level_it_wished_if_that_was_reached() -> None:
    assert levels.told("phr", ["1", "aal2"]) == "aal2"
    assert levels.told("phr", ["phr", "aal2"]) == "phr"
    assert levels.told("aal2", ["phr"]) == "aal2"
