"""The health space served for programs written by others: on loopback, and behind the reference TLS front."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.certificates import Authority
from tests.fakes.smtp import make_certificate
from tests.peers.front import HOST, MTLS_HOST, Front, fronting
from tests.peers.served import Space, serving
from tests.proofs import CERTIFICATE_HEADER


@pytest.fixture
def space(make_app: Callable[..., Flask]) -> Iterator[Space]:
    """Give the space on loopback."""
    with serving(lambda issuer: make_app(issuer=issuer)) as served:
        yield served


@pytest.fixture
def front_settings() -> dict[str, Any]:
    """Give the settings that the space behind the front has beside those of the front."""
    return {}


@pytest.fixture
def front(
    make_app: Callable[..., Flask], tmp_path: Path, front_settings: dict[str, Any]
) -> Iterator[tuple[Front, Flask]]:
    """Give the front, and the application behind it."""
    authority = str(Authority().write(tmp_path / "ca.pem"))
    app = make_app(
        issuer=f"https://{HOST}", mtls_issuer=f"https://{MTLS_HOST}", mtls_header=CERTIFICATE_HEADER, mtls_ca=authority,
        trusted_proxies=1, **front_settings,
    )  # fmt: skip
    with serving(lambda _address: app) as space:
        port = urlsplit(space.issuer).port or 0
        with fronting(port, tmp_path, make_certificate(tmp_path, HOST, MTLS_HOST)) as running:
            yield running, app
