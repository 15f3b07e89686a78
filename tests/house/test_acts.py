"""Each route of a browser session says what it lets do in the space that is open, or looks at no space at all."""

from __future__ import annotations

import ast

from flask import Flask

from authz.identity import delegation
from tests.house.sources import Source, python

SESSION = ("signed_in", "confirmed")
# Somebody's space is looked at through these; `visit.profiles` are those that the account may choose from.
LOOKS = ("visit.profile_id", "visit.profile.id")


def _routes(source: Source) -> list[ast.FunctionDef]:
    return [
        node
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef) and any(ast.unparse(one) in SESSION for one in node.decorator_list)
    ]


def _act(route: ast.FunctionDef) -> str | None:
    return next((ast.unparse(one) for one in route.decorator_list if ast.unparse(one).startswith("acting(")), None)


def _body(route: ast.FunctionDef, source: Source) -> str:
    """Return the text of a route and of the functions of its module that it calls, and that those call."""
    functions = {node.name: node for node in source.tree.body if isinstance(node, ast.FunctionDef)}
    found, waiting = set[str](), [route.name]
    while waiting:
        name = waiting.pop()
        if name in functions and name not in found:
            found.add(name)
            calls = (node for node in ast.walk(functions[name]) if isinstance(node, ast.Name))
            waiting += [node.id for node in calls]
    return "\n".join(ast.unparse(functions[name]) for name in found)


def test_route_that_looks_into_a_space_says_what_it_lets_do() -> None:
    """Whoever adds a page with somebody's data or links names the act, which not every kind of delegation has."""
    silent = [
        f"{source.path} {route.name}"
        for source in python("consent_ui")
        for route in _routes(source)
        if _act(route) is None and any(look in _body(route, source) for look in LOOKS)
    ]
    # The family's first page shows both sides; what it shows of the open space depends on the acts, in its own code.
    assert silent == ["consent_ui/pages/family.py show"]


def test_acts_are_the_ones_that_delegations_know(app: Flask) -> None:
    """An act that no kind has would shut everybody out; `_OF_KIND` is the one table of who may do what."""
    named = {view.act for view in app.view_functions.values() if hasattr(view, "act")}
    assert named <= set(delegation.ACTS)
    assert {delegation.SEE, delegation.LINK, delegation.PEOPLE} <= named
