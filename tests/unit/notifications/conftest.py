"""One envelope, and the settings of a server that sends it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from authz.notifications.channels.envelope import Envelope
from authz.settings import Settings
from tests.fakes.smtp import make_certificate


@pytest.fixture
def envelope() -> Envelope:
    """Give an envelope with what French and names bring along."""
    return Envelope(
        id="0" * 32,
        to="alice@example.org",
        subject="123456 est votre code pour « Santé »",
        text="123456 est votre code.\nIl est valable 15 minutes : ne le donnez à personne.\n",
        lang="fr",
        created_at=datetime(2026, 11, 24, 12, tzinfo=UTC),
    )


@pytest.fixture
def config(tmp_path: Path) -> Settings:
    """Give settings whose sinks are in a folder of the test."""
    return Settings(issuer="https://space.example", data_dir=tmp_path, mail_from="no-reply@space.example")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a certificate for loopback."""
    return make_certificate(tmp_path_factory.mktemp("tls"))
