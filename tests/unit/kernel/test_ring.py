"""The ring in a file: followed while running, whole or not at all, and known before it is used."""

from __future__ import annotations

import dataclasses
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from authz import clock, crypto, ring
from authz.ring import Ring, RingUnfit, Secret
from authz.settings import Settings, SettingsRefused

OLD, NEW = "old-" + "0" * 40, "new-" + "1" * 40


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the file of a ring with one secret."""
    path = tmp_path / "ring"
    path.write_text(OLD + "\n", encoding="ascii")
    return path


@contextmanager
def process(path: Path) -> Iterator[None]:
    """Be a process that follows the file."""
    app = Flask("test")
    app.extensions["settings"] = Settings(secret_key="not looked at" * 4, secret_key_file=str(path))
    with app.app_context():
        yield


def _put_in_front(path: Path, secret: Secret) -> None:
    with ring.changing(path) as current:
        ring.write(path, Ring((secret, *current.secrets)))


def test_new_secret_opens_at_once_and_seals_from_its_instant_on(path: Path) -> None:
    with process(path):
        old = crypto.seal("x", "text")
        soon = clock.now() + timedelta(hours=1)
        _put_in_front(path, Secret(NEW, soon))
        config = Settings(secret_key_file=str(path))
        assert crypto.seal("x", "text").partition(".")[0] == old.partition(".")[0]
        assert ring.current(config).find(Secret(NEW).name) == Secret(NEW, soon)
        assert ring.current(config).active(soon) == Secret(NEW, soon)
        assert ring.current(config).active(soon - timedelta(seconds=1)).text == OLD
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["ring"]


def test_ring_that_an_administrator_changes_stays_whose_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a rotation by root shuts the server's own user out, at once for new values and wholly when it restarts."""
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", lambda _handle, *whose: given.append(whose))
    path.chmod(0o640)
    _put_in_front(path, Secret(NEW))
    assert given == [(path.stat().st_uid, path.stat().st_gid)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_process_that_has_not_looked_yet_opens_what_a_new_secret_sealed(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text(f"{NEW}\n{OLD}\n", encoding="ascii")
    with process(other):
        sealed = crypto.seal("x", "text")
    with process(path):
        crypto.seal("x", "it has looked just now")
        # By another process: this one is not told.
        other.replace(path)
        assert crypto.unseal("x", sealed) == "text"
        assert crypto.seal("x", "text").partition(".")[0] == Secret(NEW).name


@pytest.mark.parametrize("text", ["", "short\n", f"{OLD} from yesterday\n"])
def test_half_written_file_changes_nothing_and_starts_nothing(path: Path, text: str) -> None:
    config = Settings(secret_key_file=str(path))
    assert ring.current(config).secrets == (Secret(OLD),)
    path.write_text(text, encoding="ascii")
    assert ring.current(config, is_fresh=True).secrets == (Secret(OLD),)
    path.unlink()
    assert ring.current(config, is_fresh=True).secrets == (Secret(OLD),)
    path.with_name("new").write_text(text, encoding="ascii")
    with pytest.raises(RingUnfit):
        ring.current(Settings(secret_key_file=str(path.with_name("new"))))


def test_look_up_is_found_under_every_secret_and_says_whose_it_is(path: Path) -> None:
    with process(path):
        legacy, old = crypto.keyed_digest("email", "a@example.org"), crypto.lookup("email", "a@example.org")
        assert len(old) == len(legacy) == 64
        assert old.startswith(Secret(OLD).name + ".")
        _put_in_front(path, Secret(NEW))
        assert crypto.lookup("email", "a@example.org").startswith(Secret(NEW).name + ".")
        assert {old, legacy, crypto.lookup("email", "a@example.org")} == set(crypto.lookups("email", "a@example.org"))
        assert crypto.lookup("phone", "a@example.org") not in crypto.lookups("email", "a@example.org")


def test_settings_take_the_text_before_the_file(path: Path) -> None:
    by_file = Settings.load({"APPAIRAGE_SECRET_KEY_FILE": str(path)})
    assert ring.place(by_file) == path.resolve()
    by_text = Settings.load({"APPAIRAGE_SECRET_KEY_FILE": str(path), "APPAIRAGE_SECRET_KEY": NEW})
    assert ring.place(by_text) is None
    assert ring.current(by_text).secrets == (Secret(NEW),)
    assert ring.place(dataclasses.replace(by_text, secret_key="", data_dir=path.parent)) == path.with_name("secret.key")
    path.write_text("", encoding="ascii")
    with pytest.raises(SettingsRefused, match="SECRET_KEY_FILE: holds no key"):
        Settings.load({"APPAIRAGE_SECRET_KEY_FILE": str(path)})
