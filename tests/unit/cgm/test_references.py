"""Our figures against reference figures made with iglu and numpy: the case kept here, and more in a folder named."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.cgm import agp, payloads
from connectors.cgm.summary import Summary, summarise

PARIS = ZoneInfo("Europe/Paris")
KEPT = Path(__file__).parents[2] / "data" / "cgm"
FOLDERS = [KEPT, *(Path(folder) for folder in [os.environ.get("APPAIRAGE_CGM_DATA", "")] if folder)]
EXPORTS = sorted({path.name: path for folder in FOLDERS for path in folder.glob("*.csv")}.values())

STATISTICS = [
    "n",
    "mean_mg_dl",
    "mean_mmol_l",
    "median_mg_dl",
    "sd_mg_dl",
    "cv_percent",
    "gmi_percent",
    "gmi_mmol_mol",
    "min",
    "max",
    "tight_70_140_percent",
]
RELATIVE = 1e-4
CURVE = 0.05
ACTIVE = 0.2


def reference_of(export: Path) -> dict[str, Any]:
    case = export.name.split(".")[0]
    reference: dict[str, Any] = json.loads((export.parent / f"{case}.reference.json").read_text("utf-8"))
    return reference


@pytest.fixture(params=EXPORTS, ids=lambda path: path.name)
def export(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def figures(export: Path, days: int | None = None) -> Summary:
    return summarise(payloads.read(export.read_bytes()), zone=PARIS, days=days)


def test_statistics_agree_with_the_reference(export: Path) -> None:
    ours, reference = figures(export), reference_of(export)
    expected = reference["all"]
    assert ours["unit"] == reference["unit"]
    assert {key: ours[key] for key in STATISTICS} == pytest.approx(  # type: ignore[literal-required]
        {key: expected[key] for key in STATISTICS}, rel=RELATIVE
    )
    assert ours["bands_count"] == expected["bands_count"]
    assert ours["bands_percent"] == pytest.approx(expected["bands_percent"], abs=RELATIVE)


def test_every_day_agrees_with_the_reference(export: Path) -> None:
    ours, expected = figures(export)["daily"], reference_of(export)["daily"]
    assert [(day["date"], day["n"]) for day in ours] == [(day["date"], day["n"]) for day in expected]
    for day, other in zip(ours, expected, strict=True):
        assert day["mean_mg_dl"] == pytest.approx(other["mean_mg_dl"], abs=CURVE)
        assert day["tir_70_180_percent"] == pytest.approx(other["tir_70_180_percent"], abs=RELATIVE)


@pytest.mark.parametrize("curve", ["curve_hourly", "curve_hourly_smoothed", "curve_15min"])
def test_curves_agree_with_the_reference(export: Path, curve: str) -> None:
    ours: list[agp.Bin] = figures(export)[curve]  # type: ignore[literal-required]
    for bin_, expected in zip(ours, reference_of(export)[curve], strict=True):
        assert (bin_["start_min"], bin_["n"]) == (expected["start_min"], expected["n"])
        for level in agp.NAMES:
            assert agp.level_of(bin_, level) == pytest.approx(expected[level], abs=CURVE)


def test_activity_of_fourteen_dates_agrees_with_the_reference(export: Path) -> None:
    ours, reference = figures(export, days=14), reference_of(export)
    window = reference.get("window14", {})
    percent = reference.get("active_percent_of_window", window.get("percent_of_14x288"))
    if percent is not None:  # the 15-minute case counts the last 336 hours instead of dates
        assert ours["active_percent_of_window"] == pytest.approx(percent, abs=ACTIVE)
        enough = reference.get("sufficient_14d_70pct", window.get("sufficient_14d_70pct"))
        assert ours["sufficient_14d_70pct"] is enough
    assert ours["days_with_data"] == window.get("days_with_data", 14)
