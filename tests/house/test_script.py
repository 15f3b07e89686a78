"""The script people run first: it explains itself, and refuses what it does not know."""

from __future__ import annotations

import subprocess

import pytest

from tests.house.sources import ROOT

VERBS = ("demo", "test", "lint", "bench", "shots", "setup", "lock")


def _dev(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "dev", *arguments], capture_output=True, text=True, check=False, cwd="/")


@pytest.mark.parametrize("arguments", [(), ("help",), ("--help",)])
def test_script_called_bare_lists_its_verbs(arguments: tuple[str, ...]) -> None:
    """From any folder, without an environment."""
    done = _dev(*arguments)
    assert done.returncode == 0
    assert [verb for verb in VERBS if f"\n  {verb}" not in done.stdout] == []


def test_script_refuses_an_unknown_verb() -> None:
    """A typing mistake is wrong usage, with the verbs beside it."""
    done = _dev("tset")
    assert done.returncode == 2
    assert "usage" in done.stderr


def test_continuous_integration_runs_the_same_script() -> None:
    """There is no second way of testing."""
    assert "exec ./dev test" in (ROOT / ".ci/run").read_text(encoding="utf-8")
