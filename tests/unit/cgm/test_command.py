"""`appairage cgm` on a terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from authz.cli import command
from tests.unit.cgm.cases import FILE
from tests.unit.cgm.exports import every, libre, rows, wall

PROMISED = {
    "unit", "n", "mean_mg_dl", "mean_mmol_l", "sd_mg_dl", "cv_percent", "gmi_percent", "gmi_mmol_mol", "bands_count",
    "bands_percent", "active_percent_of_window", "sufficient_14d_70pct", "daily", "curve_hourly",
    "curve_hourly_smoothed", "curve_15min",
}  # fmt: skip


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, ["cgm", *(str(argument) for argument in arguments)])


def test_operator_gets_every_figure_as_json() -> None:
    result = run("summary", FILE, "--json")
    figures = json.loads(result.stdout)
    assert result.exit_code == 0
    assert figures.keys() >= PROMISED
    assert (figures["n"], figures["format"], figures["rejected"]) == (3919, "libreview", [])


def test_operator_reads_the_figures_beside_their_goals(tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    times = every(5, 288 * 20, start=wall("2026-02-01 00:00"))
    export.write_bytes(libre([*rows(times), "L,S1,20-02-2026 08:15,0,x,,"]))
    result = run("summary", export, "--window", "14d", "--format", "libreview")
    assert "2026-02-07 to 2026-02-20, 4032 readings" in result.stdout
    assert "goal under 7%: met" in result.stdout
    assert "1 rows could not be used" in result.stdout
    assert "not enough data" not in result.stdout
    child = run("summary", export, "--goals", "none")
    assert "goal under" not in child.stdout
    assert "those of the consensus are for adults" in child.stdout


def test_operator_is_told_when_there_is_not_enough_data(tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    export.write_bytes(libre(rows([wall("2026-02-20 08:00")])))
    result = run("summary", export)
    assert result.exit_code == 0
    assert "not enough data" in result.stdout


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_operator_writes_a_report(tmp_path: Path, lang: str) -> None:
    out = tmp_path / "report.pdf"
    result = run("report", FILE, "--out", out, "--lang", lang, "--subject", "Alice")
    assert (result.exit_code, result.stderr) == (0, "")
    assert out.read_bytes().startswith(b"%PDF")


def test_refusal_is_one_sentence_and_status_one(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"hello")
    result = run("summary", tmp_path / "x.csv")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("appairage: The columns are not those of a glucose export")
    assert "Traceback" not in result.stderr


def test_dates_left_open_are_answered_on_the_command_line(tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    export.write_bytes(libre(rows(every(5, 288, start=wall("2026-03-04 00:00")))))
    assert run("summary", export).exit_code == 1
    result = run("summary", export, "--dates", "dmy", "--json")
    assert json.loads(result.stdout)["start_date"] == "2026-03-04"


def test_folder_that_does_not_exist_is_one_sentence(tmp_path: Path) -> None:
    result = run("report", FILE, "--out", tmp_path / "none" / "report.pdf")
    assert result.exit_code == 1
    assert "No such file or directory" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("summary",),
        ("summary", "no-such-file"),
        ("summary", FILE, "--zone", "Mars/Olympus"),
        ("summary", FILE, "--zone", "../../etc/passwd"),
        ("summary", FILE, "--format", "xls"),
        ("report", FILE),
        ("report", FILE, "--out", "x.pdf", "--lang", "de"),
    ],
)
def test_wrong_usage_is_status_two(arguments: tuple[str | Path, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_help_waits_for_neither_typst_nor_the_figures() -> None:
    code = "import sys, connectors.cli; print([m for m in sys.modules if m.startswith(('typst', 'connectors.cgm'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
