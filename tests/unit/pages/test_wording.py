"""Dates, numbers, names and refusals as a person reads them, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from authz import clock
from authz.errors import Refusal
from authz.settings import Settings
from consent_ui import errors, forms, i18n, links, sentences, words
from consent_ui.people import person
from tests.factories_of_pages import card, pairing


@pytest.fixture(scope="module")
def speaking() -> Flask:
    """Give an application that only speaks."""
    app = Flask("speaking")
    app.secret_key = "for tests only"
    app.extensions["settings"] = Settings()
    i18n.init(app)
    return app


def test_dates_are_exact_and_never_broken(speaking: Flask) -> None:
    at = datetime(2025, 7, 2, 3, 0, tzinfo=UTC)
    with speaking.test_request_context("/?lang=fr"):
        assert words.moment(at) == "2\u00a0juillet\u00a02025 à\u00a005:00"
        assert words.day(date(2026, 4, 1)) == "1er\u00a0avril\u00a02026"
        assert words.short_day(date(2026, 4, 1)) == "1er\u00a0avr."
        assert words.heading(date(2020, 4, 1)) == "Mercredi 1er avril 2020"
    with speaking.test_request_context("/?lang=en"):
        assert words.moment(at) == "2\u00a0July\u00a02025 at\u00a005:00"
        assert words.day(date(2026, 4, 1)) == "1\u00a0April\u00a02026"


def test_space_elsewhere_has_its_own_clock(speaking: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(speaking.extensions, "settings", Settings(time_zone="America/Cayenne"))
    with speaking.test_request_context("/?lang=fr"):
        assert words.moment(datetime(2025, 7, 2, 1, 0, tzinfo=UTC)) == "1er\u00a0juillet\u00a02025 à\u00a022:00"


def test_days_are_named_from_today(speaking: Flask) -> None:
    with speaking.test_request_context("/?lang=en"):
        today = words.local(clock.now()).date()
        assert words.heading(today).startswith("Today, ")
        assert words.heading(today - timedelta(days=1)).startswith("Yesterday, ")
        assert words.ago(clock.now()) == "just now"
        assert words.ago(clock.now() - timedelta(hours=2)) == "2\u00a0hours\u00a0ago"


def test_numbers_and_sizes_follow_the_language(speaking: Flask) -> None:
    with speaking.test_request_context("/?lang=fr"):
        assert words.number(7412) == "7\u00a0412"
        assert words.number(5.64, 1) == "5,6"
        assert words.number(5.64, 0) == "6"
        assert words.size(210_400) == "210\u00a0ko"
        assert words.size(12) == "1\u00a0ko"
        assert words.size(2_140_000) == "2,1\u00a0Mo"
    with speaking.test_request_context("/?lang=en"):
        assert words.number(7412) == "7,412"


def test_name_is_joined_as_the_language_does(speaking: Flask) -> None:
    with speaking.test_request_context("/?lang=fr"):
        assert [words.whose(name) for name in ("Camille", "Alice", "Élodie", "Hugo")] == [
            "de Camille", "d’Alice", "d’Élodie", "d’Hugo",
        ]  # fmt: skip
    with speaking.test_request_context("/?lang=en"):
        assert words.whose("Alice") == "Alice’s"


def test_relation_is_told_to_the_one_who_reads(speaking: Flask) -> None:
    with speaking.test_request_context("/?lang=fr"):
        assert person(card(relation="self", kind="self", age=42)).told == "vous, 42\u00a0ans"
        assert person(card(relation="child", kind="legal_representative", age=1)).told == "votre enfant, 1\u00a0an"
        assert person(card(relation="ward", kind="legal_representative", age=None)).told == "votre enfant"
        assert (
            person(card(relation="neighbour", kind="carer", age=80)).told == "une personne que vous aidez, 80\u00a0ans"
        )
        assert person(card(relation="parent", kind="carer", age=80)).told == "votre parent, 80\u00a0ans"


def test_refusal_without_words_is_still_explained(speaking: Flask) -> None:
    with speaking.test_request_context("/?lang=en"):
        title, text = sentences.said(Refusal())
        assert title == "This is not possible"
        assert text
        assert sentences.wait(0) == "1 second"
        assert sentences.wait(89) == "89 seconds"
        assert sentences.wait(91) == "2 minutes"
        assert sentences.missing("scope", [], ["p"]).entries[0][0] == ""


def test_every_page_of_http_errors_has_words() -> None:
    assert set(errors.HTTP) >= {400, 403, 404, 405, 413, 429, 500}


def test_form_reads_only_what_a_page_could_have_offered() -> None:
    assert forms.number("13", 1) == 13
    assert [forms.number(text, 1) for text in ("", "-1", "1e3", "٣", "9999999")] == [1] * 5
    assert forms.is_id("01a20d7b-x_y.z")
    assert not forms.is_id("")
    assert not forms.is_id("a b")
    assert not forms.is_id("a" * 65)


def test_state_of_a_link_in_words(speaking: Flask) -> None:
    now = datetime(2026, 3, 18, 12, tzinfo=UTC)
    with speaking.test_request_context("/?lang=fr"):
        cases = {
            "Actif jusqu’au": pairing("active", ends_at=now + timedelta(days=200)),
            "À renouveler avant": pairing("pending", ends_at=now + timedelta(days=20)),
            "Terminé depuis": pairing("active", ends_at=now - timedelta(days=2)),
            "Suspendu": pairing("suspended", ends_at=now + timedelta(days=200)),
            "En pause jusqu’au": pairing("paused", ends_at=now + timedelta(days=200), paused_until=now + timedelta(9)),
            "Arrêté le": pairing("ended", ends_at=now - timedelta(days=1), ended_at=now - timedelta(days=30)),
        }
        for told, row in cases.items():
            assert links.told(row, links.look_of(row, now), now).startswith(told)
