"""`@spec` ties a test to the sentence of a specification it holds the server to; a whole run writes the matrix."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

MATRIX = Path("compliance.json")
_seen: dict[str, dict[str, str]] = {}


def spec(document: str, section: str, text: str) -> pytest.MarkDecorator:
    """Mark a test: `@spec("RFC 7636", "4.6", "verifier must match")`."""
    return pytest.mark.spec(document, section, text)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Put what a test cites into its report, the one thing that reaches the process that writes the matrix."""
    for mark in item.iter_markers("spec"):
        item.user_properties.append(("spec", " § ".join(mark.args)))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember how a test that cites a specification ended."""
    if report.when == "call" or report.failed:
        for name, value in report.user_properties:
            if name == "spec":
                _seen.setdefault(str(value), {})[report.nodeid] = report.outcome


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the matrix, from the one process that has seen every report."""
    if _seen and not hasattr(session.config, "workerinput"):
        rows = [dict(zip(("document", "section", "text"), cited.split(" § "), strict=True)) for cited in sorted(_seen)]
        tests = [dict(sorted(_seen[cited].items())) for cited in sorted(_seen)]
        matrix = [row | {"tests": found} for row, found in zip(rows, tests, strict=True)]
        MATRIX.write_text(json.dumps(matrix, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
