"""A program for the test of sudden death: seals anew, and is killed with the n-th row half-done."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from authz import resealing
from tests import standing
from tests.statements import heard


def main(url: str, folder: str, ring_file: str, rows: str) -> None:
    """Write `ended` unless the so-manieth statement that seals a contact anew is the last one."""
    left = int(rows)

    def count(statement: str) -> None:
        nonlocal left
        left -= statement.startswith("UPDATE contact")
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    app = standing.create(standing.settings_for(Path(folder), url, secret_key_file=ring_file))
    with app.app_context(), heard(count):
        resealing.work()
    sys.stdout.write("ended")


if __name__ == "__main__":
    main(*sys.argv[1:])
