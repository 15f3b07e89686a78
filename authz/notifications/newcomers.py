"""What is told to somebody who has no account yet, by e-mail, SMS or letter: it names its own address.

Each message counts until an instant, is dropped rather than sent after it, and is wiped as soon as it is sent. Letters
go in batches: one row, and one file that an operator prints.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from authz import clock, crypto, db, entropy
from authz.notifications import texts
from authz.notifications.channels import letter
from authz.notifications.models import Message


def write(
    holder_id: str,
    channel: str,
    address: str,
    template: str,
    *,
    lang: str,
    until: datetime,
    is_urgent: bool = False,
    **params: object,
) -> None:
    """Tell somebody something at an address; `holder_id` is the row for whose sake it is told."""
    said = {name: str(value) for name, value in params.items()}
    texts.check(template, said)
    _keep(holder_id, channel, template, until, lang=lang, urgent=is_urgent, said=said | {"to": address})


def post(batch_id: str, letters: Sequence[Mapping[str, Any]], *, until: datetime) -> str:
    """Put letters into one file; each has `template`, `lang`, `address` (its lines) and `params`. Returns its name."""
    for each in letters:
        texts.check(each["template"], each["params"])
    return _keep(batch_id, letter.CHANNEL, "letters", until, lang=None, urgent=False, said={"letters": list(letters)})


def _keep(
    holder_id: str, channel: str, template: str, until: datetime, *, lang: str | None, urgent: bool, said: object
) -> str:
    now, message_id = clock.now(), entropy.new_id()
    row: dict[str, Any] = {
        "id": message_id,
        "account_id": holder_id,
        "channel": channel,
        "template": template,
        "lang": lang,
    }
    row |= {"params_sealed": crypto.seal("message", json.dumps(said, ensure_ascii=False)), "urgent": urgent}
    values = row | {"created_at": now, "due_at": now, "expires_at": until, "attempts": 0}
    db.session().execute(insert(Message).values(**values))
    return message_id
