"""A maker of authenticators: an authority of its own, and statements in the packed format (Web Authentication §8.2)."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.authenticator import NEW_KEY, Authenticator, decoded


class Maker:
    """Signs for the keys that its devices make."""

    def __init__(self) -> None:
        self._root_key, self._key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        self._root = _certificate("Root", self._root_key, "Root", self._root_key, is_authority=True)
        self._leaf = _certificate("Model 1", self._key, "Root", self._root_key, is_authority=False)

    def root_pem(self) -> bytes:
        """Return the authority's certificate."""
        return self._root.public_bytes(Encoding.PEM)

    def vouches(self, device: Authenticator, page: str, *, by_itself: bool = False) -> str:
        """Let a device make the key that a page asks for, with a statement; `by_itself` signs with the new key."""
        answer = json.loads(device.makes(page))
        told = decoded(answer["response"]["clientDataJSON"])
        signed = device.data(device.flags | NEW_KEY) + device._new_key() + hashlib.sha256(told).digest()
        statement: dict[str, Any] = {"alg": -7, "sig": _sign(device.key if by_itself else self._key, signed)}
        if not by_itself:
            statement["x5c"] = [self._leaf.public_bytes(Encoding.DER)]
        return device.makes(page, statement, "packed")


def _sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    return key.sign(data, ec.ECDSA(SHA256()))


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey, *, is_authority: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .sign(by, SHA256())
    )


def _named(name: str) -> x509.Name:
    unit = x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Authenticator Attestation")
    parts = [(NameOID.COUNTRY_NAME, "FR"), (NameOID.ORGANIZATION_NAME, "Maker"), (NameOID.COMMON_NAME, name)]
    return x509.Name([unit, *(x509.NameAttribute(oid, text) for oid, text in parts)])
