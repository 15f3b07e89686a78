"""The project's own source files, read and parsed once for all house tests."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("authz", "connectors", "consent_ui", "migrations", "wsgi.py")


@dataclass(frozen=True)
class Source:
    """One Python file: its path from the root, its lines, its tree."""

    path: str
    lines: list[str]
    tree: ast.Module

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree, walked once."""
        return list(ast.walk(self.tree))

    def imports(self) -> Iterator[tuple[str, int]]:
        """Yield each module it imports, and the line."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Yield each function and method."""
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def calls(self) -> Iterator[tuple[str, int]]:
        """Yield each called name as it is written (`clock.now`, `session().commit`), and the line."""
        for node in self.nodes:
            if isinstance(node, ast.Call):
                yield ast.unparse(node.func), node.lineno


@cache
def tracked() -> tuple[str, ...]:
    """Return the paths of all files that git keeps, or would keep at the next commit."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(sorted(path for path in listed.split("\0") if path and (ROOT / path).is_file()))


@cache
def python(*under: str) -> tuple[Source, ...]:
    """Return the Python files under some folders (or the files of those names)."""
    found = []
    for path in tracked():
        if path.endswith(".py") and any(path == top or path.startswith(f"{top}/") for top in under):
            text = (ROOT / path).read_text(encoding="utf-8")
            found.append(Source(path, text.splitlines(), ast.parse(text, path)))
    return tuple(found)


def product() -> tuple[Source, ...]:
    """Return the Python files of the product itself."""
    return python(*PRODUCT)
