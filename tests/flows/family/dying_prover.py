"""A program for the test of sudden death: makes proofs, and is killed with the statement half-done that it is told."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from connectors.proofs import making
from tests import standing
from tests.statements import heard


def main(url: str, folder: str, last: str) -> None:
    """Write `ended` unless a statement that begins so comes."""

    def kill(statement: str) -> None:
        if statement.startswith(last):
            os.kill(os.getpid(), signal.SIGKILL)

    app = standing.create(standing.settings_for(Path(folder), url))
    with app.app_context(), heard(kill):
        making.work()
    sys.stdout.write("ended")


if __name__ == "__main__":
    main(*sys.argv[1:])
