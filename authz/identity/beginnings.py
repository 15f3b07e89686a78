"""What anybody may begin without proof, each time a row: so many of a network; a known browser has its own share.

A flood from one network fills no table, and locks out nobody elsewhere; in that network, who has signed in before from
the browser at hand goes on. Whoever proves who they are, apps or people, is not counted.
"""

from __future__ import annotations

from datetime import timedelta

from flask import request

from authz import ratelimit, settings
from authz.identity import devices

PER = timedelta(minutes=10)
OF_DEVICE = 60


def spend() -> None:
    """Count one thing begun without proof; refuses with TooMany."""
    network = ratelimit.network(request.remote_addr)
    try:
        ratelimit.spend("begin", f"network {network}", limit=settings.current().network_requests, per=PER)
    except ratelimit.TooMany:
        device_id = devices.find_any()
        if device_id is None:
            raise
        ratelimit.spend("begin", f"device {device_id}", limit=OF_DEVICE, per=PER)
