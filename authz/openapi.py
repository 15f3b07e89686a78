"""The description of what partners call, as OpenAPI 3.1: tables that packages hand in, and the routes that really are.

Paths and methods come from the routes, so nothing can be described that is not there; a house test holds that nothing
partners call is left out, and another that what is answered is what is said here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

Schema = dict[str, Any]
Media = Mapping[str, Schema]
# Of the guards that routes name: what opens them. Who proves a client does so in the form as well.
SECURITY: dict[str, list[dict[str, list[str]]]] = {"bearer": [{"bearer": []}, {"dpop": []}], "public": []}
BY_CLIENT: list[dict[str, list[str]]] = [{"client_secret_basic": []}, {}]
SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "dpop": {"type": "http", "scheme": "dpop"},
    "client_secret_basic": {"type": "http", "scheme": "basic"},
}
TEXT: Schema = {"type": "string"}


@dataclass(frozen=True)
class Operation:
    """What one method of a route takes and answers; `answers` says the media types of each status, none for no body."""

    summary: str
    answers: Mapping[int, Media]
    body: Media = field(default_factory=dict)
    query: Mapping[str, Schema] = field(default_factory=dict)
    path: Mapping[str, Schema] = field(default_factory=dict)
    headers: Mapping[str, Schema] = field(default_factory=dict)
    required: tuple[str, ...] = ()  # of the query
    is_proven: bool = False  # whether the client proves itself here


def ref(name: str) -> Schema:
    """Point to a schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """Describe an object by its members."""
    members = {**required, **(optional or {})}
    return {"type": "object", "required": list(required), "properties": members}


def describe(app: Flask, operations: Mapping[tuple[str, str], Operation], schemas: Mapping[str, Schema]) -> None:
    """Hand in the operations, by endpoint and method, and the schemas that they point to."""
    app.extensions.setdefault("operations", {}).update(operations)
    app.extensions.setdefault("schemas", {}).update(schemas)


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Yield the routes that are described, each of their methods."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if (rule.endpoint, method) in app.extensions["operations"]:
                yield rule, method


def document(app: Flask, *, title: str, issuer: str) -> dict[str, Any]:
    """Write the description of the application's routes."""
    paths: dict[str, dict[str, Any]] = {}
    for rule, method in routes(app):
        operation: Operation = app.extensions["operations"][rule.endpoint, method]
        address = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        guard = getattr(app.view_functions[rule.endpoint], "guard", "")
        paths.setdefault(address, {})[method.lower()] = _written(operation, f"{method} {address}", guard)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "servers": [{"url": issuer}],
        "paths": paths,
        "components": {"schemas": app.extensions["schemas"], "securitySchemes": SCHEMES},
    }


def _written(operation: Operation, name: str, guard: str) -> dict[str, Any]:
    parameters = [
        {"name": known, "in": where, "required": where == "path" or known in operation.required, "schema": schema}
        for where, described in (("path", operation.path), ("query", operation.query), ("header", operation.headers))
        for known, schema in described.items()
    ]
    written: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", name).strip("_"),
        "summary": operation.summary,
        "security": BY_CLIENT if operation.is_proven else SECURITY[guard],
        "parameters": parameters,
        "responses": {str(status): _answer(media) for status, media in sorted(operation.answers.items())},
    }
    if operation.body:
        written["requestBody"] = {"required": True, "content": _content(operation.body)}
    return written


def _answer(media: Media) -> dict[str, Any]:
    return {"description": "", "content": _content(media)} if media else {"description": ""}


def _content(media: Media) -> dict[str, Any]:
    return {kind: {"schema": schema} for kind, schema in media.items()}
