"""The row of an interaction: one authorization request, or one plain sign-in, being completed in one browser."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from authz.db import Base, Instant


@dataclass(frozen=True)
class Request:
    """The parameters of an authorization request, as the client sent them and the server checked them."""

    redirect_uri: str = ""
    scope: str = ""
    state: str | None = None
    nonce: str | None = None
    code_challenge: str | None = None
    prompt: str = ""
    max_age: int | None = None
    ui_locales: str = ""
    login_hint: str = ""
    claims: str = ""  # what the `claims` parameter named and demands, as JSON
    acr_values: str = ""
    expected: str = ""  # what the client calls the person whom it expects, and in which session it knows them
    expected_sid: str = ""
    expected_acts: bool = False  # whether that person acts for somebody else in the hint
    about: str = ""  # what the client calls whom its hint is about, who is nobody else in the answer
    app_account: str = ""
    app_account_name: str = ""
    response_mode: str = "query"
    dpop_jkt: str = ""  # thumbprint of the key that the code is bound to (RFC 9449 §10)
    device: str = ""  # digest of the device code of the object that asks (RFC 8628), and the code that it shows
    user_code: str = ""
    resources: str = ""  # that the tokens are narrowed to (RFC 8707)
    details: str = ""  # what it is about in detail, as JSON: as asked, and once decided as granted (RFC 9396)
    pushed: str = ""  # the request_uri that it was pushed under


class Interaction(Base):
    """One request being completed. `request` is its parameters as JSON, `decision` what the patient chose.

    Without a client it is a plain sign-in that ends at `next_path`. `account_id` is who passed the first factor here,
    `upstream_sealed` what an upstream provider vouched for meanwhile.
    """

    __tablename__ = "interaction"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    client_id: Mapped[str | None] = mapped_column(String(64))
    browser_digest: Mapped[str] = mapped_column(String(64))
    request: Mapped[str] = mapped_column(Text)
    next_path: Mapped[str | None] = mapped_column(String(500))
    account_id: Mapped[str | None] = mapped_column(String(32))
    decision: Mapped[str | None] = mapped_column(Text)
    pairing_id: Mapped[str | None] = mapped_column(String(32))
    profile_id: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    arrived_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    returned_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome_sealed: Mapped[str | None] = mapped_column(Text)
    upstream_sealed: Mapped[str | None] = mapped_column(Text)
