"""Health for monitors: `/healthz` says that the process answers, `/readyz` that it can do its work."""

from __future__ import annotations

from flask import Blueprint, Response, current_app
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from authz import keys
from authz.db import reading
from authz.guard import mark
from authz.protocol import responses

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@mark("public")
def process() -> Response:
    """Answer that the process is alive."""
    return responses.as_json({"status": "ok"})


@bp.get("/readyz")
@mark("public")
def ready() -> Response:
    """Answer whether database, migrations and keys are fit, each by name; 503 when one is not."""
    checks = {name: "ok" if is_fit else "failing" for name, is_fit in fitness().items()}
    status = 200 if set(checks.values()) == {"ok"} else 503
    return responses.as_json({"status": "ok" if status == 200 else "failing", "checks": checks}, status=status)


def fitness() -> dict[str, bool]:
    """Check the database, its version and the signing keys."""
    try:
        with reading() as connection:
            connection.execute(text("SELECT 1"))
            version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        is_current = version == current_app.extensions.get("schema_head", version)
        return {"database": True, "migrations": is_current, "keys": bool(keys.jwks()["keys"])}
    except SQLAlchemyError:
        return {"database": False, "migrations": False, "keys": False}
