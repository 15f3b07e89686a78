"""Our drawings: named for who does not see them, escaped, without styles, and empty where nothing is known."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from connectors.cgm import agp, captions, curve, panels, svg
from connectors.cgm.bands import BANDS
from connectors.cgm.spline import smooth_path
from connectors.cgm.summary import Summary
from tests.unit.cgm.cases import made, synthetic

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def parsed(drawing: str) -> ElementTree.Element:
    return ElementTree.fromstring(drawing)


def drawings(summary: Summary, lang: str) -> dict[str, str]:
    unit, day = summary["unit"], summary["daily"][0]
    scale = panels.scale_of(summary["daily"], unit)
    bins, words = summary["curve_hourly_smoothed"], captions.curve_labels(summary, lang)
    bar, panel = captions.bar_labels(summary, lang), captions.date_labels(day, unit, lang, ident="d0")
    return {
        "typical day": curve.typical_day(bins, unit, words),
        "printed day": curve.printed_day(bins, unit, words, width=487, height=190),
        "bar": panels.range_bar(summary["bands_percent"], bar),
        "printed bar": panels.printed_bar(summary["bands_percent"], bar, width=200, height=22),
        "day": panels.day(day, unit, panel, scale=scale),
        "printed panel": panels.printed_day(day, unit, scale=scale, width=65, height=40),
        "swatch": panels.swatch("very_low", "s"),
    }


NAMED = ("typical day", "bar", "day")
CASES = {
    "synthetic": synthetic(),
    "mmol": made(14, unit="mmol/L", values=(2.2, 5.0, 12.0, 27.8)),
    "with a gap": made(14, skip=range(9)),
    "flat": made(14),
}


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("case", CASES)
def test_every_drawing_is_plain_xml_without_styles_or_scripts(case: str, lang: str) -> None:
    for drawing in drawings(CASES[case], lang).values():
        for part in parsed(drawing).iter():
            assert part.tag.split("}")[-1] not in ("style", "script", "foreignObject", "image", "a")
            assert not {name for name in part.attrib if name == "style" or name.startswith("on") or "href" in name}


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("case", CASES)
def test_every_drawing_on_a_page_has_a_role_a_title_and_its_own_ids(case: str, lang: str) -> None:
    for name in NAMED:
        root = parsed(drawings(CASES[case], lang)[name])
        assert root.attrib["role"] == "img"
        ids = {part.attrib["id"]: part for part in root.iter() if "id" in part.attrib}
        told = [ids[ident].text for ident in root.attrib["aria-labelledby"].split()]
        assert all(told)
        assert told


def test_numbers_have_fixed_decimals() -> None:
    for drawing in drawings(CASES["synthetic"], "fr").values():
        assert all(len(number.split(".")[1]) <= 2 for number in NUMBER.findall(drawing) if "." in number)


def test_words_are_escaped() -> None:
    labels = svg.Labels('<b> & "', description="</desc><script>", hour="<i>{}")
    root = parsed(curve.typical_day(CASES["flat"]["curve_hourly_smoothed"], "mg/dL", labels))
    assert root[0].text == '<b> & "'
    assert not [part for part in root.iter() if part.tag in ("b", "i", "script")]


def test_curve_is_not_drawn_across_a_gap() -> None:
    summary = made(14, skip=range(10, 14))
    drawing = curve.typical_day(summary["curve_hourly_smoothed"], "mg/dL", captions.curve_labels(summary, "fr"))
    medians = re.findall(r'class="med" d="(M[^"]+)"', drawing)
    assert len(medians) == 2
    ends = [max(float(x) for x in re.findall(r"(-?[\d.]+) [\d.]+(?=C|$| )", path)) for path in medians]
    assert ends[0] == pytest.approx(1000, abs=1)  # 10 h of 24 on 2400


def test_curve_goes_on_over_midnight_only_where_both_sides_are_known() -> None:
    whole = curve._runs(CASES["flat"]["curve_hourly_smoothed"])
    assert (whole[0][0][0], whole[-1][-1][0]) == (-30, agp.DAY + 30)
    morning = curve._runs(made(14, skip=range(20, 24))["curve_hourly_smoothed"])
    assert (morning[0][0][0], morning[-1][-1][0]) == (0, 20 * 60)


def test_level_names_are_left_out_where_the_curve_does_not_reach_the_edge() -> None:
    summary = made(14, skip=range(20, 24))
    drawing = curve.typical_day(summary["curve_hourly_smoothed"], "mg/dL", captions.curve_labels(summary, "en"))
    assert ">95%<" not in drawing
    assert ">95%<" in drawings(CASES["flat"], "en")["typical day"]


def test_day_without_any_curve_is_an_empty_plot() -> None:
    empty = agp.curve([], width=60)
    drawing = curve.typical_day(empty, "mg/dL", svg.Labels("t"))
    assert "<path" not in drawing
    assert ">180<" in drawing


def test_names_of_curves_never_touch_and_stay_inside() -> None:
    for depths in ([0.5] * 5, [1.0, 1.0, 1.0, 0.99, 0.98], [0.02, 0.01, 0.01, 0.0, 0.0], [0.9, 0.7, 0.5, 0.3, 0.1]):
        places = curve.spread(depths)
        assert all(one - other >= 0.055 for one, other in pairwise(places))
        assert max(places) <= 1
        assert min(places) > 0


def test_scale_grows_with_what_it_has_to_show() -> None:
    assert curve.scale_for(200, "mg/dL") == (40, 260)
    assert curve.scale_for(398, "mg/dL")[1] == 400
    assert curve.scale_for(27.8, "mmol/L")[1] >= 27.8


def test_smooth_path_never_swings_beyond_its_points() -> None:
    points = [(0.0, 0.0), (10.0, 0.0), (20.0, 100.0), (30.0, 100.0), (40.0, 20.0), (50.0, 60.0)]
    heights = [float(y) for _, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", smooth_path(points))]
    assert min(heights) >= 0
    assert max(heights) <= 100


def test_bar_shows_what_occurs_and_nothing_else() -> None:
    shares = dict.fromkeys(BANDS, 0.0) | {"target": 99.9, "very_high": 0.1}
    drawing = panels.range_bar(shares, svg.Labels("t", ident="b"))
    assert re.findall(r'class="(f-[a-z]+)"', drawing) == ["f-target", "f-vhigh"]
    widths = [float(width) for width in re.findall(r'class="f-[a-z]+" x="[^"]+" width="([\d.]+)%"', drawing)]
    assert sum(widths) == pytest.approx(100, abs=0.02)
    assert min(widths) > 2
    assert "url(#b-d)" in drawing


def test_day_is_cut_where_the_sensor_was_silent_and_filled_beyond_the_target() -> None:
    points = [(0, 200), (15, 200), (30, 100), (45, 60), (60, 100), (300, 100), (315, 190), (330, 190)]
    day = {"date": "2026-02-02", "n": 8, "mean_mg_dl": 1.0, "tir_70_180_percent": 1.0, "min": 60, "max": 200}
    drawing = panels.day({**day, "points": points}, "mg/dL", svg.Labels("t"), scale=(40, 260))  # type: ignore[typeddict-item]
    (line,) = re.findall(r'class="line" d="([^"]+)"', drawing)
    assert line.count("M") == 2
    assert drawing.count('class="over"') == 2
    assert drawing.count('class="under"') == 1


def test_day_without_points_is_an_empty_panel() -> None:
    summary = made(1)
    bare = {key: value for key, value in summary["daily"][0].items() if key != "points"}
    drawing = panels.day(bare, "mg/dL", svg.Labels("t"), scale=(40, 260))  # type: ignore[arg-type]
    assert 'class="line" d=""' in drawing


def test_day_of_a_minute_sensor_is_thinned() -> None:
    assert len(panels._thinned([(minute, 100.0) for minute in range(1440)])) <= panels.MOST_POINTS


def test_caption_of_a_day_without_curves_says_so() -> None:
    summary = made(1)  # four readings an hour: fewer than a percentile needs
    words = captions.curve_labels(summary, "en").description
    assert words.startswith("Without enough readings: 0:00 to 24:00.")


def test_captions_tell_what_the_drawing_shows() -> None:
    summary = made(14, skip=range(10, 12), values=(50, 120, 200))
    words = captions.curve_labels(summary, "fr").description
    for part in ("La médiane va de", "sous la cible", "au-dessus de la cible", "10\u00a0h à 12\u00a0h", "tableau"):
        assert part in words
    day = captions.date_labels(summary["daily"][0], "mg/dL", "en", ident="d").title
    assert day == "2\u00a0February 2026: 50 to 200\u00a0mg/dL, 33% in target"
