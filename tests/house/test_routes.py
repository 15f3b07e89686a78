"""Each route stands behind exactly one guard, and the guard is really there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

KINDS = {"public", "bearer", "session", "session+csrf", "signed"}
READS = {"GET", "HEAD", "OPTIONS"}


def _guard(app: Flask, rule: Rule) -> str:
    return str(getattr(app.view_functions[rule.endpoint], "guard", None))


def _rules(app: Flask, *kinds: str) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if _guard(app, rule) in kinds]


def _answers(app: Flask, client: FlaskClient, *kinds: str) -> Iterator[tuple[str, TestResponse]]:
    """Ask each route of some kinds, by each of its methods, as a stranger with made-up ids."""
    for rule in _rules(app, *kinds):
        with app.test_request_context():
            path = app.url_map.bind("localhost").build(rule.endpoint, dict.fromkeys(rule.arguments, "0" * 32))
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            yield f"{method} {path}", client.open(path, method=method)


def test_each_route_says_which_guard_it_stands_behind(app: Flask) -> None:
    """Public by specification, bearer, session (with CSRF), a provider's signature; nothing else and nothing unsaid."""
    unsaid = [f"{rule.rule} {rule.endpoint}" for rule in app.url_map.iter_rules() if _guard(app, rule) not in KINDS]
    assert unsaid == []


def test_only_forms_with_a_csrf_token_change_anything_in_a_session(app: Flask) -> None:
    """A route of a browser session that takes more than reads is marked `session+csrf`."""
    writes = [rule.rule for rule in _rules(app, "session") if (rule.methods or set()) - READS]
    assert writes == []


def test_stranger_without_a_token_gets_nothing_from_bearer_routes(app: Flask, client: FlaskClient) -> None:
    """RFC 6750 §3: 401, and which scheme is wanted."""
    wrong = [
        f"{asked}: {answer.status}"
        for asked, answer in _answers(app, client, "bearer")
        if answer.status_code != 401 or "WWW-Authenticate" not in answer.headers
    ]
    assert wrong == []


def test_stranger_without_a_session_is_sent_to_sign_in_or_refused(app: Flask, client: FlaskClient) -> None:
    """No page of a session opens for a browser that has not signed in."""
    wrong = [
        f"{asked}: {answer.status}"
        for asked, answer in _answers(app, client, "session", "session+csrf")
        if answer.status_code not in (302, 303, 400, 401, 403, 404)
    ]
    assert wrong == []


def test_stranger_without_the_providers_signature_is_refused(app: Flask, client: FlaskClient) -> None:
    """What only a provider of ours may call takes nothing from anybody else."""
    assert {answer.status_code for _, answer in _answers(app, client, "signed")} == {403}


def test_form_without_its_csrf_token_is_refused(app: Flask, client: FlaskClient) -> None:
    """A form that another site makes the browser send does nothing."""
    wrong = [
        f"{asked}: {answer.status}"
        for asked, answer in _answers(app, client, "session+csrf")
        if asked.startswith("POST") and answer.status_code not in (302, 303, 400, 401, 403, 404)
    ]
    assert wrong == []


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PATCH"])
def test_no_route_answers_a_method_that_it_does_not_name(app: Flask, client: FlaskClient, method: str) -> None:
    """Whatever is not offered is 405, not a fault."""
    rules = [rule for rule in app.url_map.iter_rules() if not rule.arguments and method not in (rule.methods or set())]
    assert {client.open(rule.rule, method=method).status_code for rule in rules} == {405}
