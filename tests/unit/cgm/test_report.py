"""The PDF and its words: archival, accessible, the same twice, safe with any name, complete in both languages."""

from __future__ import annotations

import re
import string
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.cgm import goals, presentation, report, texts
from connectors.cgm.goals import POPULATIONS, Population
from connectors.cgm.lettering import legible
from connectors.cgm.report_data import origin_line, report_data
from connectors.cgm.summary import Summary
from tests.unit.cgm.cases import PARIS, made, synthetic

NOON = datetime(2026, 2, 16, 12, tzinfo=UTC)
CASE = synthetic()
HOSTILE = 'Zoé #panic("x") *bold* <script> Łukasz Жанна Ελένη 漢字 😀 עברית ậ \u202e\x00\n\\ $x$ @ref'


def pdf(
    summary: Summary, *, lang: str = "fr", subject: str = "", origin: str = "", population: Population = "adults"
) -> bytes:
    return report.make_report(summary, lang=lang, made_at=NOON, population=population, subject=subject, origin=origin)


def pages(content: bytes) -> int:
    (count,) = re.findall(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)", content)
    return int(count)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_report_says_that_it_is_archival_accessible_and_tagged(lang: str) -> None:
    content = pdf(CASE, lang=lang)
    assert content[:8] == b"%PDF-1.7"
    marks = [
        b"<pdfaid:part>2<",
        b"<pdfaid:conformance>A<",
        b"<pdfuaid:part>1<",
        b"/Marked true",
        f"/Lang({lang})".encode(),
    ]
    assert [mark for mark in marks if mark not in content] == []


def test_same_input_gives_the_same_bytes_and_the_date_is_the_report_s() -> None:
    one, other = pdf(CASE), pdf(CASE)
    later = report.make_report(CASE, lang="fr", made_at=NOON.replace(day=17), population="adults")
    is_same, is_later_same, is_dated = one == other, one == later, b"D:20260216120000" in one
    assert (is_same, is_later_same, is_dated) == (True, False, True)


CASES = {
    "synthetic": CASE,
    "too little": made(12, values=(40, 120, 300, 500)),
    "under a week": made(3),
    "one day": made(1, unit="mmol/L", values=(5.0,)),
    "mmol": made(20, unit="mmol/L", values=(2.2, 5.0, 12.0, 27.8)),
    "with a gap": made(14, skip=range(9)),
}


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("whose", POPULATIONS)
def test_every_case_fits_two_pages_even_with_a_long_name(case: str, lang: str, whose: Population) -> None:
    origin = origin_line(lang, source="G" * 300, devices=["FreeStyle Libre 3" * 9] * 9)
    content = pdf(
        CASES[case], lang=lang, subject="Marie-Antoinette de Montmorency " * 9, origin=origin, population=whose
    )
    count = pages(content)
    assert count == 2


def test_hostile_names_are_words_and_nothing_more() -> None:
    origin = origin_line("fr", source=HOSTILE, devices=[HOSTILE, "\x00", ""])
    size = len(pdf(CASE, subject=HOSTILE, origin=origin))
    assert size > 0


@given(name=st.text(max_size=60))
@settings(deadline=None, max_examples=60)
def test_any_name_can_be_printed(name: str) -> None:
    size = len(pdf(CASES["one day"], subject=name, origin=origin_line("fr", source=name, devices=[name])))
    assert size > 0


def test_names_keep_what_can_be_shown() -> None:
    assert legible("Zoé  Łukasz\tĞül\n", most=40) == "Zoé Łukasz Ğül"
    assert legible("Ŏ ậ 漢 \u202e\x00e\u0301", most=40) == "O a ? é"
    assert legible("x" * 50, most=10) == "x" * 10
    assert origin_line("en", source="", devices=[]) == ""


def test_insufficient_data_is_said_and_sufficient_is_not() -> None:
    warned = report_data(CASES["too little"], lang="en", made_at=NOON, subject="", origin="", population="adults")[
        "warning"
    ]
    assert warned[0] == "Not enough data."
    assert "12 days" in warned[1]
    assert report_data(CASE, lang="en", made_at=NOON, subject="", origin="", population="adults")["warning"] is None


def test_under_a_week_no_typical_day_is_drawn() -> None:
    day = report_data(CASES["under a week"], lang="fr", made_at=NOON, subject="", origin="", population="adults")["day"]
    assert day["svg"] is None
    assert "7 jours" in day["missing"]


def test_limits_are_told_only_where_they_occurred() -> None:
    notes = [
        report_data(CASES[case], lang="en", made_at=NOON, subject="", origin="", population="adults")["notes"]["items"]
        for case in CASES
    ]
    assert [any("limit" in note for note in items) for items in notes] == [False, True, False, False, True, False]


def test_report_is_dated_on_the_reader_s_calendar_and_stamped_in_universal_time() -> None:
    late = datetime(2026, 2, 15, 23, 30, tzinfo=UTC).astimezone(PARIS)
    data = report_data(CASE, lang="en", made_at=late, subject="", origin="", population="adults")
    assert data["made_on"] == "Report made on 16\u00a0February 2026"
    assert (data["date"]["day"], data["date"]["hour"]) == (15, 23)


def test_report_says_what_it_is_not() -> None:
    data = report_data(CASE, lang="fr", made_at=NOON, subject="", origin="", population="adults")
    assert "dose d’insuline" in data["not_for_dosing"]
    assert any("pas un rapport captūrAGP" in note for note in data["notes"]["items"])


