"""The pages of the foot: help, accessibility, personal data, legal notice. Open to everyone."""

from __future__ import annotations

from flask import Blueprint, render_template

from authz import guard

bp = Blueprint("about", __name__)


@bp.get("/about/help")
@guard.mark("public")
def help() -> str:  # noqa: A001
    """How to link, and what to do when something does not work."""
    return render_template("about/help.html")


@bp.get("/about/accessibility")
@guard.mark("public")
def accessibility() -> str:
    """What we hold ourselves to, and whom to tell."""
    return render_template("about/accessibility.html")


@bp.get("/about/privacy")
@guard.mark("public")
def privacy() -> str:
    """What is kept and why."""
    return render_template("about/privacy.html")


@bp.get("/about/legal")
@guard.mark("public")
def legal() -> str:
    """Who answers for this site, and the licences of what it shows."""
    return render_template("about/legal.html")
