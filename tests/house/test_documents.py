"""The documents say what the code does."""

from __future__ import annotations

import difflib
import re

import pytest

from tests.house.generated import PARTS, filled
from tests.house.sources import ROOT, tracked


@pytest.mark.parametrize("path", sorted(set(PARTS.values())))
def test_generated_parts_of_documents_are_current(path: str) -> None:
    """`python -m tests.house.generated` writes them anew."""
    is_there = (ROOT / path).read_text(encoding="utf-8").splitlines()
    assert list(difflib.unified_diff(is_there, filled(path).splitlines(), lineterm="", n=0)) == []


def test_links_between_documents_lead_somewhere() -> None:
    """A relative link in a document names a file or folder that is there."""
    broken = []
    for path in tracked():
        if path.endswith(".md") and "node_modules" not in path:
            for target in re.findall(r"\]\(([^)#\s]+)", (ROOT / path).read_text(encoding="utf-8")):
                if "://" not in target and not target.startswith("mailto:"):
                    place = (ROOT / path).parent / target
                    broken += [] if place.exists() else [f"{path}: {target}"]
    assert broken == []


def test_the_readme_names_every_verb_of_the_script() -> None:
    """What `./dev` offers is found in the README."""
    verbs = re.findall(r"^([a-z]+)\)", (ROOT / "dev").read_text(encoding="utf-8"), re.MULTILINE)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {"demo", "test"} <= set(verbs)
    assert [verb for verb in verbs if f"./dev {verb}" not in readme] == []


def test_the_notice_lists_every_package_that_is_installed() -> None:
    """Whoever ships the product finds each licence in one place."""
    notice = set(re.split(r"[\s,]+", (ROOT / "NOTICE").read_text(encoding="utf-8")))
    locked = re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements/run.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name in locked if name not in notice] == []
