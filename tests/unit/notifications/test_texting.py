"""Text messages: which numbers are served, how many go out, and what of that another person can use up."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from authz.notifications import deliveries, texting
from authz.settings import Settings
from tests.clock import Clock
from tests.standing import unit_in

HERS, OTHER, SWISS = "+33639980001", "+33639980002", "+41791234567"


@pytest.mark.parametrize("number", [HERS, SWISS, "+32470123456", "+262692123456", "+447700900123", "+4915112345678"])
def test_mobile_numbers_of_here_and_around_are_served(app: Flask, number: str) -> None:
    with app.app_context():
        assert texting.is_served(number)


@pytest.mark.parametrize(
    "number", ["+33899123456", "+447012345678", "+12025550123", "+88213123456", "+97912345678", ""]
)
def test_premium_numbers_and_far_countries_are_refused(app: Flask, number: str) -> None:
    with app.app_context(), pytest.raises(texting.NumberNotServed):
        texting.check(number)


def test_landline_is_told_from_the_rest(app: Flask) -> None:
    for number in ("+33142685300", "+33912345678"):
        with app.app_context(), pytest.raises(texting.LandLine):
            texting.check(number)


def test_operator_widens_and_narrows_the_ranges(make_app: Callable[..., Flask]) -> None:
    """A longer entry wins over what is refused by itself."""
    app = make_app(sms_ranges=("+33", "+1=5", "+88213"), sms_range_hour=7)
    with app.app_context():
        assert texting.ranges() == {"+33": 7, "+1": 5, "+88213": 7}
        assert texting.is_served("+12025550123")
        assert texting.is_served("+88213123456")
        served = [
            number for number in ("+33899123456", "+33142685300", SWISS, "+19005550123") if texting.is_served(number)
        ]
    assert served == []


@pytest.mark.parametrize("entry", ["33", "+0", "+33=", "+33=0", "+33=x", "+", "+33 6"])
def test_entry_that_is_no_range_is_refused(entry: str) -> None:
    with pytest.raises(texting.NumberNotServed, match="APPAIRAGE_SMS_RANGES"):
        texting.read_ranges((entry,), limit=1)


def spent(app: Flask, number: str, **how: bool) -> int:
    """Send codes to a number until that is refused; returns how many went out."""
    for count in range(1000):
        try:
            with unit_in(app):
                texting.spend(number, **how)
        except texting.TextsSpent:
            return count
    raise AssertionError("no budget at all")


def test_number_has_its_day(app: Flask, settings: Settings, clock: Clock) -> None:
    assert spent(app, HERS) == settings.sms_number_day
    clock.advance(days=1)
    assert spent(app, HERS) == settings.sms_number_day


def test_number_that_is_nobodys_yet_gets_few_and_uses_up_nothing_of_its_owners(app: Flask, settings: Settings) -> None:
    """Who says that a number is going to be theirs may flood it with five, and its owner still signs in."""
    assert spent(app, HERS, is_new=True) == texting.NEW_NUMBER[0]
    assert spent(app, HERS) == settings.sms_number_day


def test_range_that_is_flooded_keeps_a_fifth_for_known_devices_and_stops_no_other(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(sms_ranges=("+336=10", "+417=10"), sms_number_day=100)
    assert spent(app, HERS) == 8
    assert spent(app, OTHER) == 0
    assert spent(app, OTHER, is_known=True) == 2
    assert spent(app, SWISS) == 8


def test_all_together_have_a_day(make_app: Callable[..., Flask], capsys: pytest.CaptureFixture[str]) -> None:
    app = make_app(sms_day=5, sms_number_day=100)
    assert spent(app, HERS) == 4
    assert spent(app, SWISS, is_known=True) == 1
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    capped = [(line["level"], line["bucket"]) for line in lines if line["event"] == "sms:cap"]
    assert capped == [("warning", "texts all abroad"), ("warning", "texts all")]


def test_operator_hears_what_is_nearly_spent(make_app: Callable[..., Flask]) -> None:
    app = make_app(sms_ranges=("+336=10", "+417=10"), sms_day=11, sms_number_day=100)
    with app.app_context():
        assert texting.list_low() == []
    spent(app, HERS)
    spent(app, HERS, is_known=True)
    with app.app_context():
        assert texting.list_low() == ["0 of 10 left this hour for +336", "1 of 11 left today"]


def test_notices_have_a_budget_of_their_own(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texting, "TOLD", (2, timedelta(days=1)))
    spent(app, HERS)
    told = []
    for _ in range(3):
        with unit_in(app):
            told.append(texting.may_tell(HERS))
    assert told == [True, True, False]
    with unit_in(app):
        assert not texting.may_tell("+33142685300")


def test_notices_to_all_together_have_a_day_too_and_use_up_none_of_the_codes(
    make_app: Callable[..., Flask], capsys: pytest.CaptureFixture[str]
) -> None:
    """Else whoever has many numbers has one notice after the other sent to each, beyond what the operator allowed."""
    app = make_app(sms_day=3, sms_number_day=100)
    with unit_in(app):
        assert [texting.may_tell(number) for number in (HERS, OTHER, SWISS, HERS, OTHER)] == [True] * 3 + [False] * 2
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()].count("sms:cap") == 2
    assert spent(app, HERS, is_known=True) == 3


@pytest.mark.parametrize(
    ("failure", "trouble"),
    [
        (None, ""), ("", ""), ("twilio: 400 21211", "wrong"), ("twilio: 400 21614", "wrong"),
        ("twilio: 400 21610", "blocked"), ("twilio: undelivered 30003", "away"), ("twilio: undelivered 30006", "wrong"),
        ("twilio: failed 30004", "blocked"), ("twilio: failed 0", "late"), ("twilio: 429 20429", "late"),
        ("twilio: ConnectTimeout", "late"), ("expired", "late"),
        ("smtp: recipient refused [550]", "wrong"), ("smtp: recipient refused [450]", "late"), ("smtp: 554", "late"),
    ],
)  # fmt: skip
def test_failure_is_put_in_one_word(failure: str | None, trouble: str) -> None:
    assert deliveries.trouble_of(failure) == trouble
