"""What is sealed: the register of every sealed column, and the root of the digests that stay the same for ever.

Whoever adds a sealed column adds it here: what is not in the register is not sealed anew when a secret is replaced, and
is lost with the old one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app
from sqlalchemy import Integer, String, Text, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from authz import clock, crypto, db, entropy, ring, settings
from authz.db import Base, Instant

_ROOT = "digests"
_KNOWN = "known_digest_root"  # app.extensions


class DigestRoot(Base):
    """The secret behind the digests that stay the same for ever, sealed like anything else."""

    __tablename__ = "digest_root"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    secret_sealed: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Instant)


class Resealing(Base):
    """How far one sealed column has come under one secret; `done_at`: a whole pass found nothing to do."""

    __tablename__ = "resealing"

    column: Mapped[str] = mapped_column(String(64), primary_key=True)
    secret: Mapped[str] = mapped_column(String(8))
    after: Mapped[str | None] = mapped_column(Text)
    changed: Mapped[int] = mapped_column(Integer)
    begun_at: Mapped[datetime] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True)
class Lookup:
    """A look-up digest beside a sealed column: which column, for which purpose, and of what in the opened text."""

    column: str
    purpose: str
    value: Callable[[str], str] = str


@dataclass(frozen=True)
class Sealed:
    """A column that holds sealed texts of one purpose, the key of its table, and look-ups made of the same text."""

    table: str
    column: str
    purpose: str
    key: tuple[str, ...] = ("id",)
    lookups: tuple[Lookup, ...] = ()

    @property
    def name(self) -> str:
        """Table and column."""
        return f"{self.table}.{self.column}"


REGISTER = (
    Sealed("digest_root", "secret_sealed", "digest-root"),
    Sealed("signing_key", "private_sealed", "signing-key", ("kid",)),
    Sealed("account", "claims_sealed", "account"),
    Sealed("account", "totp_secret_sealed", "totp"),
    Sealed("profile", "person_sealed", "profile"),
    Sealed("passkey", "name_sealed", "passkey"),
    Sealed("recovery", "asked_sealed", "recovery"),
    *(Sealed("civil_identity", f"{fact}_sealed", "civil", ("profile_id",)) for fact in ("nir", "card", "pivot")),
    *(Sealed("prepared_space", f"{fact}_sealed", "civil") for fact in ("nir", "card", "pivot")),
    *(Sealed("prepared_space", f"{fact}_sealed", "prepared") for fact in ("person", "reach", "representatives")),
    Sealed("activation", "email_sealed", "activation"),
    Sealed("activation", "phone_sealed", "activation"),
    Sealed("contact", "email_sealed", "contact", ("account_id",), (Lookup("email_digest", "email", str.lower),)),
    Sealed("contact", "phone_sealed", "contact", ("account_id",), (Lookup("phone_digest", "phone"),)),
    Sealed("invitation", "guest_sealed", "invitation", ("profile_id", "id")),
    Sealed("message", "params_sealed", "message"),
    Sealed("interaction", "outcome_sealed", "outcome"),
    Sealed("interaction", "upstream_sealed", "upstream-proof"),
    Sealed("upstream_identity", "claims_sealed", "upstream"),
    Sealed("upstream_session", "id_token_sealed", "upstream-session", ("session_id",)),
    Sealed("pairing", "app_account_sealed", "app-account", ("profile_id", "id")),
    Sealed("pairing", "details_sealed", "authorization-details", ("profile_id", "id")),
    Sealed("token_family", "details_sealed", "authorization-details"),
    Sealed("access_token", "details_sealed", "authorization-details", ("digest",)),
)


def install(app: Flask) -> None:
    """Let digests find their root in the application's database."""
    app.extensions[crypto.ROOT] = _find_root


def ensure_root(*, is_new: bool) -> None:
    """Make the root where there is none: by chance in a new space, else what keyed digests until now."""
    if db.session().scalar(select(DigestRoot.id)) is None:
        old = ring.current(settings.current()).secrets[-1].text
        text = entropy.new_secret("apd", 48) if is_new else old
        sealed = crypto.seal("digest-root", text)
        db.session().execute(insert(DigestRoot).values(id=_ROOT, secret_sealed=sealed, made_at=clock.now()))


def _find_root() -> str:
    known: str | None = current_app.extensions.get(_KNOWN)
    if known is None:
        with db.reading() as connection:
            sealed = connection.execute(select(DigestRoot.secret_sealed)).scalar_one_or_none()
        if sealed is None:
            return ring.current(settings.current()).secrets[-1].text
        known = current_app.extensions[_KNOWN] = crypto.unseal("digest-root", sealed)
    return known
