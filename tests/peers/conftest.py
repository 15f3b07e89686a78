"""The health space served for programs written by others."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.peers.served import Space, serving


@pytest.fixture
def space(make_app: Callable[..., Flask]) -> Iterator[Space]:
    with serving(lambda issuer: make_app(issuer=issuer)) as served:
        yield served
