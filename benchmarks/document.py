"""The figures of a run as they stand in docs/performance.md, between two marks, so that nobody copies them by hand."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

import psutil

from benchmarks import report
from benchmarks.report import Run

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_BEGIN, _END = "<!-- figures -->", "<!-- end of figures -->"


def write(run: Run, page: Path = PAGE) -> None:
    """Put the figures of a run in the place of the last ones."""
    before, _, rest = page.read_text().partition(_BEGIN)
    _, _, after = rest.partition(_END)
    page.write_text(f"{before}{_BEGIN}\n{as_markdown(run)}\n{_END}{after}")


def as_markdown(run: Run) -> str:
    """Return what was measured, where, and how it stands to the peers and the targets."""
    plan, load = run.plan, psutil.getloadavg()[1]
    where = (
        f"{psutil.cpu_count()} cores, Python {platform.python_version()}, {plan.rounds} rounds of {plan.seconds:g} s, "
        f"five-minute load average at the end {load:.1f}."
    )
    parts = [where, _table(report.COLUMNS, map(report.measured_row, run.measurements))]
    ratios = list(report.ratio_rows(run))
    if ratios:
        parts.append(_table(report.AGAINST_COLUMNS, ratios))
    parts.append(_table(report.MACHINE_COLUMNS, report.machine_rows(run)))
    return "\n\n".join(parts)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
