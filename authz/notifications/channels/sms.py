"""SMS through Twilio's own client, or into the local sink; the door of twilio, imported late for its weight."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

from authz.errors import Unavailable
from authz.notifications.channels import sink
from authz.notifications.channels.envelope import Envelope
from authz.settings import Settings

TIMEOUT = 10.0
# Twilio's codes for a number that will never take this message: not valid, opted out, not mobile, region not served,
# unreachable or blocked. Everything else may be mended by waiting or by the operator.
HOPELESS = {21211, 21214, 21217, 21265, 21408, 21421, 21601, 21610, 21612, 21614, 21617, 21635}


def deliver(envelope: Envelope, config: Settings) -> None:
    """Hand one SMS to the provider; raises Unavailable when it is not taken."""
    folder = sink.folder_of(config.sms_url, config.data_dir / "sms")
    if folder is not None:
        return sink.deliver(envelope, folder)
    from twilio.base.exceptions import TwilioException, TwilioRestException
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    sid, token, sender, base = _parts(config.sms_url)
    client = Client(sid, token, http_client=TwilioHttpClient(timeout=TIMEOUT))
    if base:
        client.api.base_url = base
    origin = {"messaging_service_sid": sender} if sender.startswith("MG") else {"from_": sender}
    try:
        client.messages.create(to=envelope.to, body=envelope.text.strip(), **origin)
    except TwilioRestException as error:
        raise Unavailable(f"twilio: {error.status} {error.code}", retry=error.code not in HOPELESS) from error
    except (TwilioException, OSError, ValueError) as error:
        # OSError: what the client's HTTP library raises derives from it; ValueError: an answer that is no JSON.
        raise Unavailable(f"twilio: {type(error).__name__}", retry=True) from error
    return None


def _parts(url: str) -> tuple[str, str, str, str]:
    """Take `twilio://SID:TOKEN@FROM?base=` apart; by hand, for a sender's name keeps its capitals."""
    parts = urlsplit(url)
    credentials, _, sender = parts.netloc.rpartition("@")
    sid, _, token = credentials.partition(":")
    base = parse_qs(parts.query).get("base", [""])[0].rstrip("/")
    return unquote(sid), unquote(token), unquote(sender), base
