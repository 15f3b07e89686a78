"""`appairage backup`: the database copied to a file while it is in use; the secret key is not in it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess  # nosec B404
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click
from sqlalchemy import URL, make_url

from authz.cli import terminal
from authz.cli.composition import application, check_migrated
from authz.errors import Refusal


class BackupRefused(Refusal):
    """There is no copy."""

    code = "backup_refused"


@click.command("backup")
@click.argument("file")
@terminal.as_json
def command(file: str, as_json: bool) -> None:
    """Copy the database to a new FILE.

    Keep the secret key (APPAIRAGE_SECRET_KEY, or secret.key in the data directory) elsewhere: without it, nobody can
    open what is sealed in the copy, and that includes you.
    """
    target = Path(file)
    if target.exists():
        raise BackupRefused(f"{file} exists already.")
    with application() as app:
        check_migrated(app)
        url = make_url(app.extensions["settings"].database)
    with _whole_or_nothing(target) as part:
        if url.get_backend_name() == "sqlite":
            _copy_sqlite(url, part)
        else:
            _dump_postgresql(url, part)
    terminal.show({"file": file, "bytes": target.stat().st_size}, as_json=as_json)


@contextmanager
def _whole_or_nothing(target: Path) -> Iterator[Path]:
    """Give a file that becomes the target when all went well, and is readable by its owner alone."""
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield part
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _copy_sqlite(url: URL, part: Path) -> None:
    with (
        closing(sqlite3.connect(f"file:{url.database}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(part)) as copy,
    ):
        source.backup(copy)  # SQLite's online backup: consistent, and nobody waits for it


def _dump_postgresql(url: URL, part: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise BackupRefused("pg_dump is not on PATH; install PostgreSQL's client programs.")
    # By the environment: everybody on the machine may read a command line.
    environment = os.environ | {"PGPASSWORD": url.password or ""}
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    # No shell, and the program is PostgreSQL's own.
    done = subprocess.run(  # nosec B603
        [program, "--format=custom", "--no-password", "--file", str(part), "--dbname", address],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BackupRefused(f"pg_dump refused: {done.stderr.strip().splitlines()[-1]}")
