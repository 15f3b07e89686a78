"""What a connector is: it turns the bytes an app sends into measures and documents, and keeps nothing.

Storage, consent and the answer to the app belong to `connectors.intake`, the list of connectors to
`connectors.registry`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Protocol

from authz.errors import Refusal


class PayloadRefused(Refusal):
    """The bytes sent cannot be read as this connector's kind of payload; `params["why"]` is the reason's slug."""

    code = "payload_refused"
    status = 422
    description = "The file could not be read."


@dataclass(frozen=True)
class Card:
    """What the catalogue says of a connector."""

    title: Mapping[str, str]
    summary: Mapping[str, str]
    accepts: tuple[str, ...]
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class YieldedMeasure:
    """One measure of a yield. `identity` stays the same when the same content is sent again."""

    code: str
    value: float
    unit: str
    effective_at: datetime
    days: int
    days_code: str
    identity: str
    sufficient: bool


@dataclass(frozen=True)
class YieldedDocument:
    """One document of a yield; `details` is what a page needs to show the same figures without opening it."""

    title: str
    category: str
    mime: str
    content: bytes
    effective_at: datetime
    identity: str
    details: Mapping[str, Any]


@dataclass(frozen=True)
class RejectedRow:
    """A row of the payload that was not used, and the slug of the reason; never its content."""

    line: int
    reason: str


@dataclass(frozen=True)
class Yield:
    """What one payload gave."""

    readings: int
    summary: Mapping[str, Any]
    measures: Sequence[YieldedMeasure] = ()
    documents: Sequence[YieldedDocument] = ()
    rejected: Sequence[RejectedRow] = field(default=())


class Connector(Protocol):
    """One kind of app data. Pure: no database, no clock, no network."""

    @property
    def name(self) -> str:
        """The last part of the address apps post to."""

    @property
    def card(self) -> Card:
        """What the catalogue says of it."""

    def accept(
        self,
        payload: bytes,
        *,
        content_type: str,
        zone: tzinfo,
        lang: str,
        now: datetime,
        source: str = "",
        age: int | None = None,
    ) -> Yield:
        """Read one payload, or refuse it with PayloadRefused.

        `source`, the app, is printed on the report, the person never; `age` is the person's today, None where it is not
        known.
        """
