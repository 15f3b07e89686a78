"""The partner description says everything that partners call, and nothing else."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from authz import openapi

# Where a person's browser is; the endpoints that an app sends it to are described, the pages behind them are not. Nor
# is what a provider of messages calls: it was told where.
PAGES = {"session", "session+csrf", "signed"}


def test_every_route_that_partners_call_is_described(app: Flask) -> None:
    """A route of the protocol or of a connector that is no page has its line in the tables."""
    called = {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if app.view_functions[rule.endpoint].__module__.startswith(("authz.", "connectors."))
        and getattr(app.view_functions[rule.endpoint], "guard", None) not in PAGES
    }
    described = {(rule.endpoint, method) for rule, method in openapi.routes(app)}
    assert called == described == set(app.extensions["operations"])


def test_every_schema_is_pointed_to_and_there(client: FlaskClient) -> None:
    """No reference leads nowhere, and no schema stands there for nothing."""
    document = client.get("/openapi.json").json
    assert document is not None
    assert _names(document["paths"]) == set(document["components"]["schemas"])


def test_every_operation_has_a_name_and_a_sentence(client: FlaskClient) -> None:
    """Generators name their functions by it, people read the other."""
    document = client.get("/openapi.json").json
    assert document is not None
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"] for operation in operations)


def _names(part: Any) -> set[str]:
    if isinstance(part, list):
        return set().union(*(_names(item) for item in part)) if part else set()
    if not isinstance(part, dict):
        return set()
    own = {part["$ref"].rpartition("/")[2]} if "$ref" in part else set()
    return own.union(*(_names(item) for item in part.values()))
