"""Whose a file is that a command makes: an administrator's command must not shut out the server's own user."""

from __future__ import annotations

import os
from pathlib import Path


def hand_over(handle: int, like: Path) -> None:
    """Give an open file to who owns another, as SQLite does with its own; nobody but an administrator can."""
    if os.geteuid() == 0:
        owned = like.stat()
        os.fchown(handle, owned.st_uid, owned.st_gid)
