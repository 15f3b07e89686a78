"""Processes the benchmark starts: started, waited for, measured over their whole tree, and always ended."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic, sleep

import psutil

from authz import clock

MIB = 1024 * 1024


class StartFailed(Exception):
    """A process did not come up; the message carries the end of its log."""


@dataclass(frozen=True)
class Memory:
    """Resident memory of a tree: plain sum, and with shared pages counted once."""

    rss_mib: float
    pss_mib: float


def free_port() -> int:
    """Return a loopback port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: list[str], *, log: Path, env: Mapping[str, str], cwd: Path, user: str | None = None
) -> Iterator[psutil.Process]:
    """Run a command in a session of its own and end the whole session afterwards."""
    with log.open("ab") as sink:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            user=user,
            group=user and _group_of(user),
            extra_groups=[] if user else None,
        )
    try:
        yield psutil.Process(child.pid)
    finally:
        end(child)


def _group_of(user: str) -> int:
    return pwd.getpwnam(user).pw_gid


def end(child: subprocess.Popen[bytes], *, stop: signal.Signals = signal.SIGTERM) -> None:
    """Ask the process to stop, then make sure that nothing of its session is left."""
    if child.poll() is None:
        child.send_signal(stop)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(10)
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def wait_until(process: psutil.Process, is_up: Callable[[], bool], *, log: Path, patience: float = 30.0) -> float:
    """Wait until it is up; return the seconds since the process was started."""
    deadline = monotonic() + patience
    while monotonic() < deadline and process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if is_up():
            return clock.now().timestamp() - process.create_time()
        sleep(0.01)
    raise StartFailed(f"process {process.pid} did not come up:\n{tail(log)}")


def answers(port: int, path: str) -> bool:
    """Tell whether a web server answers that path."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def tail(log: Path, length: int = 3000) -> str:
    """Return the end of a log file."""
    return log.read_text(errors="replace")[-length:] if log.exists() else ""


def tree(process: psutil.Process) -> list[psutil.Process]:
    """Return a process and all below it that are alive."""
    return [process, *process.children(recursive=True)]


def cpu_seconds(process: psutil.Process) -> float:
    """Return the CPU time of a tree so far, with the children it has already buried."""
    total = 0.0
    for member in tree(process):
        try:
            times = member.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
        if member.pid == process.pid:
            total += times.children_user + times.children_system
    return total


def memory(process: psutil.Process) -> Memory:
    """Return what a tree holds in memory."""
    rss = pss = 0
    for member in tree(process):
        try:
            info = member.memory_full_info()
        except psutil.NoSuchProcess:
            continue
        rss += info.rss
        pss += info.pss
    return Memory(rss / MIB, pss / MIB)
