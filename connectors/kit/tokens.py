"""What a partner keeps of one link: the tokens, whose record they reach, and how long."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.kit import doors
from connectors.kit.errors import Untrusted


@dataclass(frozen=True)
class TokenSet:
    """The tokens of one link; `repr` shows none of them."""

    access_token: str
    refresh_token: str | None
    expires_at: datetime
    scopes: frozenset[str]
    subject: str = ""
    subject_system: str = ""
    pairing_ends_at: datetime | None = None

    def __repr__(self) -> str:
        return f"<TokenSet of {self.subject or 'an unnamed subject'} until {self.expires_at:%Y-%m-%dT%H:%M:%SZ}>"

    def is_fresh(self, now: datetime, margin: timedelta) -> bool:
        """Tell whether the access token will outlive a call."""
        return now + margin < self.expires_at

    def dump(self) -> str:
        """Write for a store."""
        values = asdict(self)
        values["expires_at"] = self.expires_at.isoformat()
        values["scopes"] = sorted(self.scopes)
        values["pairing_ends_at"] = self.pairing_ends_at.isoformat() if self.pairing_ends_at else None
        return json.dumps(values)

    @classmethod
    def parse(cls, text: str) -> TokenSet:
        """Read from a store."""
        values = json.loads(text)
        ends_at = values["pairing_ends_at"]
        values["expires_at"] = datetime.fromisoformat(values["expires_at"])
        values["scopes"] = frozenset(values["scopes"])
        values["pairing_ends_at"] = datetime.fromisoformat(ends_at) if ends_at else None
        return cls(**values)


def from_response(answer: dict[str, Any], before: TokenSet | None = None) -> TokenSet:
    """Read a token response (RFC 6749 §5.1); what it leaves out stays as it was."""
    access_token = answer.get("access_token")
    if not isinstance(access_token, str) or str(answer.get("token_type", "")).lower() != "bearer":
        raise Untrusted("The token response has no bearer access token.")
    refresh_token = answer.get("refresh_token") or (before.refresh_token if before else None)
    return TokenSet(
        access_token=access_token,
        refresh_token=refresh_token if isinstance(refresh_token, str) else None,
        expires_at=doors.now() + timedelta(seconds=_seconds(answer.get("expires_in"))),
        scopes=_scopes(answer, before),
        subject=_text(answer, "subject") or (before.subject if before else ""),
        subject_system=_text(answer, "subject_system") or (before.subject_system if before else ""),
        pairing_ends_at=_instant(answer.get("pairing_ends_at")) or (before.pairing_ends_at if before else None),
    )


def _text(answer: dict[str, Any], name: str) -> str:
    value = answer.get(name)
    return value if isinstance(value, str) else ""


def _seconds(value: object) -> int:
    # Without a lifetime the token is used at once and renewed before the next call.
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _scopes(answer: dict[str, Any], before: TokenSet | None) -> frozenset[str]:
    scope = answer.get("scope")
    if isinstance(scope, str):
        return frozenset(scope.split())
    return before.scopes if before else frozenset()


def _instant(value: object) -> datetime | None:
    """Read seconds since 1970 or an ISO instant; anything else is as good as silence."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
