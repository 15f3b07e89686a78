"""What a request is about in detail (RFC 9396): as asked until the patient decides, then as granted."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from authz.catalogue import details
from authz.interaction.models import Interaction, Request


def of(request: Request) -> dict[str, Any]:
    """Return what a request says, empty where it says nothing."""
    found: dict[str, Any] = json.loads(request.details) if request.details else {}
    return found


def granted(interaction: Interaction, request: Request, months: int) -> Request:
    """Write what is granted into the request, in the place of what was asked."""
    if not request.details:
        return request
    request = replace(request, details=json.dumps(details.decided(of(request), months)))
    interaction.request = json.dumps(vars(request))
    return request


def kept(request: Request, ends_at: datetime) -> str | None:
    """Return what goes with the tokens."""
    return details.sealed(of(request), ends_at=ends_at) if request.details else None
