"""SMS through Twilio's own client, or into the local sink; the door of twilio, imported late for its weight.

What becomes of a message that was taken is told later, by a call to the address given with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from authz.errors import Unavailable
from authz.notifications.channels import sink
from authz.notifications.channels.envelope import Envelope
from authz.settings import Settings

TIMEOUT = 10.0
LONGEST_WAIT = 3600
REPORTS = "/sms/reports/"
# Twilio's codes for a number that will never take this message: not valid, opted out, not mobile, region not served,
# unreachable or blocked. Everything else may be mended by waiting or by the operator.
HOPELESS = {21211, 21214, 21217, 21265, 21408, 21421, 21601, 21610, 21612, 21614, 21617, 21635}
OVER = {"delivered": "", "undelivered": "undelivered", "failed": "failed", "canceled": "failed"}


def deliver(envelope: Envelope, config: Settings) -> None:
    """Hand one SMS to the provider; raises Unavailable when it is not taken."""
    folder = sink.folder_of(config.sms_url, config.data_dir / "sms")
    if folder is not None:
        return sink.deliver(envelope, folder)
    from twilio.base.exceptions import TwilioException
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    sid, token, sender, base = _parts(config.sms_url)
    headers: dict[str, str] = {}
    hooks: dict[str, object] = {"response": [lambda answer, **_: headers.update(answer.headers)]}
    client = Client(sid, token, http_client=TwilioHttpClient(timeout=TIMEOUT, request_hooks=hooks))
    if base:
        client.api.base_url = base
    told: dict[str, Any] = {"messaging_service_sid": sender} if sender.startswith("MG") else {"from_": sender}
    if config.is_https:
        told["status_callback"] = f"{config.issuer}{REPORTS}{envelope.id}"
    try:
        client.messages.create(to=envelope.to, body=envelope.text.strip(), **told)
    except (TwilioException, OSError, ValueError) as error:
        # OSError: what the client's HTTP library raises derives from it; ValueError: an answer that is no JSON.
        status, code = getattr(error, "status", 0), getattr(error, "code", None)
        said = f"{status} {code}" if status else type(error).__name__
        raise Unavailable(f"twilio: {said}", retry=code not in HOPELESS, wait=_wait(headers)) from error
    return None


def is_report(url: str, form: Mapping[str, str], signature: str, config: Settings) -> bool:
    """Tell whether a report on a message is the provider's: signed with the account's own token."""
    token = "" if sink.folder_of(config.sms_url, config.data_dir) else _parts(config.sms_url)[1]
    if not token:
        return False
    from twilio.request_validator import RequestValidator

    return bool(RequestValidator(token).validate(url, form, signature))


def outcome(form: Mapping[str, str]) -> str | None:
    """Read a report: nothing went wrong, what did, or None while the message is on its way."""
    over = OVER.get(form.get("MessageStatus", ""))
    code = form.get("ErrorCode", "")
    return f"twilio: {over} {code if code.isdecimal() else 0}"[:64] if over else over


def _wait(headers: Mapping[str, str]) -> int:
    """Seconds that the provider asks to wait (RFC 9110 §10.2.3); a date, which it never sends, counts as none."""
    said = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return min(LONGEST_WAIT, int(said)) if said.isascii() and said.isdecimal() else 0


def _parts(url: str) -> tuple[str, str, str, str]:
    """Take `twilio://SID:TOKEN@FROM?base=` apart; by hand, for a sender's name keeps its capitals."""
    parts = urlsplit(url)
    credentials, _, sender = parts.netloc.rpartition("@")
    sid, _, token = credentials.partition(":")
    base = parse_qs(parts.query).get("base", [""])[0].rstrip("/")
    return unquote(sid), unquote(token), unquote(sender), base
