"""A program for the test of sudden death: forks a worker for every line it reads, and kills it that much later."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from authz.notifications import worker
from tests import standing


def main(url: str, folder: str) -> None:
    """Answer `died` or `ended` for each worker; a line that is no number of seconds lets one work until it is done."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            app = standing.create(standing.settings_for(Path(folder), url))
            worker.run(app, once=True)
            os._exit(0)
        if line.strip() != "on":
            time.sleep(float(line))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        fate = "died" if os.WIFSIGNALED(status) else f"ended {os.WEXITSTATUS(status)}"
        sys.stdout.write(fate + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
