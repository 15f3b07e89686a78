"""The parts of the documents that the code knows best; run as a module it writes them anew."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

from authz.settings import Settings
from tests.house.sources import ROOT, Source, python

PARTS = {"settings": "README.md", "specifications": "README.md", "conformance": "docs/conformance.md"}


def settings() -> str:
    """Return the README's table of settings."""
    hints = get_type_hints(Settings, include_extras=True)
    rows = ["| variable | default | what it is |", "|---|---|---|"]
    for field in dataclasses.fields(Settings):
        default = ",".join(field.default) if isinstance(field.default, tuple) else str(field.default)
        note = hints[field.name].__metadata__[0]
        rows.append(f"| `APPAIRAGE_{field.name.upper()}` | {f'`{default}`' if default else '—'} | {note} |")
    return "\n".join(rows)


def citations() -> Iterator[tuple[str, str, str, str]]:
    """Yield what each test cites: document, section, sentence, and the test."""
    for source in python("tests"):
        names = _constants(source)
        for node in source.functions():
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).split(".")[-1] == "spec":
                    document, section, text = (_text(argument, names) for argument in decorator.args)
                    yield document, section, text, f"{source.path}::{node.name}"


def _constants(source: Source) -> dict[str, str]:
    """Return the texts that a module gives a name, such as that of the document it is about."""
    found = {}
    for node in source.tree.body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        ):
            found[node.targets[0].id] = str(node.value.value)
    return found


def _text(node: ast.expr, names: dict[str, str]) -> str:
    return names[node.id] if isinstance(node, ast.Name) else str(ast.literal_eval(node))


def _by_document() -> dict[str, list[tuple[str, str, str]]]:
    found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for document, *cited in citations():
        found[document].append((cited[0], cited[1], cited[2]))
    return {document: sorted(found[document], key=lambda row: _section(row[0])) for document in sorted(found)}


def _section(text: str) -> tuple[list[int], str]:
    return [int(number) for number in re.findall(r"\d+", text)], text


def specifications() -> str:
    """Return the README's table of the specifications that tests hold the server to."""
    rows = ["| document | sentences tested |", "|---|---:|"]
    return "\n".join(rows + [f"| {document} | {len(cited)} |" for document, cited in _by_document().items()])


def conformance() -> str:
    """Return the matrix: for each sentence of a specification, the test that holds the server to it."""
    parts = []
    for document, cited in _by_document().items():
        rows = [f"| {section} | {text} | `{test}` |" for section, text, test in cited]
        parts.append("\n".join([f"### {document}", "", "| § | the server | test |", "|---|---|---|", *rows]))
    return "\n\n".join(parts)


def fill(text: str, part: str, content: str) -> str:
    """Return a document with what stands between the marks of a part replaced."""
    before, after = f"<!-- {part}: generated -->\n", f"\n<!-- {part}: end -->"
    assert before in text, f"no place for {part}"
    assert after in text, f"no end for {part}"
    return text[: text.index(before) + len(before)] + content + text[text.index(after) :]


def filled(path: str) -> str:
    """Return what a document has to hold now."""
    text = (ROOT / path).read_text(encoding="utf-8")
    for part, document in PARTS.items():
        if document == path:
            text = fill(text, part, globals()[part]())
    return text


if __name__ == "__main__":
    for document in sorted(set(PARTS.values())):
        Path(ROOT / document).write_text(filled(document), encoding="utf-8")
