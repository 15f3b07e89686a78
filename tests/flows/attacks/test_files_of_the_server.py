"""Files on disk: other people who have an account on the machine read neither the database nor anybody's codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from flask import Flask

from tests.standing import settings_for


def test_whatever_the_command_writes_is_for_its_owner_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    environment = {"PATH": os.environ["PATH"], "APPAIRAGE_DATA_DIR": str(data)}
    for verb in (["migrate"], ["worker", "--once"], ["backup", str(data / "copy.db")]):
        command = ["sh", "-c", 'umask 022; exec "$@"', "-", sys.executable, "-m", "authz.cli", *verb]
        subprocess.run(command, env=environment, check=True, capture_output=True, cwd=Path(__file__).parents[3])
    found = {path.name: path.stat().st_mode & 0o777 for path in [data, *data.iterdir()]}
    assert set(found) >= {"data", "appairage.db", "secret.key", "copy.db"}
    assert {name for name, mode in found.items() if mode & 0o077} == set()


def test_key_made_by_a_wsgi_server_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Without the command (gunicorn, an import), the sealing key is still made with its own mode."""
    import dataclasses

    from authz import crypto

    settings = dataclasses.replace(settings_for(tmp_path / "other", ""), secret_key="")
    app = Flask("keyless")
    app.extensions["settings"] = settings
    with app.app_context():
        assert crypto.unseal("test", crypto.seal("test", "é")) == "é"
    assert (tmp_path / "other/secret.key").stat().st_mode & 0o777 == 0o600
