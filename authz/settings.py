"""Every setting, read once from the environment: `APPAIRAGE_<NAME>`, or `APPAIRAGE_<NAME>_FILE` for a file of it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import current_app

from authz import unfit
from authz import upstream as upstreams
from authz.errors import Refusal
from authz.unfit import STEP_UP as STEP_UP  # re-exported: whoever reads the setting reads it by this

SHORTEST_SECRET = 32  # characters
_COUNTS = ("access_token_seconds", "session_idle_minutes", "session_hours", "pairing_months", "network_requests",
           "recovery_hours", "archive_years", "erasure_months", "sms_range_hour", "sms_number_day",
           "sms_day")  # fmt: skip
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class SettingsRefused(Refusal):
    """The settings do not allow a start; every problem is named at once."""

    code = "invalid_settings"
    description = "The settings are not fit to start with."


@dataclass(frozen=True)
class Settings:
    """The settings of one server; each field's note is the line that the README shows."""

    issuer: Annotated[str, "Public address of this server; https except on loopback."] = "http://localhost:8000"
    database_url: Annotated[str, "SQLAlchemy address; empty means a SQLite file in the data directory."] = ""
    data_dir: Annotated[Path, "Where the embedded database, the sealing key and the sinks live."] = Path("data")
    redis_url: Annotated[str, "Redis for budgets shared by several nodes; empty means the database."] = ""
    secret_key: Annotated[
        str,
        "Sealing keys, newest first, comma-separated, 32 characters or more each; empty: a file made once.",
    ] = ""
    secret_key_file: Annotated[
        str, "File of the sealing keys, one a line; read again when it changes: keys rotate without a restart."
    ] = ""
    mail_url: Annotated[str, "`smtp://`, `smtps://` or `file:DIR`; empty means `file:` in the data directory."] = ""
    mail_from: Annotated[str, "Sender address of e-mails."] = "no-reply@localhost"
    sms_url: Annotated[
        str,
        "`twilio://SID:TOKEN@FROM` (`?base=` for another host) or `file:DIR`; empty: `file:` in the data one.",
    ] = ""
    sms_ranges: Annotated[
        tuple[str, ...],
        "How numbers of SMS begin, comma-separated, each perhaps with a limit an hour: `+336=5000`; empty: our own.",
    ] = ()
    sms_range_hour: Annotated[int, "SMS with a code to the numbers of one range in an hour, unless it says."] = 1000
    sms_number_day: Annotated[int, "SMS with a code to one number in a day."] = 30
    sms_day: Annotated[int, "SMS with a code to everybody in a day, and as many notices: what an attack may cost."] = (
        20_000
    )
    outbound_allow: Annotated[
        tuple[str, ...], "Hosts exempt from the block on private addresses, comma-separated."
    ] = ()
    outbound_ca: Annotated[str, "Extra certificate authority file for outbound TLS."] = ""
    trusted_proxies: Annotated[int, "How many reverse proxies in front set the `X-Forwarded-*` headers."] = 0
    mtls_header: Annotated[
        str,
        "Header in which the TLS front hands over the client's certificate (URL-encoded PEM); empty: none is believed.",
    ] = ""
    mtls_ca: Annotated[str, "File of the authorities that sign certificates for `tls_client_auth`."] = ""
    mtls_issuer: Annotated[
        str, "Address at which the front asks clients for certificates, if it is not the issuer's own."
    ] = ""
    registration: Annotated[
        str,
        "Who may register apps at `/register`: `off`, `token` (who holds one of `appairage client token`), `statement` "
        "(who brings a software statement) or `open`.",
    ] = "off"
    software_issuers: Annotated[
        tuple[str, ...],
        "Issuers of software statements, comma-separated: `ISSUER=PLACE`, a file or https address of its JWKS.",
    ] = ()
    password_ranges: Annotated[
        str,
        "Where to ask whether a new password has leaked, of which five characters of its SHA-1 are told: "
        "`https://api.pwnedpasswords.com/range/`; empty: nowhere.",
    ] = ""
    passkey_attestation: Annotated[
        str,
        "Which passkeys are taken: `none`, any; `required`, those whose maker vouches for them by a certificate under "
        "`APPAIRAGE_PASSKEY_CA`.",
    ] = "none"
    passkey_ca: Annotated[str, "File of the authorities that makers of authenticators sign under, as PEM."] = ""
    upstream: Annotated[
        tuple[upstreams.Provider, ...],
        "Identity providers that patients may sign in by, comma-separated names such as `fc`; what else is set of each "
        "(`APPAIRAGE_UPSTREAM_FC_ISSUER` …) is in docs/operating.md.",
    ] = ()
    step_up: Annotated[
        tuple[str, ...],
        "What apps read only after a sure or recent sign-in, comma-separated: `documents=phr`, `measures=aal2/3600`, "
        "`userinfo=/600` (seconds).",
    ] = ()
    access_token_seconds: Annotated[int, "Life of an access token."] = 600
    refresh_grace_seconds: Annotated[
        int, "For so long a refresh token already exchanged gives the same successor again."
    ] = 60
    refresh_idle_days: Annotated[int, "A refresh token unused for so long is over."] = 90
    session_idle_minutes: Annotated[int, "A browser left alone for so long is signed out."] = 30
    session_hours: Annotated[int, "A browser is signed out after so long whatever happens."] = 12
    recovery_hours: Annotated[
        int, "A new password of somebody who forgot the old one, or an operator's recovery, waits for so long."
    ] = 24
    pairing_months: Annotated[int, "Longest life of a pairing that a patient may choose."] = 13
    archive_years: Annotated[int, "The data of a closed space are kept for so long, and can be opened again."] = 10
    erasure_months: Annotated[int, "Where erasure is asked for, a closed space is erased within so long."] = 3
    document_max_bytes: Annotated[int, "Largest document accepted, in bytes."] = 5_000_000
    request_max_bytes: Annotated[int, "Largest request body accepted, in bytes."] = 8_000_000
    assign_authority: Annotated[str, "OID of the authority that names patients to partners."] = "1.2.250.1.999.1.1"
    own_oid: Annotated[str, "OID of this space, the source of measures it computes."] = "1.2.250.1.999.1"
    network_requests: Annotated[
        int, "How many requests to sign in or to link one network may begin in ten minutes; known browsers have more."
    ] = 600
    time_zone: Annotated[str, "Zone in which patients read days and hours, such as `Europe/Paris`."] = "Europe/Paris"
    log_level: Annotated[str, "Lowest level logged: DEBUG, INFO, WARNING or ERROR."] = "INFO"
    brand_name: Annotated[str, "Name of the space, as patients know it."] = "Mon dossier santé"
    brand_hue: Annotated[int, "Hue of the accent colour, 0 to 360."] = 190
    brand_support: Annotated[str, "Where patients write for help."] = "aide@localhost"

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read and check the environment; refuses with all problems in one sentence."""
        environ = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        problems: list[str] = []
        for spec in fields(cls):
            try:
                text = _read(environ, "APPAIRAGE_" + spec.name.upper())
                if text is not None:
                    values[spec.name] = _typed(spec.default, text)
                if text is not None and spec.name == "upstream":
                    values[spec.name] = upstreams.read(values.pop(spec.name), lambda name: _read(environ, name))
            except (OSError, ValueError) as error:
                problems.append(f"APPAIRAGE_{spec.name.upper()}: {error}")
        if "APPAIRAGE_SECRET_KEY" in environ:
            values.pop("secret_key_file", None)  # the text goes before the file, as for every other setting
        settings = cls(**values)
        problems += settings.problems()
        if problems:
            raise SettingsRefused("; ".join(problems))
        return settings

    def problems(self) -> list[str]:
        """List what makes these settings unfit, one sentence each."""
        found = []
        parts = urlsplit(self.issuer)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            found.append("APPAIRAGE_ISSUER: must be an http(s) address without query or fragment")
        elif parts.scheme == "http" and parts.hostname not in LOOPBACK:
            found.append("APPAIRAGE_ISSUER: must be https unless it is on loopback")
        if self.issuer.endswith("/"):
            found.append("APPAIRAGE_ISSUER: must not end with a slash")
        if any(0 < len(part.strip()) < SHORTEST_SECRET for part in re.split(r"[,\n]", self.secret_key)):
            found.append("APPAIRAGE_SECRET_KEY: each key needs 32 characters or more")
        if self.secret_key_file and not self.secret_key:
            found.append("APPAIRAGE_SECRET_KEY_FILE: holds no key")
        if self.mtls_header and self.trusted_proxies < 1:
            found.append(
                "APPAIRAGE_MTLS_HEADER: needs a front that sets it, and APPAIRAGE_TRUSTED_PROXIES of 1 or more"
            )
        if self.mtls_issuer and (not self.mtls_issuer.startswith("https://") or self.mtls_issuer.endswith("/")):
            found.append("APPAIRAGE_MTLS_ISSUER: must be an https address without a slash at the end")
        found += [*unfit.problems(self), *upstreams.problems(self.upstream)]
        for name in _COUNTS:
            if getattr(self, name) < 1:
                found.append(f"APPAIRAGE_{name.upper()}: must be 1 or more")
        return found

    @property
    def is_https(self) -> bool:
        """Whether browsers reach this server over TLS."""
        return self.issuer.startswith("https:")

    @property
    def database(self) -> str:
        """The database's address, the embedded file when none is set."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'appairage.db'}"

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which patients read days and hours."""
        return ZoneInfo(self.time_zone)

    @property
    def access_token_ttl(self) -> timedelta:
        """Life of an access token."""
        return timedelta(seconds=self.access_token_seconds)

    @property
    def refresh_idle_ttl(self) -> timedelta:
        """How long a refresh token may lie unused."""
        return timedelta(days=self.refresh_idle_days)


def current() -> Settings:
    """Return the settings of the application at work."""
    settings: Settings = current_app.extensions["settings"]
    return settings


def _read(environ: Mapping[str, str], name: str) -> str | None:
    if name in environ:
        return environ[name]
    if name + "_FILE" in environ:
        return Path(environ[name + "_FILE"]).read_text(encoding="utf-8").strip()
    return None


def _typed(default: Any, text: str) -> Any:
    if isinstance(default, int):
        return int(text)
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return type(default)(text)
