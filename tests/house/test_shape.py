"""Modules say what they own and stay small; so do functions, templates and tests."""

from __future__ import annotations

import ast
import re

from tests.house.sources import ROOT, Source, product, python, tracked

BANNED = re.compile(r"^(helpers?|utils?|common|misc|base|managers?|constants)$")
ROUTES = re.compile(r"\.(route|get|post|put|delete|patch)$")
MODULE, FUNCTION, ROUTE, TEST_MODULE, TEMPLATE = 250, 40, 20, 400, 90
POSITIONAL, PARAMETERS = 4, 7


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _is_route(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    calls = [decorator.func for decorator in node.decorator_list if isinstance(decorator, ast.Call)]
    return any(ROUTES.search(ast.unparse(call)) for call in calls)


def _programs() -> tuple[Source, ...]:
    return product() + python("benchmarks")


def test_every_module_opens_with_a_sentence_on_what_it_owns() -> None:
    """A reader learns from the first line what a module is for."""
    assert [s.path for s in _programs() + python("tests") if not ast.get_docstring(s.tree)] == []


def test_every_public_function_says_in_a_line_what_it_does() -> None:
    """Public functions of the product carry at least one line; private ones are read with their callers."""
    silent = [
        f"{source.path}:{node.lineno} {node.name}"
        for source in product()
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_modules_stay_short_enough_to_read_at_once() -> None:
    """Nothing of the product is longer than 250 lines, nothing of the tests longer than 400."""
    long = [f"{s.path}: {len(s.lines)}" for s in _programs() if len(s.lines) > MODULE]
    long += [f"{s.path}: {len(s.lines)}" for s in python("tests") if len(s.lines) > TEST_MODULE]
    assert long == []


def test_functions_and_routes_stay_short() -> None:
    """A function has at most 40 lines; a route, which is a sentence, at most 20."""
    long = [
        f"{source.path}:{node.lineno} {node.name}: {_length(node)}"
        for source in _programs()
        for node in source.functions()
        if _length(node) > (ROUTE if _is_route(node) else FUNCTION)
    ]
    assert long == []


def test_functions_take_few_parameters() -> None:
    """At most four positional parameters, at most seven in all: more is a value that has no name yet."""
    wide = []
    for source in _programs():
        for node in source.functions():
            given = [a.arg for a in node.args.posonlyargs + node.args.args if a.arg not in ("self", "cls")]
            total = len(given) + len(node.args.kwonlyargs)
            if len(given) > POSITIONAL or total > PARAMETERS:
                wide.append(f"{source.path}:{node.lineno} {node.name}: {len(given)} positional of {total}")
    assert wide == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    """A module named after what it holds can be found; one named "utils" cannot."""
    parts = [(s.path, part) for s in _programs() for part in s.path.removesuffix(".py").split("/")]
    assert [path for path, part in parts if BANNED.match(part)] == []


def test_templates_stay_short() -> None:
    """A template of more than 90 lines holds a macro that wants out."""
    templates = [path for path in tracked() if "/templates/" in path and path.endswith(".html")]
    lengths = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in templates}
    assert {path: length for path, length in lengths.items() if length > TEMPLATE} == {}


def test_nothing_is_left_for_later_or_skipped() -> None:
    """What is not done is an entry in the tracker, not a word in the source; a test runs or does not exist."""
    words = re.compile(
        "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX", "pragma: no " + "cover", r"mark\.(skip|xfail)"])
    )
    found = [
        f"{source.path}:{number}"
        for source in _programs() + python("tests")
        for number, line in enumerate(source.lines, 1)
        if words.search(line) and source.path != "tests/house/test_shape.py"
    ]
    assert found == []
