"""The composition root: the only module that names all three packages, and builds the application from them."""

from __future__ import annotations

from flask import Flask

import connectors
import consent_ui
import migrations
from authz import app as authz_app
from authz.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """Build the whole application; settings come from the environment unless given."""
    app = authz_app.create(settings or Settings.load())
    app.extensions["schema_head"] = migrations.HEAD
    connectors.install(app)
    consent_ui.install(app)
    return app


def __getattr__(name: str) -> Flask:
    """Build `app` when a WSGI server asks for it, so that importing this module reads no settings."""
    if name != "app":
        raise AttributeError(name)
    return create_app()
