"""Papers that prove who acts for a profile: made when that begins and when it ends, and kept in the profile's record.

`waiting` notes in the unit of the event what is to be made, `making` makes it, `wording` says it. Only people who act
for somebody else have one: that the holder's own space is theirs needs no proof.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Flask


def install(app: Flask) -> None:
    """Listen to delegations, bring the job to the worker, and leave nothing behind in an erased space."""
    from authz.notifications.worker import Job
    from connectors.proofs import making, waiting

    waiting.connect()
    app.extensions.setdefault("jobs", []).append(Job("proofs", every=timedelta(seconds=5), run=making.work))
    app.extensions.setdefault("erasers", {})["proofs"] = waiting.erase
