"""The kit is what a partner installs: it may need nothing of this project but itself."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import connectors.kit

ALLOWED = {"connectors.kit", "joserfc", "requests", "urllib3"}


def imported(source: Path) -> set[str]:
    """Return the modules that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module))
    return names


def test_kit_needs_two_libraries_and_itself() -> None:
    sources = sorted(Path(connectors.kit.__file__).parent.glob("*.py"))
    assert len(sources) > 10
    for source in sources:
        for name in imported(source):
            known = name.partition(".")[0] in sys.stdlib_module_names
            assert known or any(name == part or name.startswith(f"{part}.") for part in ALLOWED), (source.name, name)
