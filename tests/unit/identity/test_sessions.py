"""Signed-in browsers: how they begin, last and end, and what they may see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask
import pytest
from flask import Flask
from sqlalchemy import func, select, text

from authz import audit, db
from authz.identity import devices, profiles, sessions, upkeep
from authz.identity.models import BrowserSession, KnownDevice
from authz.identity.profiles import NotYourProfile
from authz.identity.sessions import NoSuchSession, SignedIn
from authz.notifications.models import Message
from tests.clock import Clock
from tests.unit.identity.browser import Browser


def _sign_in(browser: Browser, account_id: str) -> SignedIn:
    with browser.visit():
        return sessions.start(account_id, amr=["pwd", "otp", "mfa"])


def _current(browser: Browser) -> SignedIn | None:
    with browser.visit():
        return sessions.current()


def _count(app: Flask, table: Any) -> int:
    with app.app_context(), db.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_patient_signs_in_and_is_known_at_the_next_request(browser: Browser, alice: str) -> None:
    assert _current(browser) is None
    started = _sign_in(browser, alice)
    assert _current(browser) == started
    assert (started.amr, started.acr, started.agent) == (("pwd", "otp", "mfa"), "aal2", "Firefox · Linux")
    with browser.visit():
        assert started.profile_id == profiles.find_own(alice)


def test_session_is_found_within_the_request_that_starts_it(browser: Browser, alice: str) -> None:
    with browser.visit():
        assert sessions.current() is None
        assert sessions.start(alice, amr=["pwd", "otp"]) == sessions.current()


def test_sign_in_rotates_whatever_the_browser_had(app: Flask, browser: Browser, alice: str, paul: str) -> None:
    with browser.visit():
        flask.session["csrf_token"] = "planted"
        key = sessions.browser_key()
    first = _sign_in(browser, alice)
    stolen = Browser(app)
    stolen.cookies = dict(browser.cookies)
    with browser.visit():
        assert "csrf_token" not in flask.session
        assert sessions.browser_key() == key, "what the browser began before still belongs to it"
    second = _sign_in(browser, paul)
    assert {first.id, first.sid}.isdisjoint({second.id, second.sid})
    assert second.profile_id != first.profile_id
    assert _current(stolen) is None


def test_signing_in_again_keeps_the_open_profile(browser: Browser, paul: str) -> None:
    _sign_in(browser, paul)
    with browser.visit():
        zoe = profiles.list_for(paul)[1].id
        sessions.open_profile(zoe)
        assert sessions.current().profile_id == zoe  # type: ignore[union-attr]
    assert _sign_in(browser, paul).profile_id == zoe


def test_browser_left_alone_is_signed_out(browser: Browser, alice: str, clock: Clock) -> None:
    _sign_in(browser, alice)
    for _ in range(3):
        clock.advance(minutes=20)
        assert _current(browser), "it is in use"
    clock.advance(minutes=31)
    assert _current(browser) is None


def test_browser_is_signed_out_after_twelve_hours_whatever_happens(browser: Browser, alice: str, clock: Clock) -> None:
    _sign_in(browser, alice)
    for _ in range(36):
        assert _current(browser)
        clock.advance(minutes=20, seconds=1)
    assert _current(browser) is None


def test_use_is_noted_at_most_once_a_minute(
    browser: Browser, alice: str, clock: Clock, sql_counter: Callable[..., Any]
) -> None:
    _sign_in(browser, alice)
    clock.advance(minutes=2)
    seen: list[list[str]] = []
    for _ in range(2):
        with sql_counter() as statements:
            _current(browser)
        seen.append(list(statements))
    assert [statement.split()[0] for statement in seen[0] if not statement.startswith("BEGIN")] == ["SELECT", "UPDATE"]
    assert [statement.split()[0] for statement in seen[1]] == ["SELECT"]


def test_patient_signs_out(app: Flask, browser: Browser, alice: str) -> None:
    _sign_in(browser, alice)
    kept = Browser(app)
    kept.cookies = dict(browser.cookies)
    with browser.visit():
        sessions.end()
    assert _current(browser) is None
    assert _current(kept) is None, "a copy of the cookie is worth nothing"
    with browser.visit():
        sessions.end()
        tags = [row.tag for row in db.session().scalars(select(audit.Activity))]
    assert tags.count("account:logout") == 1


def test_patient_who_proves_themselves_anew_goes_on_in_the_same_session(browser: Browser, alice: str) -> None:
    before = _sign_in(browser, alice)
    kept = dict(browser.cookies)
    after = _sign_in(browser, alice)
    assert (after.id, after.sid, after.created_at) == (before.id, before.sid, before.created_at)
    assert after.auth_time > before.auth_time
    browser.cookies = kept
    assert _current(browser) is None, "the cookie of before is worth nothing"


def test_session_that_was_ended_meanwhile_does_not_go_on(browser: Browser, alice: str) -> None:
    before = _sign_in(browser, alice)
    with browser.visit():
        sessions.current()
        sessions.end_all(alice)
        after = sessions.start(alice, amr=["pwd", "otp"])
    assert after.sid != before.sid
    assert _current(browser) == after


def test_patient_signs_other_browsers_out(app: Flask, browser: Browser, alice: str) -> None:
    phone = Browser(app, agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1")
    here, there = _sign_in(browser, alice), _sign_in(phone, alice)
    with browser.visit():
        assert {one.agent for one in sessions.list_of_account(alice)} == {"Firefox · Linux", "Safari · iPhone"}
        sessions.end_one(alice, there.id)
    assert _current(phone) is None
    _sign_in(phone, alice)
    with browser.visit():
        assert sessions.end_all(alice, but=here.id) == 1
    with browser.visit():
        assert [one.id for one in sessions.list_of_account(alice)] == [here.id]


def test_stranger_cannot_sign_a_browser_out(app: Flask, browser: Browser, alice: str, paul: str) -> None:
    hers = _sign_in(browser, alice)
    with pytest.raises(NoSuchSession), Browser(app).visit():
        sessions.end_one(paul, hers.id)
    assert _current(browser)


def test_stranger_cannot_open_a_profile(browser: Browser, alice: str, paul: str) -> None:
    _sign_in(browser, alice)
    with browser.visit():
        zoe = profiles.list_for(paul)[1].id
    for profile_id in (zoe, "0" * 32):
        with pytest.raises(NotYourProfile), browser.visit():
            sessions.open_profile(profile_id)


def test_nobody_opens_a_profile_without_signing_in(browser: Browser, paul: str) -> None:
    with pytest.raises(NoSuchSession), browser.visit():
        sessions.open_profile(profiles.list_for(paul)[1].id)


def test_forged_cookie_is_no_session(browser: Browser, alice: str) -> None:
    with browser.visit():
        flask.session["sid"] = 42
        flask.session["browser"] = 42
    assert _current(browser) is None
    with browser.visit():
        assert sessions.browser_key().startswith("apb_")
        flask.session["sid"] = "aps_unknown"
    assert _current(browser) is None


def test_new_device_is_told_but_the_first_is_no_news(app: Flask, browser: Browser, alice: str) -> None:
    def told() -> int:
        with app.app_context(), db.reading() as connection:
            query = select(func.count()).select_from(Message).where(Message.template == "new_device")
            return int(connection.execute(query).scalar_one())

    _sign_in(browser, alice)
    _sign_in(browser, alice)
    assert (told(), _count(app, KnownDevice)) == (0, 1)
    _sign_in(Browser(app, agent="curl/8"), alice)
    assert (told(), _count(app, KnownDevice)) == (3, 2), "by e-mail, by SMS and on the bell"


def test_family_shares_a_device(app: Flask, browser: Browser, alice: str, paul: str) -> None:
    _sign_in(browser, alice)
    _sign_in(browser, paul)
    with browser.visit():
        assert devices.find(alice)
        assert devices.find(paul)
        assert devices.find(alice) != devices.find(paul)
    with Browser(app).visit():
        assert devices.find(alice) is None


def test_device_cookie_is_bound_to_the_host_over_https(make_app: Callable[..., Flask], alice: str) -> None:
    secure = Browser(make_app(issuer="https://space.example"))
    _sign_in(secure, alice)
    line = next(line for line in secure.set_cookies if line.startswith("__Host-device="))
    for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=34560000"):
        assert attribute in line
    assert "Domain" not in line


def test_what_is_over_is_thrown_away(app: Flask, browser: Browser, alice: str, clock: Clock) -> None:
    _sign_in(browser, alice)
    clock.advance(days=91)
    with browser.visit():
        assert upkeep.purge(clock.now()) == {
            "one_time_codes": 0,
            "browser_sessions": 1,
            "upstream_sessions": 0,
            "known_devices": 0,
            "spent_challenges": 0,
            "recoveries": 0,
            "activations": 0,
            "prepared_spaces": 0,
            "invitations": 0,
            "budgets": 0,
        }
    clock.advance(days=310)
    with browser.visit():
        assert upkeep.purge(clock.now())["known_devices"] == 1
    assert _count(app, BrowserSession) == 0


def test_no_secret_of_a_browser_is_stored(app: Flask, browser: Browser, alice: str) -> None:
    _sign_in(browser, alice)
    with browser.visit():
        secrets = [flask.session["sid"], browser.cookies[devices.cookie_name()]]
    with app.app_context(), db.reading() as connection:
        kept = "".join(
            str(connection.execute(text(f'SELECT * FROM "{table}"')).all())
            for table in ("browser_session", "known_device", "activity", "message")
        )
    assert not [secret for secret in secrets if secret in kept]
