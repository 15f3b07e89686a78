"""A throw-away PostgreSQL cluster on a socket of its own: safety traded for speed, thrown away at the end."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

OPTIONS = {
    "listen_addresses": "",
    "max_connections": "120",
    "shared_buffers": "128MB",
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "synchronous_commit": "off",
}
PARENT_DEATH = 1  # PR_SET_PDEATHSIG of prctl(2)


@dataclass(frozen=True)
class Cluster:
    """A running server: where its socket is, and its process."""

    folder: Path
    process: subprocess.Popen[bytes]

    def url(self, database: str = "postgres") -> str:
        """Return SQLAlchemy's address of one database."""
        return f"postgresql+psycopg://appairage@/{database}?host={self.folder}"

    def create(self, database: str) -> str:
        """Make an empty database, in place of one of that name, and return its address."""
        with psycopg.connect(f"host={self.folder} user=appairage dbname=postgres", autocommit=True) as connection:
            name = sql.Identifier(database)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        return self.url(database)


def find_binary(name: str) -> str:
    """Return the path of one of the server's programs, the newest version installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    for folder in folders:
        if (folder / name).exists():
            return str(folder / name)
    found = shutil.which(name)
    if not found:
        raise FileNotFoundError(f"PostgreSQL's {name} is not installed; ./dev setup installs it")
    return found


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Start a cluster, end it and remove its files."""
    folder = Path(tempfile.mkdtemp(prefix="appairage-pg-", dir="/tmp"))  # a socket's path has to be short
    try:
        _hand_over(folder)
        _initialise(folder / "data")
        process = _start(folder)
        try:
            _wait(folder, process)
            yield Cluster(folder, process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> str | None:
    """PostgreSQL refuses to run as root: whose processes they shall be then."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _hand_over(folder: Path) -> None:
    owner = _owner()
    if owner:
        shutil.chown(folder, owner)


def _initialise(data: Path) -> None:
    command = [find_binary("initdb"), "--pgdata", str(data), "--username", "appairage", "--auth", "trust"]
    command += ["--no-sync", "--encoding", "UTF8", "--locale", "C"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd="/", user=_owner(), extra_groups=_groups()
    )
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stderr}")


def _groups() -> list[int] | None:
    return [] if _owner() else None


def _start(folder: Path) -> subprocess.Popen[bytes]:
    command = [find_binary("postgres"), "-D", str(folder / "data"), "-k", str(folder)]
    for name, value in OPTIONS.items():
        command += ["-c", f"{name}={value}"]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            cwd="/",
            user=_owner(),
            extra_groups=_groups(),
            start_new_session=True,  # Ctrl-C at the tests' terminal is ours to pass on, after the tests have ended
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )


def _die_with_parent() -> None:
    """Have the kernel end the server when the tests are killed and cannot do it."""
    ctypes.CDLL(None).prctl(PARENT_DEATH, signal.SIGINT)


def _wait(folder: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(f"host={folder} user=appairage dbname=postgres").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text(errors='replace')}")
