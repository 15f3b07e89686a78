"""The client certificate of a connection (RFC 8705), as the TLS front hands it over in a header.

Which header is a setting, and without it no certificate is ever believed: the front must strip that header from
whatever comes in. The front asks for a certificate and proves possession; who signed it is checked here.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID
from flask import request

from authz import clock, settings

LONGEST = 16_384


def is_on() -> bool:
    """Tell whether certificates reach this server at all."""
    config = settings.current()
    return bool(config.mtls_header) and config.trusted_proxies > 0


def presented() -> x509.Certificate | None:
    """Return the certificate of this connection's client, None without one or with one that is not of today."""
    handed = request.headers.get(settings.current().mtls_header, "") if is_on() else ""
    if not handed or len(handed) > LONGEST:
        return None
    try:
        certificate = x509.load_pem_x509_certificate(unquote(handed).encode())
        is_current = certificate.not_valid_before_utc <= clock.now() <= certificate.not_valid_after_utc
    except ValueError:
        return None
    return certificate if is_current else None


def thumbprint(certificate: x509.Certificate) -> str:
    """Return the certificate's x5t#S256 (RFC 8705 §3.1)."""
    return base64.urlsafe_b64encode(hashlib.sha256(_der(certificate)).digest()).rstrip(b"=").decode()


def is_chained(certificate: x509.Certificate) -> bool:
    """Tell whether one of the operator's authorities signed the certificate, for clients."""
    trusted = _authorities(settings.current().mtls_ca)
    if not trusted:
        return False
    anyhow = verification.ExtensionPolicy.permit_all()
    policy = verification.PolicyBuilder().store(verification.Store(trusted)).time(clock.now())
    policy = policy.extension_policies(ee_policy=anyhow, ca_policy=verification.ExtensionPolicy.webpki_defaults_ca())
    try:
        policy.build_client_verifier().verify(certificate, [])
    except verification.VerificationError:
        return False
    return _is_for_clients(certificate)


def is_named(certificate: x509.Certificate, kind: str, name: str) -> bool:
    """Tell whether the certificate's subject is the one registered, by the metadata field of RFC 8705 §2.1.2."""
    try:
        if kind == "tls_client_auth_subject_dn":
            return certificate.subject == x509.Name.from_rfc4514_string(name)
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    kinds: dict[str, type] = {"dns": x509.DNSName, "uri": x509.UniformResourceIdentifier, "ip": x509.IPAddress,
                              "email": x509.RFC822Name}  # fmt: skip
    return name in [str(value) for value in found.get_values_for_type(kinds[kind.rpartition("_")[2]])]


def is_in(certificate: x509.Certificate, jwks: dict[str, object]) -> bool:
    """Tell whether the certificate is one that the client registered in its keys (RFC 8705 §2.2)."""
    listed = jwks.get("keys")
    digest, whole = thumbprint(certificate), base64.b64encode(_der(certificate)).decode()
    for key in listed if isinstance(listed, list) else []:
        chain = key.get("x5c")
        if key.get("x5t#S256") == digest or (isinstance(chain, list) and chain[:1] == [whole]):
            return True
    return False


def _is_for_clients(certificate: x509.Certificate) -> bool:
    """A certificate that says what it is for must say that it is for clients."""
    try:
        uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.CLIENT_AUTH in uses


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


@lru_cache(maxsize=4)
def _authorities(path: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(Path(path).read_bytes()) if path else []
