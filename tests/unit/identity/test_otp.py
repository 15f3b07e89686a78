"""One-time codes: sent, typed, refused, and never accepted twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import func, select

from authz import db
from authz.errors import Refusal
from authz.identity import attempts, otp, sessions, upkeep
from authz.identity.models import OneTimeCode
from authz.ratelimit import TooMany
from tests.clock import Clock
from tests.unit.identity.browser import Browser
from tests.unit.identity.conftest import PASSWORD, SECRET

Codes = Callable[[str], str]


def _send(browser: Browser, account_id: str, kind: str = "email") -> otp.Sent:
    with browser.visit():
        return otp.send(account_id, kind)


def _check(browser: Browser, account_id: str, code: str, kind: str = "email", purpose: str = "login") -> str:
    with browser.visit():
        return otp.check(account_id, kind, code, purpose)


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_patient_chooses_among_masked_destinations(app: Flask, alice: str, enrol: Callable[..., str]) -> None:
    bare = enrol({"identifier": "only.this", "password": PASSWORD})
    with app.app_context():
        assert [(m.kind, m.masked) for m in otp.methods(alice)] == [
            ("email", "a•••••e@example.org"),
            ("sms", "+33 ••••••339"),
            ("totp", ""),
        ]
        assert otp.methods(bare) == []
        assert otp.methods("0" * 32) == []


@pytest.mark.parametrize(("kind", "amr"), [("email", "otp"), ("sms", "sms")])
def test_patient_types_the_code_once(browser: Browser, alice: str, last_code: Codes, kind: str, amr: str) -> None:
    sent = _send(browser, alice, kind)
    assert (sent.expires_at - sent.resend_at).total_seconds() == 15 * 60 - 30
    code = last_code(alice)
    assert _check(browser, alice, f" {code[:3]} {code[3:]} ", kind) == amr
    with pytest.raises(otp.CodeExpired):
        _check(browser, alice, code, kind)


def test_code_is_void_after_fifteen_minutes(browser: Browser, alice: str, last_code: Codes, clock: Clock) -> None:
    _send(browser, alice)
    clock.advance(minutes=15, seconds=1)
    with pytest.raises(otp.CodeExpired):
        _check(browser, alice, last_code(alice))


def test_code_dies_at_the_fifth_wrong_try(browser: Browser, alice: str, last_code: Codes) -> None:
    _send(browser, alice)
    code = last_code(alice)
    for left in (4, 3, 2, 1):
        with pytest.raises(otp.WrongCode) as refused:
            _check(browser, alice, _wrong(code))
        assert refused.value.params == {"tries_left": left}
    for typed in (_wrong(code), code, code):
        with pytest.raises(otp.TooManyTries):
            _check(browser, alice, typed)


def test_hundred_guesses_at_once_are_still_five(app: Flask, browser: Browser, alice: str, last_code: Codes) -> None:
    _send(browser, alice)
    wrong = _wrong(last_code(alice))

    def guess(_: int) -> str:
        other = Browser(app)
        other.cookies = dict(browser.cookies)
        try:
            return _check(other, alice, wrong)
        except Refusal as refusal:
            return type(refusal).__name__

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(guess, range(16)))
    assert seen.count("WrongCode") == 4
    assert seen.count("TooManyTries") == 12


def test_of_eight_equal_codes_at_once_one_is_accepted(
    app: Flask, browser: Browser, alice: str, last_code: Codes
) -> None:
    _send(browser, alice)
    code = last_code(alice)

    def type_it(_: int) -> str:
        other = Browser(app)
        other.cookies = dict(browser.cookies)
        try:
            return _check(other, alice, code)
        except Refusal as refusal:
            return type(refusal).__name__

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(type_it, range(8)))
    assert seen.count("otp") == 1, seen
    assert set(seen) <= {"otp", "CodeExpired", "TooManyTries"}


def test_code_counts_only_for_its_purpose_account_and_browser(
    app: Flask, browser: Browser, alice: str, paul: str, last_code: Codes
) -> None:
    _send(browser, alice)
    code = last_code(alice)
    for account, purpose, where in (
        (paul, "login", browser),
        (alice, "contact", browser),
        (alice, "login", Browser(app)),
    ):
        with pytest.raises(otp.CodeExpired):
            _check(where, account, code, purpose=purpose)
    assert _check(browser, alice, code) == "otp"


def test_patient_waits_before_asking_again_and_only_the_newest_code_counts(
    browser: Browser, alice: str, last_code: Codes, clock: Clock
) -> None:
    _send(browser, alice)
    first = last_code(alice)
    with pytest.raises(otp.TooSoon) as refused:
        _send(browser, alice)
    assert refused.value.params == {"wait": 30}
    _send(browser, alice, "sms")  # another way may be taken at once
    clock.advance(seconds=30)
    _send(browser, alice)
    if first != last_code(alice):
        with pytest.raises(otp.WrongCode):
            _check(browser, alice, first)
    assert _check(browser, alice, last_code(alice)) == "otp"


def test_reload_shows_the_code_that_is_awaited(browser: Browser, alice: str, last_code: Codes, clock: Clock) -> None:
    with browser.visit():
        assert otp.find_sent(alice, "email") is None
    sent = _send(browser, alice)
    with browser.visit():
        assert otp.find_sent(alice, "email") == sent
    _check(browser, alice, last_code(alice))
    with browser.visit():
        assert otp.find_sent(alice, "email") is None


def test_resends_have_a_budget_that_a_stranger_cannot_spend(
    app: Flask, browser: Browser, alice: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "SEND", attempts.Budget(2, timedelta(hours=1)))
    stranger = Browser(app, address="203.0.113.9")
    with browser.visit():
        sessions.start(alice, amr=["pwd", "otp"])
    for _ in range(attempts.SEND.limit):
        _send(stranger, alice)
        clock.advance(seconds=31)
    with pytest.raises(TooMany):
        _send(stranger, alice)
    _send(browser, alice)


def test_sms_to_one_account_are_bounded_from_unknown_devices(
    app: Flask, browser: Browser, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "ABROAD_SMS", attempts.Budget(2, attempts.ABROAD_SMS.per))
    for number in range(2):
        _send(Browser(app, address=f"203.0.113.{number}"), alice, "sms")
    with pytest.raises(TooMany):
        _send(Browser(app, address="203.0.113.9"), alice, "sms")
    with browser.visit():
        sessions.start(alice, amr=["pwd", "otp"])
    _send(browser, alice, "sms")


def test_wrong_codes_are_bounded_over_many_codes(
    browser: Browser, alice: str, last_code: Codes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "CODE", attempts.Budget(2, attempts.CODE.per))
    _send(browser, alice)
    for _ in range(2):
        with pytest.raises(otp.WrongCode):
            _check(browser, alice, _wrong(last_code(alice)))
    with pytest.raises(TooMany):
        _check(browser, alice, last_code(alice))


def test_guesser_abroad_who_spends_every_try_leaves_the_patients_own_device_its_tries(
    app: Flask, browser: Browser, alice: str, last_code: Codes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "ABROAD_CODE", attempts.Budget(2, attempts.ABROAD_CODE.per))
    with browser.visit():
        sessions.start(alice, amr=["pwd", "otp"])
    for number in range(2):
        with pytest.raises(otp.WrongCode):
            _check(Browser(app, address=f"203.0.113.{number}"), alice, "", "totp")
    with pytest.raises(TooMany):
        _check(Browser(app, address="203.0.113.9"), alice, "", "totp")
    _send(browser, alice)
    assert _check(browser, alice, last_code(alice)) == "otp"


@pytest.mark.parametrize("kind", ["totp", "pigeon"])
def test_code_is_not_sent_by_a_way_that_is_not_there(browser: Browser, alice: str, kind: str) -> None:
    with pytest.raises(otp.NoSuchMethod):
        _send(browser, alice, kind)


def test_authenticator_code_is_accepted_once(browser: Browser, alice: str, clock: Clock) -> None:
    totp = pyotp.TOTP(SECRET)
    assert _check(browser, alice, totp.at(clock.now()), "totp") == "otp"
    with pytest.raises(otp.CodeReplayed):
        _check(browser, alice, totp.at(clock.now()), "totp")
    with pytest.raises(otp.CodeReplayed):
        _check(browser, alice, totp.at(clock.now(), counter_offset=-1), "totp")
    clock.advance(seconds=30)
    assert _check(browser, alice, totp.at(clock.now()), "totp") == "otp"


def test_authenticator_code_of_another_time_is_wrong(browser: Browser, alice: str, clock: Clock) -> None:
    code = pyotp.TOTP(SECRET).at(clock.now(), counter_offset=20)
    with pytest.raises(otp.WrongCode) as refused:
        _check(browser, alice, code, "totp")
    assert refused.value.params == {"tries_left": attempts.CODE.limit - 1}
    for junk in ("", "abc", "1234567", "١٢٣٤٥٦"):
        with pytest.raises(otp.WrongCode):
            _check(browser, alice, junk, "totp")


def test_older_authenticators_secret_of_eighty_bits_is_good_enough(
    browser: Browser, enrol: Callable[..., str], clock: Clock
) -> None:
    account = enrol({"identifier": "only.this", "password": PASSWORD, "totp_secret": "jbsw y3dp ehpk 3pxp"})
    code = pyotp.TOTP("JBSWY3DPEHPK3PXP" * 2)  # not hers
    with pytest.raises(otp.WrongCode):
        _check(browser, account, code.at(clock.now()), "totp")
    assert otp.as_totp_secret("jbsw y3dp ehpk 3pxp=") == "JBSWY3DPEHPK3PXP"


def test_account_without_authenticator_cannot_use_one(browser: Browser, paul: str) -> None:
    with pytest.raises(otp.NoSuchMethod):
        _check(browser, paul, "123456", "totp")


def test_old_codes_are_thrown_away(app: Flask, browser: Browser, alice: str, clock: Clock) -> None:
    _send(browser, alice)
    with browser.visit():
        assert upkeep.purge(clock.now())["one_time_codes"] == 0
    clock.advance(days=2)
    with browser.visit():
        assert upkeep.purge(clock.now())["one_time_codes"] == 1
    with app.app_context(), db.reading() as connection:
        assert connection.execute(select(func.count()).select_from(OneTimeCode)).scalar_one() == 0


def test_code_outside_a_browser_is_bound_to_none(app: Flask, alice: str, last_code: Codes) -> None:
    with app.app_context(), db.unit_of_work():
        otp.send(alice, "email", "operator")
    with app.app_context(), db.unit_of_work():
        assert otp.check(alice, "email", last_code(alice), "operator") == "otp"
