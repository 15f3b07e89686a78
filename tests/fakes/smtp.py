"""A real SMTP server on loopback that keeps what it is given: plain, with STARTTLS, or TLS from the first byte."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from asyncio import Server
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class MailServer:
    """What the server received, and how it is told to answer recipients and letters."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.encrypted: list[bool] = []
        self.answers: dict[str, str] = {}
        self.answer_to_data = "250 taken"
        self.hangs_up = False
        self.port = 0

    async def handle_RCPT(  # noqa: N802 - the library calls it so
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, unless told otherwise (RFC 5321 §3.3)."""
        answer = self.answers.get(address, "250 fine")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        """Take a letter, unless told otherwise; or hang up with the letter in hand and not a word."""
        if self.hangs_up:
            server.transport.abort()
            return "250 too late"
        if self.answer_to_data.startswith("250"):
            assert isinstance(envelope.content, bytes)
            letter = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(letter, EmailMessage)
            self.received.append(letter)
            self.recipients += envelope.rcpt_tos
            self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return self.answer_to_data


class _Listener(Controller):
    """Listens on a port that the system chooses."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def mail_server(
    *,
    host: str = "127.0.0.1",
    starttls: Path | None = None,
    tls: Path | None = None,
    login: tuple[str, str] | None = None,
) -> Iterator[MailServer]:
    """Run a server; `starttls` and `tls` name the folder of a certificate made by `make_certificate`."""
    kept = MailServer()

    def is_known(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        right = (data.login.decode(), data.password.decode()) == login
        return AuthResult(success=right, handled=right)

    listener = _Listener(
        kept,
        hostname=host,
        port=0,
        ssl_context=_context(tls) if tls else None,
        tls_context=_context(starttls) if starttls else None,
        require_starttls=starttls is not None,
        auth_required=login is not None,
        authenticator=is_known if login else None,
        decode_data=False,
    )
    listener.start()
    kept.port = listener.port
    try:
        yield kept
    finally:
        listener.stop()


def make_certificate(folder: Path, *names: str) -> Path:
    """Write a self-signed certificate for loopback and further names, and its key; returns the certificate's path."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    addresses = [x509.IPAddress(ipaddress.ip_address(f"127.0.0.{last}")) for last in (1, 2)]
    hosts = [x509.DNSName(host) for host in ("localhost", *names)]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([*hosts, *addresses]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(pem, form, plain))
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    return folder / "cert.pem"


def _context(folder: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
