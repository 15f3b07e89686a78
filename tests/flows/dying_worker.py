"""A program for the test of sudden death: forks a worker for every line it reads, and kills it once it got that far."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from authz.notifications import worker
from tests import standing


def main(url: str, folder: str) -> None:
    """Answer `died` or `ended` for each worker.

    A line says how many letters more the worker may write before it is killed and how many seconds later it dies;
    `on` lets one work until it is done. What is counted is its work, so that a busy machine changes nothing.
    """
    sinks = [Path(folder) / "mail", Path(folder) / "sms"]
    for line in sys.stdin:
        written = _letters(sinks)
        child = os.fork()
        if child == 0:
            app = standing.create(standing.settings_for(Path(folder), url))
            worker.run(app, once=True)
            os._exit(0)
        status = None
        if line.strip() != "on":
            letters, seconds = line.split()
            status = _follow(child, sinks, written + int(letters))
            if status is None:
                time.sleep(float(seconds))
                os.kill(child, signal.SIGKILL)
        if status is None:
            _, status = os.waitpid(child, 0)
        fate = "died" if os.WIFSIGNALED(status) else f"ended {os.WEXITSTATUS(status)}"
        sys.stdout.write(fate + "\n")
        sys.stdout.flush()


def _follow(child: int, sinks: list[Path], until: int) -> int | None:
    """Wait for so many letters; return how the child ended if it ended first."""
    while _letters(sinks) < until:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status
        time.sleep(0.0005)
    return None


def _letters(sinks: list[Path]) -> int:
    return sum(len(list(sink.glob("*.json"))) for sink in sinks)


if __name__ == "__main__":
    main(*sys.argv[1:])
