"""Passwords that have leaked elsewhere, asked of a service that learns five characters of a hash and no more.

The service answers with every leaked hash that begins so, and with made-up ones among them, so that not even the size
of its answer tells (the range protocol of Pwned Passwords). What it does not answer in time is no reason to refuse: a
password is chosen whether or not somebody else's server works.
"""

from __future__ import annotations

import hashlib

from authz import db, logs, outbound, settings
from authz.errors import Refusal, Unavailable

SECONDS = 2.0
PREFIX = 5
_log = logs.get(__name__)


def is_known(password: str) -> bool:
    """Tell whether a password is known to have leaked; no where nobody is to be asked, or nobody answers."""
    address = settings.current().password_ranges
    if not address:
        return False
    if db.has_begun():
        _log.warning("breached:unasked", extra={"reason": "in a transaction"})
        return False
    # SHA-1 is what the protocol speaks: nothing rests on it.
    digest = hashlib.sha1(password.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest().upper()
    try:
        answer = outbound.fetch("GET", address + digest[:PREFIX], headers={"Add-Padding": "true"}, seconds=SECONDS)
    except (Refusal, Unavailable) as silent:
        _log.warning("breached:unasked", extra={"reason": str(silent)})
        return False
    if answer.status != 200:
        _log.warning("breached:unasked", extra={"reason": f"status {answer.status}"})
        return False
    lines = answer.body.decode("ascii", "replace").split()
    found = dict(line.upper().partition(":")[::2] for line in lines)
    return found.get(digest[PREFIX:], "0") not in ("", "0")
