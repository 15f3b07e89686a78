"""The demonstration's processes: one session each, watched together, and all of them ended whatever happens."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess  # nosec B404
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

PARENT_DEATH = 1  # PR_SET_PDEATHSIG of prctl(2)
PATIENCE = 6.0


@dataclass(frozen=True)
class Child:
    """A running process, and where its log goes."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


def start(name: str, command: Sequence[str], *, environment: Mapping[str, str], logs: Path) -> Child:
    """Start a Python module as a process that ends with this one, even if this one is killed."""
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{name}.log"
    with log.open("ab") as sink:
        # No shell; what is run are this program's own modules.
        process = subprocess.Popen(  # nosec B603
            [sys.executable, "-m", *command],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env=dict(environment),
            start_new_session=True,  # so that its own children can be ended by its group, were it dead itself
            preexec_fn=partial(_end_with_parent, os.getpid()) if sys.platform == "linux" else None,
        )
    return Child(name, process, log)


def find_ended(children: Sequence[Child]) -> Child | None:
    """Return a process that has ended, if there is one."""
    return next((child for child in children if child.process.poll() is not None), None)


def end_all(children: Sequence[Child], *, patience: float = PATIENCE) -> None:
    """Ask all to stop, give them a few seconds together, and kill whatever is left of them."""
    for child in children:
        _signal(child, signal.SIGTERM)
    deadline = time.monotonic() + patience
    for child in children:
        with suppress(subprocess.TimeoutExpired):
            child.process.wait(max(0.0, deadline - time.monotonic()))
    for child in children:
        _signal(child, signal.SIGKILL)
        child.process.wait()


def last_words(child: Child, lines: int = 8) -> str:
    """Return the end of a process's log."""
    return "\n".join(child.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def _signal(child: Child, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # nothing is left of its group
        os.killpg(child.process.pid, number)


def _end_with_parent(parent: int) -> None:
    ctypes.CDLL(None).prctl(PARENT_DEATH, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)  # it died before it could be noticed
