"""What makes some settings unfit, beside what the settings check of themselves: one sentence for each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# What apps need a surer or fresher sign-in for; the levels are those of `identity.levels`.
STEP_UP = re.compile(r"(?P<area>documents|measures|userinfo)=(?=.)(?P<acr>aal2|phr)?(/(?P<seconds>[0-9]{1,9}))?")


def problems(config: Any) -> list[str]:
    """List the problems of step-up, registration, passkeys and wording."""
    return [
        *_step_up_problems(config),
        *_registration_problems(config),
        *_passkey_problems(config),
        *_wording_problems(config),
        *_password_problems(config),
    ]


def _wording_problems(config: Any) -> list[str]:
    found = []
    if config.log_level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        found.append("APPAIRAGE_LOG_LEVEL: must be DEBUG, INFO, WARNING or ERROR")
    if not _is_zone(config.time_zone):
        found.append("APPAIRAGE_TIME_ZONE: must be the name of a time zone, such as Europe/Paris")
    return found


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _step_up_problems(config: Any) -> Iterator[str]:
    if not all(STEP_UP.fullmatch(part) for part in config.step_up):
        yield "APPAIRAGE_STEP_UP: each must be documents, measures or userinfo, =, and aal2 or phr, or / and seconds"


def _registration_problems(config: Any) -> list[str]:
    found = []
    if config.registration not in ("off", "token", "statement", "open"):
        found.append("APPAIRAGE_REGISTRATION: must be off, token, statement or open")
    if any("=" not in part for part in config.software_issuers):
        found.append("APPAIRAGE_SOFTWARE_ISSUERS: each must be ISSUER=PLACE")
    return found


def _password_problems(config: Any) -> Iterator[str]:
    address = config.password_ranges
    if address and not (address.startswith(("https://", "http://")) and address.endswith("/")):
        yield "APPAIRAGE_PASSWORD_RANGES: must be an http(s) address with a slash at the end"


def _passkey_problems(config: Any) -> list[str]:
    if config.passkey_attestation not in ("none", "required"):
        return ["APPAIRAGE_PASSKEY_ATTESTATION: must be none or required"]
    if config.passkey_attestation == "required" and not config.passkey_ca:
        return ["APPAIRAGE_PASSKEY_CA: needed where APPAIRAGE_PASSKEY_ATTESTATION is required"]
    return []
