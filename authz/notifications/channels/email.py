"""E-mail over SMTP (RFC 5321), or into the local sink.

`smtps://` is TLS from the first byte; `smtp://` demands STARTTLS (RFC 3207) except on loopback, so that nobody on the
way can strip it; `?starttls=off` says otherwise for a relay on a private link.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit

from authz.errors import Unavailable
from authz.notifications.channels import sink
from authz.notifications.channels.envelope import Envelope
from authz.settings import LOOPBACK, Settings

TIMEOUT = 10.0


def deliver(envelope: Envelope, config: Settings) -> None:
    """Hand one e-mail to the mail server; raises Unavailable when it is not taken."""
    folder = sink.folder_of(config.mail_url, config.data_dir / "mail")
    if folder is not None:
        return sink.deliver(envelope, folder)
    letter = _letter(envelope, config)
    try:
        with _connected(config) as server:
            server.send_message(letter)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise Unavailable(f"smtp: recipient refused {codes}", retry=min(codes) < 500) from error
    except smtplib.SMTPAuthenticationError as error:
        raise Unavailable("smtp: credentials refused", retry=True) from error  # the operator will mend it
    except smtplib.SMTPResponseException as error:
        raise Unavailable(f"smtp: {error.smtp_code}", retry=error.smtp_code < 500) from error
    except (smtplib.SMTPException, OSError) as error:
        raise Unavailable(f"smtp: {type(error).__name__}", retry=True) from error
    return None


@contextmanager
def _connected(config: Settings) -> Iterator[smtplib.SMTP]:
    """Connect, encrypt and sign in as the address says."""
    parts = urlsplit(config.mail_url)
    host = parts.hostname or "localhost"
    tls = ssl.create_default_context()
    if config.outbound_ca:
        tls.load_verify_locations(config.outbound_ca)
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT, context=tls)
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT)
    with server:
        server.ehlo()
        must = host not in LOOPBACK and parse_qs(parts.query).get("starttls") != ["off"]
        if parts.scheme != "smtps" and (must or server.has_extn("starttls")):
            server.starttls(context=tls)
            server.ehlo()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server


def _letter(envelope: Envelope, config: Settings) -> EmailMessage:
    host = urlsplit(config.issuer).hostname
    letter = EmailMessage()
    letter["From"] = Address(config.brand_name, addr_spec=config.mail_from)
    letter["To"] = envelope.to
    letter["Subject"] = envelope.subject
    letter["Date"] = format_datetime(envelope.created_at)
    letter["Message-ID"] = f"<{envelope.id}@{host}>"  # the same at every attempt: a mailbox may drop the second
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    letter.set_content(envelope.text)
    letter["Content-Language"] = envelope.lang  # after the content, which sweeps such headers away
    return letter
