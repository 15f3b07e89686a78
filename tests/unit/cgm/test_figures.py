"""Bands, indicators, percentiles and curves: limits, edges and what stays empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.cgm import agp, bands
from connectors.cgm.bands import Band
from connectors.cgm.readings import Export, Reading, Unit
from connectors.cgm.summary import summarise
from tests.unit.cgm.exports import every, wall
from tests.unit.cgm.test_walltime import PARIS

if TYPE_CHECKING:
    from random import Random


@pytest.mark.parametrize(
    ("value", "unit", "band"),
    [
        (53, "mg/dL", "very_low"),
        (54, "mg/dL", "low"),
        (69, "mg/dL", "low"),
        (69.5, "mg/dL", "target"),
        (70, "mg/dL", "target"),
        (180, "mg/dL", "target"),
        (180.4, "mg/dL", "target"),
        (181, "mg/dL", "high"),
        (250, "mg/dL", "high"),
        (251, "mg/dL", "very_high"),
        (2.9, "mmol/L", "very_low"),
        (3.0, "mmol/L", "low"),
        (3.8, "mmol/L", "low"),
        (3.85, "mmol/L", "target"),
        (3.9, "mmol/L", "target"),
        (10.0, "mmol/L", "target"),
        (10.1, "mmol/L", "high"),
        (13.9, "mmol/L", "high"),
        (14.0, "mmol/L", "very_high"),
    ],
)
def test_value_is_classified_in_its_own_unit(value: float, unit: Unit, band: Band) -> None:
    assert bands.classify(value, unit) == band


@pytest.mark.parametrize(
    ("mean", "indicator"),
    [(100, 5.7), (125, 6.3), (150, 6.9), (175, 7.5), (200, 8.1), (250, 9.3), (300, 10.5), (350, 11.7), (97, 5.6)],
)
def test_indicator_agrees_with_the_published_table(mean: float, indicator: float) -> None:
    assert round(bands.gmi_percent(mean), 1) == indicator


@pytest.mark.parametrize(("mmol", "indicator"), [(5, 36.2), (8, 50.4), (10, 59.8), (14, 78.6), (18, 97.4)])
def test_indicator_in_mmol_mol_agrees_with_the_published_table(mmol: float, indicator: float) -> None:
    assert round(bands.gmi_mmol_mol(bands.mg_per_dl(mmol, "mmol/L")), 1) == indicator


@pytest.mark.parametrize(("unit", "shown"), [("mg/dL", (54, 70, 180, 250)), ("mmol/L", (3.0, 3.9, 10.0, 13.9))])
def test_edges_are_those_printed(unit: Unit, shown: tuple[float, ...]) -> None:
    assert bands.edges(unit) == shown


def test_tight_range_ends_at_its_own_limit() -> None:
    assert [bands.is_tight(value, "mg/dL") for value in (69, 70, 140, 141)] == [False, True, True, False]
    assert [bands.is_tight(value, "mmol/L") for value in (3.8, 3.9, 7.8, 7.9)] == [False, True, True, False]


def test_quantile_interpolates_between_neighbours() -> None:
    assert [agp.quantile([1, 2, 3, 4], level) for level in (0, 0.5, 0.75, 1)] == [1, 2.5, 3.25, 4]
    assert agp.quantile([7], 0.95) == 7


def hours_with(values: dict[int, float]) -> list[agp.Bin]:
    return agp.curve(((hour * 60, value) for hour, value in values.items()), width=60)


def test_smoothing_joins_both_ends_of_the_day() -> None:
    curve = agp.smoothed(hours_with(dict.fromkeys(range(24), 100.0) | {23: 160.0}))
    assert curve[0]["p50"] == 110
    assert curve[23]["p50"] == 140
    assert curve[22]["p50"] == 110


def test_smoothing_leaves_gaps_empty_and_weighs_one_neighbour() -> None:
    curve = agp.smoothed(hours_with({8: 100.0, 9: 150.0, 12: 200.0}))
    assert curve[8]["p50"] == 110  # its empty neighbour is hour 7, not the last hour of the day
    assert curve[9]["p50"] == 140
    assert (curve[10]["p50"], curve[11]["p50"]) == (None, None)
    assert curve[12]["p50"] == 200


def test_bin_with_too_few_values_stays_empty() -> None:
    bins = agp.curve([(0.0, 100.0)] * 4 + [(15.0, 100.0)] * 5, width=15, fewest=5)
    assert [(bins[0]["n"], bins[0]["p50"]), (bins[1]["n"], bins[1]["p50"])] == [(4, None), (5, 100)]


def test_bins_are_closed_on_their_left() -> None:
    bins = agp.curve([(59.99, 1.0), (60.0, 2.0), (1439.99, 3.0)], width=60)
    assert [bins[0]["p50"], bins[1]["p50"], bins[23]["p50"]] == [1, 2, 3]


VALUES = st.lists(st.integers(min_value=20, max_value=600), min_size=1, max_size=60)


@given(values=VALUES, mix=st.randoms())
@settings(deadline=None)
def test_shares_add_up_and_do_not_depend_on_the_order_of_rows(values: list[int], mix: Random) -> None:
    times = every(5, len(values), start=wall("2026-02-20 08:00"))
    readings = [Reading(time, value) for time, value in zip(times, values, strict=True)]
    shuffled = mix.sample(readings, len(readings))
    one, other = (summarise(Export("plain", "mg/dL", order), zone=PARIS) for order in (readings, shuffled))
    assert sum(one["bands_percent"].values()) == pytest.approx(100, abs=1e-4)
    assert sum(one["bands_count"].values()) == one["n"] == len(values)
    assert one == other


def test_limits_are_counted_and_kept() -> None:
    times = every(5, 3, start=wall("2026-02-20 08:00"))
    readings = [Reading(times[0], 40, limit="low"), Reading(times[1], 500, limit="high"), Reading(times[2], 120)]
    ours = summarise(Export("libreview", "mg/dL", readings), zone=PARIS)
    assert ours["limit_count"] == {"low": 1, "high": 1}
    assert ours["bands_count"] == {"very_low": 1, "low": 0, "target": 1, "high": 0, "very_high": 1}


def test_mmol_export_gives_its_curves_in_mmol_and_its_mean_in_both() -> None:
    readings = [Reading(time, 10.0) for time in every(5, 12, start=wall("2026-02-20 08:00"))]
    ours = summarise(Export("libreview", "mmol/L", readings), zone=PARIS)
    assert (ours["unit"], ours["curve_hourly"][8]["p50"], ours["max"]) == ("mmol/L", 10.0, 10.0)
    assert ours["mean_mmol_l"] == 10.0
    assert ours["mean_mg_dl"] == pytest.approx(180.182)
    assert ours["bands_percent"]["target"] == 100


def test_points_are_given_on_request_only() -> None:
    readings = [Reading(wall("2026-02-20 08:05"), 120)]
    export = Export("plain", "mg/dL", readings)
    assert "points" not in summarise(export, zone=PARIS)["daily"][0]
    assert summarise(export, zone=PARIS, traces=True)["daily"][0]["points"] == [(485, 120)]