def test_ranges_and_goals_are_shown_as_people_read_them() -> None:
    rows = {row.band: (row.limits, row.share, row.time) for row in presentation.range_rows(CASE, "fr")}
    assert rows["low"] == ("54 à 69\u00a0mg/dL", "1\u00a0%", "12\u00a0min")
    assert rows["target"] == ("70 à 180\u00a0mg/dL", "82\u00a0%", "19\u00a0h\u00a044")
    assert rows["very_high"] == ("plus de 250\u00a0mg/dL", "0\u00a0%", "jamais")
    mmol = {row.band: row.limits for row in presentation.range_rows(CASES["mmol"], "en")}
    assert (mmol["low"], mmol["high"]) == ("3.0 to 3.8\u00a0mmol/L", "10.1 to 13.9\u00a0mmol/L")
    goals = {row.name: (row.value, row.is_met) for row in presentation.goal_rows(CASE, "en", population="adults")}
    assert goals["In target"] == ("82.2%", True)
    assert goals["Over 180\u00a0mg/dL"] == ("16.9%", True)
    one = presentation.figure_rows(made(1, values=(120,)) | {"cv_percent": None}, "en", population="adults")
    assert (one[2].value, one[2].is_met) == ("–", None)


@pytest.mark.parametrize(
    ("age", "whose"), [(None, "none"), (9, "none"), (17, "none"), (18, "adults"), (64, "adults"), (65, "older")]
)
def test_goals_go_by_age(age: int | None, whose: Population) -> None:
    assert goals.population(age) == whose


def test_child_s_report_judges_nothing_but_whether_there_is_enough_data() -> None:
    figures = presentation.figure_rows(CASE, "fr", population="none")
    assert [row.name for row in figures if row.goal] == ["Capteur actif", "Jours avec des mesures"]
    assert figures[0].value == "145\u00a0mg/dL"
    shares = presentation.goal_rows(CASE, "fr", population="none")
    assert [(row.goal, row.is_met) for row in shares] == [("", None)] * 5
    assert "adultes" in presentation.goals_note("fr", "none")


def test_older_people_have_the_consensus_goals_of_their_own() -> None:
    summary = made(14, values=(60,) * 2 + (120,) * 58 + (200,) * 40)
    rows = {row.name: (row.goal, row.is_met) for row in presentation.goal_rows(summary, "en", population="older")}
    assert rows["In target"] == ("over 50%", True)
    assert rows["Under 70\u00a0mg/dL"] == ("under 1%", False)
    assert rows["Under 54\u00a0mg/dL"] == ("", None)
    assert rows["Over 180\u00a0mg/dL"] == ("under 50%", True)
    adults = {row.name: row.is_met for row in presentation.goal_rows(summary, "en", population="adults")}
    assert (adults["In target"], adults["Under 70\u00a0mg/dL"]) == (False, True)
    figures = {row.name: row.goal for row in presentation.figure_rows(summary, "en", population="older")}
    assert (figures["Mean glucose"], figures["Glucose management indicator"]) == ("", "")
    assert figures["Variability (CV)"] == "36% or less"


def test_every_word_is_there_in_both_languages_with_the_same_blanks() -> None:
    def blanks(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    french, english = texts.words("fr"), texts.words("en")
    assert french.keys() == english.keys()
    for key, text in french.items():
        assert text.strip()
        assert english[key].strip()
        assert blanks(text) == blanks(english[key]), key
        assert not re.search(r"[^\u00a0«0-9{][:;?!%]|(?<=\d)%", text.replace(":00", "")), text


def test_numbers_dates_and_durations_follow_the_language() -> None:
    assert (texts.number(6.25, 1, "fr"), texts.number(6.25, 1, "en-GB")) == ("6,3", "6.3")
    assert (texts.percent(70, 0, "fr"), texts.percent(70, 0, "en")) == ("70\u00a0%", "70%")
    assert texts.duration(0, "en") == "never"
    assert texts.duration(0.01, "en") == "<\u00a01\u00a0min"
    assert texts.long_date(date(2026, 3, 1), "fr") == "1er\u00a0mars 2026"
    assert texts.short_date(date(2026, 3, 1), "fr") == "dim.\u00a01"
    assert texts.language("de") == "fr"


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (date(2026, 2, 2), date(2026, 2, 15), "2 au 15\u00a0février 2026"),
        (date(2026, 2, 20), date(2026, 3, 5), "20\u00a0février au 5\u00a0mars 2026"),
        (date(2025, 12, 25), date(2026, 1, 7), "25\u00a0décembre 2025 au 7\u00a0janvier 2026"),
        (date(2026, 2, 2), date(2026, 2, 2), "2\u00a0février 2026"),
    ],
)
def test_period_is_written_without_repetition(start: date, end: date, shown: str) -> None:
    assert texts.period(start, end, "fr") == shown


@given(st.lists(st.integers(min_value=0, max_value=4032), min_size=5, max_size=5).filter(any))
def test_whole_percents_always_add_up(counts: list[int]) -> None:
    shares = {str(rank): 100 * count / sum(counts) for rank, count in enumerate(counts)}
    whole = texts.whole_percents(shares)
    assert sum(whole.values()) == 100
    assert all(abs(whole[key] - share) < 1 for key, share in shares.items())
