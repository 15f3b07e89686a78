"""A PostgreSQL cluster of the benchmark's own: made for the run, default durability, thrown away afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from authz import entropy
from benchmarks import processes


@dataclass(frozen=True)
class Cluster:
    """A running cluster."""

    process: psutil.Process
    port: int
    password: str

    def url(self, database: str) -> str:
        """Return the address of one of its databases."""
        return f"postgresql://bench:{self.password}@127.0.0.1:{self.port}/{database}"

    def is_up(self) -> bool:
        """Tell whether it takes connections."""
        try:
            psycopg.connect(self.url("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def create(self, database: str) -> str:
        """Create a database and return its address."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        return self.url(database)


def find_binaries() -> Path:
    """Return the folder of the newest PostgreSQL server on this machine."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    if not folders:
        raise processes.StartFailed("no PostgreSQL server binaries: install the package postgresql")
    return folders[-1]


def _runner() -> str | None:
    """Return the account to run as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Make a cluster, start it, and remove every trace of it at the end."""
    folder, binaries, user = Path(tempfile.mkdtemp(prefix="appairage-bench-")), find_binaries(), _runner()
    secret = folder / "password"
    secret.write_text(entropy.new_secret("pg"))
    try:
        if user:
            shutil.chown(folder, user)
            shutil.chown(secret, user)
        _initialise(folder, binaries, user)
        port = processes.free_port()
        command = [str(binaries / "postgres"), "-D", str(folder / "data"), "-p", str(port), "-k", str(folder)]
        log = folder / "server.log"
        with processes.running(command, log=log, env=_environment(), cwd=folder, user=user) as process:
            made = Cluster(process, port, secret.read_text())
            processes.wait_until(process, made.is_up, log=log)
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _initialise(folder: Path, binaries: Path, user: str | None) -> None:
    command = [str(binaries / "initdb"), "-D", str(folder / "data"), "-U", "bench", "-E", "UTF8", "--locale=C"]
    done = subprocess.run(
        [*command, "--auth=scram-sha-256", f"--pwfile={folder / 'password'}"],
        capture_output=True,
        text=True,
        check=False,
        env=_environment(),
        cwd=folder,
        user=user,
        extra_groups=[] if user else None,
    )
    if done.returncode:
        raise processes.StartFailed(done.stderr)


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8", "TZ": "UTC"}
