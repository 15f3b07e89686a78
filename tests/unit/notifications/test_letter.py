"""Letters: a file that is there for good before its message is wiped, and its owner's alone."""

from __future__ import annotations

import os
import stat

import pytest

from authz.notifications.channels import letter
from authz.notifications.channels.letter import Letter
from authz.settings import Settings


def test_file_has_its_name_for_good_before_its_message_is_wiped(
    config: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a power cut may leave neither the letters nor the codes in them."""
    folder, settled = letter.file_of("x", config).parent, list[tuple[int, list[str]]]()
    fsync = os.fsync

    def noted(handle: int) -> None:
        settled.append((os.fstat(handle).st_ino, [path.name for path in folder.iterdir()]))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    letter.deliver("x", [Letter("Alice", "fr", "Bonjour", "Voici.")], config)
    file = letter.file_of("x", config)
    assert settled[0][0] == file.stat().st_ino
    assert settled[1] == (folder.stat().st_ino, ["x.html"])
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(folder.stat().st_mode)) == (0o600, 0o700)
