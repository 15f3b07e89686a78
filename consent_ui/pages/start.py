"""The bare address: it leads home, and home asks to sign in whom it does not know."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from authz import guard

bp = Blueprint("start", __name__)


@bp.get("/")
@guard.mark("public")
def show() -> Response:
    """Lead to the measures."""
    return redirect(url_for("measures.show"), 303)
