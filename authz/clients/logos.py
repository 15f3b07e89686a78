"""The logo that a client registered (RFC 7591 §2, `logo_uri`): fetched once, when it registers, and kept here.

No page makes a browser call elsewhere, and what patients see is what was there at the registration: it does not turn
into somebody else's sign later. A picture that cannot be fetched or is none is no reason to refuse a client; it is then
shown by its first letter.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from authz import clock, logs, outbound
from authz.clients import pictures
from authz.db import Base, Instant, insert_once, session
from authz.errors import Refusal, Unavailable

MAX_BYTES = 128 * 1024
_log = logs.get(__name__)


class ClientLogo(Base):
    """A client's picture, as it was fetched."""

    __tablename__ = "client_logo"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    media_type: Mapped[str] = mapped_column(String(32))
    fetched_at: Mapped[datetime] = mapped_column(Instant)


def fetch(metadata: dict[str, Any]) -> bytes | None:
    """Fetch the picture that a registration names; None where it names none, or none comes that may be shown."""
    uri = metadata.get("logo_uri")
    if not isinstance(uri, str):
        return None
    try:
        answer = outbound.fetch("GET", uri, headers={"Accept": "image/*"}, max_bytes=MAX_BYTES)
    except (Refusal, Unavailable) as error:
        _log.info("logo:unavailable", extra={"fault": str(error)})
        return None
    return answer.body if answer.status == 200 and pictures.type_of(answer.body) else None


def keep(client_id: str, body: bytes | None) -> None:
    """Keep a client's picture in the place of the one that it had, if it had one; None leaves it without."""
    session().execute(delete(ClientLogo).where(ClientLogo.client_id == client_id))
    if body is not None:
        insert_once(
            ClientLogo, client_id=client_id, body=body, media_type=pictures.type_of(body), fetched_at=clock.now()
        )


def find(client_id: str) -> tuple[bytes, str] | None:
    """Find a client's picture and its media type."""
    query = select(ClientLogo.body, ClientLogo.media_type).where(ClientLogo.client_id == client_id)
    row = session().execute(query).first()
    return (row[0], row[1]) if row else None
