"""What every page at home shows around its content: whose space is open, the sections, the bell."""

from __future__ import annotations

from typing import Any

from flask import render_template

from authz.notifications import outbox
from consent_ui import words
from consent_ui.people import Visit


def page(template: str, visit: Visit, section: str, **content: Any) -> str:
    """Render a page at home."""
    return render_template(
        template,
        section=section,
        profile=visit.profile,
        profiles=visit.profiles,
        whose=words.whose(visit.profile.given_name),
        unread=outbox.count_unread(visit.account_id),
        **content,
    )
