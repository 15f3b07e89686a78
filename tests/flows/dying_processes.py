"""A program for the test of sudden death: forks the real command for every line it reads, so that a start is cheap."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from pathlib import Path


def main(folder: str) -> None:
    """Start `appairage` with the words of each line, a JSON list, in a session of its own; answer its pid."""
    for name in ("wsgi", "granian.server", "authz.cli.serving", "authz.cli.working"):
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody here waits for those that are killed
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(json.loads(line), Path(folder))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def _become(words: list[str], folder: Path) -> None:
    from authz.cli import command

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    with (folder / f"{words[0]}.log").open("ab") as log:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    command(words, prog_name="appairage")


if __name__ == "__main__":
    main(sys.argv[1])
