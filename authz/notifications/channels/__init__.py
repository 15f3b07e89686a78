"""The channels that deliver a message, by the name the outbox gives them; each raises Unavailable when it cannot."""

from __future__ import annotations

from collections.abc import Callable

from authz.notifications.channels import email, sms
from authz.notifications.channels.envelope import Envelope
from authz.settings import Settings

CHANNELS: dict[str, Callable[[Envelope, Settings], None]] = {"email": email.deliver, "sms": sms.deliver}
