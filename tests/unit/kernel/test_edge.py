"""The edge: a refusal commits, a fault rolls back, a commit that fails is no false success; logs stay clean."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from authz import audit, clock, guard, keys, logs
from authz.db import session
from authz.errors import Refusal
from tests.standing import unit_in

Unit = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def edge(make_app: Callable[..., Flask]) -> Flask:
    """Give an application with routes that refuse, fault and break at commit."""
    app = make_app()

    @guard.mark("public")
    def refuse() -> str:
        audit.record("test:refusal", profile_id="p1")
        raise Refusal("No.", reason="because")

    @guard.mark("public")
    def fault() -> str:
        audit.record("test:fault", profile_id="p1")
        raise RuntimeError("apr_" + "s" * 40)

    @guard.mark("public")
    def breaks() -> str:
        session().add(keys.SigningKey(kid=None, kind="x"))
        return "fine"

    for view in (refuse, fault, breaks):
        app.add_url_rule(f"/token/{view.__name__}", view_func=view)
    return app


def lines(app: Flask) -> list[str]:
    """Return what the journal kept."""
    with unit_in(app):
        return [row.tag for row in audit.list_of_profile("p1")]


def test_refusal_keeps_what_was_written(edge: Flask) -> None:
    answer = edge.test_client().get("/token/refuse")
    assert answer.status_code == 400
    assert answer.json == {"error": "invalid_request", "error_description": "No."}
    assert lines(edge) == ["test:refusal"]


def test_fault_keeps_nothing_and_says_nothing(edge: Flask, capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    answer = edge.test_client().get("/token/fault")
    assert answer.status_code == 500
    assert answer.json["error"] == "server_error" if answer.json else False
    assert "RuntimeError" not in answer.text
    assert lines(edge) == []
    logged = capfd.readouterr().err
    assert "RuntimeError" in logged
    assert "apr_" + "s" * 40 not in logged


def test_commit_that_fails_is_told_as_a_fault(edge: Flask) -> None:
    assert edge.test_client().get("/token/breaks").status_code == 500


def test_command_that_refuses_keeps_and_one_that_faults_does_not(app: Flask, unit: Unit) -> None:
    with pytest.raises(Refusal), unit():
        audit.record("test:refusal", profile_id="p1")
        raise Refusal()
    with pytest.raises(RuntimeError), unit():
        audit.record("test:fault", profile_id="p1")
        raise RuntimeError
    assert lines(app) == ["test:refusal"]


def test_naive_instant_is_not_stored(unit: Unit) -> None:
    row = {"profile_id": "p", "id": "1", "tag": "t", "detail": "{}", "content_digest": "", "at": datetime(2026, 1, 1)}  # noqa: DTZ001
    with pytest.raises(StatementError), unit() as current:
        current.add(audit.Activity(**row))


def test_instants_come_back_aware(unit: Unit) -> None:
    with unit():
        audit.record("test:line", profile_id="p1")
    with unit():
        assert abs((audit.list_of_profile("p1")[0].at - clock.now()).total_seconds()) < 60


def test_log_line_is_json_and_masks_secrets(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("DEBUG")
    logs.get("test").warning("kept apa_%s", "x" * 43, extra={"code": "apk_" + "y" * 43})
    logging.getLogger("authlib").debug("never")
    entry = json.loads(capfd.readouterr().err)
    assert entry["event"] == "kept apa_…"
    assert entry["code"] == "apk_…"
    assert entry["level"] == "warning"
    logs.configure("INFO")


def test_health_names_what_fails(app: Flask) -> None:
    from sqlalchemy import text

    browser = app.test_client()
    assert browser.get("/healthz").json == {"status": "ok"}
    with unit_in(app) as current:
        current.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32))"))
        current.execute(text("DELETE FROM alembic_version"))
        head = app.extensions.get("schema_head", "x")
        current.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": head})
    ready = browser.get("/readyz")
    assert ready.json == {"status": "ok", "checks": {"database": "ok", "migrations": "ok", "keys": "ok"}}
    with unit_in(app) as current:
        current.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    app.extensions["schema_head"] = head
    late = browser.get("/readyz")
    assert late.status_code == 503
    assert late.json is not None
    assert late.json["checks"]["migrations"] == "failing"
    with unit_in(app) as current:
        current.execute(text("DROP TABLE alembic_version"))
    assert browser.get("/readyz").status_code == 503
