"""An operator at a terminal: the command with settings of its own, and a database brought to this version."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from authz.cli import command

SECRET = "for-tests-only-" + "0123456789" * 3
PERSON = {
    "identifier": "alice.martin",
    "password": "un mot de passe de test",
    "email": "alice@example.org",
    "profiles": [{"given_name": "Alice", "family_name": "Martin", "birthdate": "1980-05-04", "relation": "self"}],
}
CLIENT: dict[str, Any] = {
    "client_id": "glucoapp",
    "client_name": "GlucoApp",
    "redirect_uris": ["https://glucoapp.example/callback"],
    "scope": "openid measures.glucose.write",
    "catalogue_entry": {
        "id": "glucoapp",
        "oid": "1.2.250.1.999.78",
        "name": "GlucoApp",
        "publisher": "GlucoApp SAS",
        "host": "glucoapp.example",
        "scopes": [{"scope": "measures.glucose.write", "required": True}],
    },
}


@dataclass
class Operator:
    """Somebody who types commands."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def types(self, *words: str, given: str | None = None, **settings: str) -> Result:
        """Run a command and return what it printed, without judging it."""
        environment = {f"APPAIRAGE_{name.upper()}": text for name, text in settings.items()}
        return CliRunner().invoke(command, words, input=given, env=self.environment | environment)

    def does(self, *words: str, given: str | None = None) -> str:
        """Run a command that has to be done; returns its output."""
        result = self.types(*words, given=given)
        assert result.exit_code == 0, (words, result.output, result.exception)
        return result.stdout

    def asks(self, *words: str, given: str | None = None) -> Any:
        """Run a command with `--json` and return what it answers."""
        return json.loads(self.does(*words, "--json", given=given))

    def is_refused(self, *words: str, given: str | None = None, **settings: str) -> str:
        """Run a command that has to be refused; returns its one sentence."""
        result = self.types(*words, given=given, **settings)
        assert result.exit_code == 1, (words, result.output, result.exception)
        assert isinstance(result.exception, SystemExit)
        assert result.stderr.startswith("appairage: ")
        assert result.stderr.count("\n") == 1
        return result.stderr.removeprefix("appairage: ").rstrip("\n")

    def writes(self, name: str, content: object) -> str:
        """Write a file of JSON, or of text as it is; returns its path."""
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return str(path)


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Commands send the log to their own standard error: put it back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No command of a test finds the settings or the data of whoever runs the tests."""
    monkeypatch.setenv("APPAIRAGE_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def make_operator(tmp_path: Path) -> Callable[..., Operator]:
    """Give an operator with some settings: `make_operator(database_url=...)`."""

    def make(**settings: str) -> Operator:
        environment = {"APPAIRAGE_DATA_DIR": str(tmp_path / "data"), "APPAIRAGE_SECRET_KEY": SECRET}
        return Operator(tmp_path, environment | {f"APPAIRAGE_{k.upper()}": text for k, text in settings.items()})

    return make


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate one embedded database for all tests to copy."""
    folder = tmp_path_factory.mktemp("migrated")
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    operator = Operator(folder, {"APPAIRAGE_DATA_DIR": str(folder), "APPAIRAGE_SECRET_KEY": SECRET})
    operator.does("migrate")
    root.handlers[:] = handlers
    root.setLevel(level)
    return folder / "appairage.db"


@pytest.fixture
def olga(make_operator: Callable[..., Operator], migrated: Path, tmp_path: Path) -> Operator:
    """Give Olga, the operator of a migrated space on the embedded database."""
    (tmp_path / "data").mkdir()
    shutil.copy(migrated, tmp_path / "data" / "appairage.db")
    return make_operator()


@pytest.fixture
def with_alice(olga: Operator) -> Operator:
    """Give Olga after Alice has her account and GlucoApp is registered."""
    olga.does("account", "add", "--from", "-", given=json.dumps(PERSON))
    olga.does("client", "add", "--from", "-", given=json.dumps(CLIENT))
    return olga
