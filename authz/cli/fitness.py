"""`appairage check`: whether settings, channels, database, version and keys are fit to start; every problem at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from urllib.parse import parse_qs, urlsplit

import click
from flask import Flask
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import ArgumentError

from authz import db, keys
from authz.cli import terminal
from authz.cli.composition import Build, application, check_migrated, compose, mendable
from authz.errors import Refusal
from authz.notifications import texting
from authz.settings import Settings


class NotFit(Refusal):
    """The server cannot start as it is; every problem is in the sentence."""

    code = "not_fit"


@dataclass(frozen=True)
class Check:
    """One thing looked at: whether it is fit, and if not, why; or what is nearly wrong with it."""

    name: str
    is_fit: bool
    problem: str = ""


@click.command("check")
@terminal.as_json
def command(as_json: bool) -> None:
    """Say whether this server is fit to start; exit status 1 when it is not."""
    checks, looked_at = examine(), _looked_at()
    if as_json:
        found = {"fit": _is_fit(checks), **looked_at, "checks": [asdict(check) for check in checks]}
        terminal.show(found, as_json=True)
    else:
        for name, place in looked_at.items():
            click.echo(f"{name}: {place}")
        terminal.show({check.name: check.problem or "ok" for check in checks}, as_json=False)
    refuse_unfit(checks)


def _looked_at() -> dict[str, str]:
    """Which server this is about: its address and its database's, without any secret."""
    try:
        settings = Settings.load()
        url = make_url(settings.database)
    except (Refusal, ArgumentError):
        return {}
    # Host, user and name only: passwords come in the parameters of an address, too.
    bare = URL.create(url.drivername, url.username, None, url.host, url.port, url.database)
    return {"issuer": settings.issuer, "database": bare.render_as_string()}


def examine(build: Build | None = None) -> list[Check]:
    """Look at everything that a start needs; in the application that is to be served, where one is built for that."""
    try:
        settings = Settings.load()
    except Refusal as refusal:
        return [Check("settings", False, refusal.description)]
    return [
        Check("settings", True),
        _check("mail", lambda: _check_mail(settings)),
        _check("sms", lambda: _check_sms(settings)),
        _check("budgets", lambda: _check_redis(settings)),
        *_examine_application(settings, build),
    ]


def refuse_unfit(checks: list[Check]) -> None:
    """Refuse with every problem when anything is unfit."""
    if not _is_fit(checks):
        raise NotFit(
            "; ".join(f"{check.name}: {check.problem.rstrip('.')}" for check in checks if not check.is_fit) + "."
        )


def _is_fit(checks: list[Check]) -> bool:
    return all(check.is_fit for check in checks)


def _examine_application(settings: Settings, build: Build | None) -> Iterator[Check]:
    try:
        with application(settings, build=build or compose, is_quiet=build is None) as app:
            with db.reading() as connection:
                connection.execute(text("SELECT 1"))
            yield Check("database", True)
            migrated = _check("migrations", lambda: check_migrated(app))
            yield migrated
            if migrated.is_fit:
                yield _check("keys", lambda: _check_keys(app))
                if _is_redis(settings) and _check("sms", lambda: _check_sms(settings)).is_fit:
                    yield Check("text messages", True, "; ".join(texting.list_low()))
    except Refusal as refusal:
        yield Check("database", False, refusal.description)
    except OSError as error:
        yield Check("database", False, f"{error.filename or 'the data directory'}: {error.strerror}")


def _check(name: str, look: Callable[[], None]) -> Check:
    try:
        with mendable():
            look()
    except Refusal as refusal:
        return Check(name, False, refusal.description)
    return Check(name, True)


def _check_keys(app: Flask) -> None:
    for kind in keys.KINDS:
        keys.sign({}, alg=kind)  # opens the sealed key, too


def _check_mail(settings: Settings) -> None:
    _check_chosen(settings, "mail_url")
    if _is_folder(settings.mail_url):
        return
    parts = urlsplit(settings.mail_url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise NotFit("APPAIRAGE_MAIL_URL must be smtp://HOST, smtps://HOST or file:DIR.")


def _check_sms(settings: Settings) -> None:
    _check_chosen(settings, "sms_url")
    texting.read_ranges(settings.sms_ranges, limit=settings.sms_range_hour)
    if _is_folder(settings.sms_url):
        return
    parts = urlsplit(settings.sms_url)
    base = parse_qs(parts.query).get("base", ["https://"])[0]
    if parts.scheme != "twilio" or not (parts.username and parts.password and parts.hostname):
        raise NotFit("APPAIRAGE_SMS_URL must be twilio://SID:TOKEN@FROM or file:DIR.")
    if not base.startswith(("https://", "http://")):
        raise NotFit("APPAIRAGE_SMS_URL: base must be an http(s) address.")


def _check_chosen(settings: Settings, name: str) -> None:
    """A server that people reach over TLS must not write their codes to files because a setting was forgotten."""
    if settings.is_https and not getattr(settings, name):
        raise NotFit(f"APPAIRAGE_{name.upper()} is needed over https; file:DIR if messages are meant to go nowhere.")


def _check_redis(settings: Settings) -> None:
    if not _is_redis(settings):
        raise NotFit("APPAIRAGE_REDIS_URL must be redis://, rediss:// or unix://.")


def _is_redis(settings: Settings) -> bool:
    return not settings.redis_url or settings.redis_url.startswith(("redis://", "rediss://", "unix://"))


def _is_folder(url: str) -> bool:
    return not url or url.startswith("file:")
