"""What identity throws away when its time is over: codes, challenges, sessions, devices, budgets."""

from __future__ import annotations

from datetime import datetime

from authz import ratelimit
from authz.identity import (
    activation,
    answers,
    challenges,
    devices,
    otp,
    prepared,
    recoveries,
    sessions,
    upstream_identities,
)


def purge(now: datetime) -> dict[str, int]:
    """Delete what nobody needs any more, in this unit; returns how many rows of each kind."""
    return {
        "one_time_codes": otp.purge(now),
        "browser_sessions": sessions.purge(now),
        "upstream_sessions": upstream_identities.purge(now),
        "known_devices": devices.purge(now),
        "spent_challenges": challenges.purge(now),
        "recoveries": recoveries.purge(now),
        "activations": activation.purge(now),
        "prepared_spaces": prepared.purge(now),
        "invitations": answers.purge(now),
        "budgets": ratelimit.purge(now),
    }
