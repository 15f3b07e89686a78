"""Settings: read once, typed, checked, every problem told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from authz.settings import Settings, SettingsRefused


def test_operator_reads_defaults_from_an_empty_environment(tmp_path: Path) -> None:
    settings = Settings.load({"APPAIRAGE_DATA_DIR": str(tmp_path)})
    assert settings.database == f"sqlite:///{tmp_path / 'appairage.db'}"
    assert settings.access_token_ttl.total_seconds() == 600
    assert not settings.is_https


def test_operator_gives_secrets_in_files(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql+psycopg://db/x\n")
    settings = Settings.load(
        {"APPAIRAGE_DATABASE_URL_FILE": str(tmp_path / "url"), "APPAIRAGE_OUTBOUND_ALLOW": "a.example, b.example"}
    )
    assert settings.database == "postgresql+psycopg://db/x"
    assert settings.outbound_allow == ("a.example", "b.example")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ISSUER", "http://space.example", "must be https unless"),
        ("ISSUER", "space.example", "must be an http(s) address"),
        ("ISSUER", "https://space.example/", "must not end with a slash"),
        ("ISSUER", "https://space.example?x", "without query"),
        ("SECRET_KEY", "short", "32 characters"),
        ("LOG_LEVEL", "LOUD", "must be DEBUG"),
        ("TIME_ZONE", "Europe/Atlantis", "name of a time zone"),
        ("TIME_ZONE", "", "name of a time zone"),
        ("TIME_ZONE", "../../etc/passwd", "name of a time zone"),
        ("ACCESS_TOKEN_SECONDS", "0", "must be 1 or more"),
        ("ACCESS_TOKEN_SECONDS", "ten", "invalid literal"),
        ("MAIL_URL_FILE", "/nowhere/at/all", "No such file"),
    ],
)
def test_operator_is_told_what_is_unfit(name: str, value: str, words: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        Settings.load({f"APPAIRAGE_{name}": value})
    assert f"APPAIRAGE_{name.removesuffix('_FILE')}" in refused.value.description
    assert words in refused.value.description


def test_operator_is_told_all_problems_at_once() -> None:
    with pytest.raises(SettingsRefused) as refused:
        Settings.load({"APPAIRAGE_ISSUER": "ftp://x", "APPAIRAGE_LOG_LEVEL": "LOUD", "APPAIRAGE_SESSION_HOURS": "no"})
    assert refused.value.description.count("APPAIRAGE_") == 3


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"mtls_header": "X-Client-Cert"}, "APPAIRAGE_TRUSTED_PROXIES"),
        ({"mtls_issuer": "http://mtls.example"}, "APPAIRAGE_MTLS_ISSUER"),
        ({"mtls_issuer": "https://mtls.example/"}, "APPAIRAGE_MTLS_ISSUER"),
    ],
)
def test_operator_is_told_what_certificates_need(settings: dict[str, str], problem: str) -> None:
    assert any(problem in found for found in Settings(**settings).problems())  # type: ignore[arg-type]
    assert Settings(mtls_header="X-Client-Cert", trusted_proxies=1, mtls_issuer="https://m.example").problems() == []
