"""Glycélia before a door that misbehaves on demand, and the browser of its one user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connectors.sample_app.app import create_app
from connectors.sample_app.config import Config, load
from tests.unit.kit import door as doorway


class Browser:
    """What a person does: open a page, send one of its forms with what the form holds."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def open(self, path: str) -> str:
        """Open a page and read it."""
        return self.client.get(path, follow_redirects=True).text

    def send(self, page: str, action: str, **fields: Any) -> TestResponse:
        """Send the first form of a page with such an action, with its hidden fields."""
        text = self.client.get(page).text
        form = re.search(rf'<form[^>]*action="[^"]*{re.escape(action)}[^"]*".*?</form>', text, re.S)
        assert form is not None, f"no form to {action} on {page}"
        address = re.search(r'action="([^"]*)"', form.group())
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.group()))
        assert address is not None
        return self.client.post(address.group(1), data={**hidden, **fields})

    def told(self, page: str, action: str, **fields: Any) -> str:
        """Send a form and read the page it leads to."""
        answer = self.send(page, action, **fields)
        assert answer.status_code == 303, answer.text
        return self.client.get(answer.location).text


@pytest.fixture
def door() -> Iterator[doorway.Door]:
    with doorway.opened() as opened:
        yield opened


@pytest.fixture
def config(door: doorway.Door, tmp_path: Path) -> Config:
    secret = tmp_path / "secret"
    secret.write_text("a-shared-secret-of-glycelia\n")
    arguments = ["--issuer", door.issuer, "--client-id", "glucoapp", "--client-secret-file", str(secret)]
    return load([*arguments, "--data", str(tmp_path / "data")], {})


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    app = create_app(config)
    yield app
    app.extensions["partner"].wire.pool.close()


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app.test_client())
