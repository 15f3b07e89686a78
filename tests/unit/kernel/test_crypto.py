"""Digests and sealing: purposes apart, keys rotate, a broken seal is a fault."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from authz import crypto
from authz.settings import Settings

OLD, NEW = "old-" + "0" * 40, "new-" + "1" * 40


@contextmanager
def ring(secret_key: str) -> Iterator[None]:
    """Work under a key ring."""
    app = Flask("test")
    app.extensions["settings"] = Settings(secret_key=secret_key)
    with app.app_context():
        yield


def test_sealed_text_opens_for_its_purpose_only() -> None:
    with ring(OLD):
        sealed = crypto.seal("email", "a@example.org")
        assert "example" not in sealed
        assert crypto.unseal("email", sealed) == "a@example.org"
        assert crypto.seal("email", "a@example.org") != sealed
        with pytest.raises(crypto.SealBroken):
            crypto.unseal("phone", sealed)


def test_new_key_seals_and_old_seals_still_open() -> None:
    with ring(OLD):
        sealed, digest = crypto.seal("email", "x"), crypto.keyed_digest("email", "x")
    with ring(f"{NEW},{OLD}"):
        assert crypto.unseal("email", sealed) == "x"
        assert crypto.seal("email", "x").partition(".")[0] != sealed.partition(".")[0]
        assert crypto.keyed_digest("email", "x") == digest
    with ring(NEW), pytest.raises(crypto.SealBroken):
        crypto.unseal("email", sealed)


def test_key_file_is_made_once_and_private(tmp_path: Path) -> None:
    def read(number: int) -> str:
        return crypto.cookie_secrets(Settings(data_dir=tmp_path / "data", access_token_seconds=number))[0]

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(read, range(1, 9)))) == 1
    path = tmp_path / "data" / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["secret.key"]
