"""Certificates made for tests: an authority, what it signs for clients, and certificates that sign themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)


def subject(name: str) -> x509.Name:
    """Return the name of a client of a test."""
    parts = [(NameOID.COUNTRY_NAME, "FR"), (NameOID.ORGANIZATION_NAME, "Gluco SAS"), (NameOID.COMMON_NAME, name)]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def self_signed(name: str = "gluco", *, days: int = 30, since: int = 1) -> x509.Certificate:
    """Make a certificate that signs itself."""
    return self_signed_pair(name, days=days, since=since)[0]


def self_signed_pair(name: str = "gluco", *, days: int = 30, since: int = 1) -> tuple[x509.Certificate, Any]:
    """Make such a certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    return _builder(subject(name), subject(name), key, days=days, since=since).sign(key, hashes.SHA256()), key


def written_pair(folder: Path) -> tuple[x509.Certificate, Path]:
    """Make such a certificate, written with its key where a TLS library can read both."""
    certificate, key = self_signed_pair()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "client.pem").write_bytes(certificate.public_bytes(Encoding.PEM) + pem)
    return certificate, folder / "client.pem"


class Authority:
    """An authority that signs certificates."""

    def __init__(self, name: str = "Test authority") -> None:
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(self.name, self.name, self.key, days=30, since=1)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        usage = dict.fromkeys(
            ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "encipher_only", "decipher_only"), False,
        )  # fmt: skip
        builder = builder.add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
        own = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        self.certificate = builder.add_extension(own, critical=False).sign(self.key, hashes.SHA256())

    def write(self, path: Path) -> Path:
        """Write its certificate where a setting can name it."""
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return path

    def sign(
        self, name: str = "gluco", *, names: list[x509.GeneralName] | None = None, uses: Any = None, **dates: int
    ) -> x509.Certificate:
        """Sign a certificate for a client; `names` are its alternative ones, `uses` its extended key usages."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(subject(name), self.name, key, **({"days": 30, "since": 1} | dates))
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = builder.add_extension(issuer, critical=False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        if uses is not False:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage(uses or [ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
            )
        return builder.sign(self.key, hashes.SHA256())


def _builder(name: x509.Name, issuer: x509.Name, key: Any, *, days: int, since: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - since * DAY)
        .not_valid_after(now + days * DAY)
    )
