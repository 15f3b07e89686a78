"""Nothing committed names this machine, or a place that packages are fetched from."""

from __future__ import annotations

import re

import pytest

from tests.house.sources import ROOT, tracked

BINARY = (".woff2", ".ttf", ".otf", ".png", ".webp", ".jpg", ".pdf", ".mo")
# Written in parts, so that this file does not hold what it looks for.
MACHINE = re.compile("|".join([r"(?<![\w./])/" + "work/", r"\.\./" + "shared", "/root" + "/"]))
FETCHED_FROM = re.compile(
    "|".join(["--index" + "-url", "--extra-index" + "-url", "--find" + "-links", '"resol' + 'ved"'])
)


def _texts() -> list[tuple[str, str]]:
    return [(path, (ROOT / path).read_text(encoding="utf-8")) for path in tracked() if not path.endswith(BINARY)]


@pytest.mark.parametrize("pattern", [MACHINE, FETCHED_FROM], ids=["machine", "registry"])
def test_no_file_names_this_machine_or_a_registry(pattern: re.Pattern[str]) -> None:
    """A clone works anywhere: paths and download addresses are the environment's."""
    found = [
        f"{path}:{number}"
        for path, text in _texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_locks_carry_hashes_and_no_address() -> None:
    """Each locked package is pinned and has hashes; where it comes from is not said."""
    for name in ("run", "test"):
        lines = (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if re.match(r"\S", line) and not line.startswith("#"):
                assert "==" in line, line
                assert "--hash=sha256:" in lines[number + 1], line
            assert "://" not in line
