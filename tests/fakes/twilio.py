"""A stand-in for Twilio's message resource over real HTTP, held to its public description.

It takes `POST /2010-04-01/Accounts/{AccountSid}/Messages.json` with Basic credentials and the form members `To`,
`From` or `MessagingServiceSid`, `Body` and perhaps `StatusCallback`, and answers 201 with the whole message resource,
or an error object with Twilio's own code, message, more_info and status. What becomes of a message is reported as
Twilio does: a form posted to the callback's address, signed by HMAC-SHA1 over the address and the sorted members.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

SID = "AC" + "0123456789abcdef" * 2
TOKEN = "fake-auth-token"
VERSION = "2010-04-01"
# The enumeration `message_enum_status` of the public description, and which of them end a message that was sent.
STATUSES = {
    *("queued", "sending", "sent", "failed", "delivered", "undelivered", "receiving", "received", "accepted"),
    *("scheduled", "read", "partially_delivered", "canceled"),
}
# The members of the message resource and of the request that creates one, as far as we send any.
RESOURCE = {
    *("account_sid", "api_version", "body", "date_created", "date_sent", "date_updated", "direction", "error_code"),
    *("error_message", "from", "messaging_service_sid", "num_media", "num_segments", "price", "price_unit", "sid"),
    *("status", "subresource_uris", "to", "uri"),
}
REQUEST = {"To", "From", "MessagingServiceSid", "Body", "StatusCallback"}


class Twilio:
    """What the stand-in received, and the errors it is told to give next."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.next_errors: list[tuple[int, int]] = []
        self.next_body: bytes | None = None
        self.retry_after = ""
        self.callbacks: list[str] = []
        self.base = ""

    def create(self, sid: str, credentials: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Answer one request to create a message."""
        if self.next_errors:
            return _error(*self.next_errors.pop(0))
        if (sid, credentials) != (SID, f"{SID}:{TOKEN}"):
            return _error(401, 20003)
        if set(form) - REQUEST:
            return _error(400, 20001)
        if not form.get("Body"):
            return _error(400, 21602)
        if not (form.get("From") or re.fullmatch(r"MG[0-9a-fA-F]{32}", form.get("MessagingServiceSid", ""))):
            return _error(400, 21603)
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}", form.get("To", "")):
            return _error(400, 21211)
        if form.get("StatusCallback") and not re.fullmatch(r"https?://[A-Za-z0-9.:-]+/\S*", form["StatusCallback"]):
            return _error(400, 21609)
        self.messages.append(_resource(form, len(self.messages)))
        self.callbacks.append(form.get("StatusCallback", ""))
        return 201, self.messages[-1]

    def report(self, number: int, status: str, error: int | None = None) -> tuple[str, dict[str, str], dict[str, str]]:
        """Say what became of a message: the address to call, the form, and the header with its signature."""
        assert status in STATUSES
        message, url = self.messages[number], self.callbacks[number]
        form = {
            "AccountSid": SID, "ApiVersion": VERSION, "From": message["from"] or "", "MessageSid": message["sid"],
            "MessageStatus": status, "SmsSid": message["sid"], "SmsStatus": status, "To": message["to"],
        } | ({"ErrorCode": str(error)} if error else {})  # fmt: skip
        return url, form, {"X-Twilio-Signature": sign(url, form)}


def sign(url: str, form: dict[str, str], token: str = TOKEN) -> str:
    """Sign a callback as Twilio documents it."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@contextmanager
def twilio() -> Iterator[Twilio]:
    """Run the stand-in on loopback; `base` is its address."""
    fake = Twilio()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            path = re.fullmatch(rf"/{VERSION}/Accounts/([^/]+)/Messages\.json", self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            scheme, _, coded = self.headers.get("Authorization", "").partition(" ")
            credentials = base64.b64decode(coded).decode() if scheme == "Basic" else ""
            form = {name: values[0] for name, values in parse_qs(body).items()}
            status, answer = fake.create(path[1], credentials, form) if path else _error(404, 20404)
            text = fake.next_body if fake.next_body is not None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            if status == 429 and fake.retry_after:
                self.send_header("Retry-After", fake.retry_after)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Keep the test's output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    fake.base = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _resource(form: dict[str, str], number: int) -> dict[str, Any]:
    sid = f"SM{number:032x}"
    uri = f"/{VERSION}/Accounts/{SID}/Messages/{sid}"
    now = format_datetime(datetime.now(UTC))
    return {
        "account_sid": SID,
        "api_version": VERSION,
        "body": form["Body"],
        "date_created": now,
        "date_sent": None,
        "date_updated": now,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": form.get("From"),
        "messaging_service_sid": form.get("MessagingServiceSid"),
        "num_media": "0",
        "num_segments": str(1 + (len(form["Body"]) - 1) // 153),
        "price": None,
        "price_unit": "USD",
        "sid": sid,
        "status": "queued",
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": form["To"],
        "uri": f"{uri}.json",
    }


def _error(status: int, code: int) -> tuple[int, dict[str, Any]]:
    return status, {
        "code": code,
        "message": "This request was refused.",
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
