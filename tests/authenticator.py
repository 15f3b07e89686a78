"""An authenticator in software, for tests over HTTP: it makes keys, signs, counts, and misbehaves when told."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from copy import deepcopy
from dataclasses import dataclass, field, replace
from html import unescape
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from tests.actors import ISSUER

PRESENT, VERIFIED, SHARED, BACKED_UP, NEW_KEY = 0x01, 0x04, 0x08, 0x10, 0x40


def encoded(data: bytes) -> str:
    """Write bytes as WebAuthn's JSON does."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Read bytes as WebAuthn's JSON writes them."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def options_of(page: str) -> dict[str, Any]:
    """Return what a page asks of the browser's authenticators."""
    found = re.search(r'data-options="([^"]*)"', page)
    assert found, "the page asks for no passkey"
    options: dict[str, Any] = json.loads(unescape(found[1]))
    return options


@dataclass
class Authenticator:
    """One key; `counts` is false for those that always say nought, `is_synced` for those that several devices share."""

    counts: bool = True
    is_synced: bool = False
    origin: str = ISSUER
    rp_id: str = "localhost"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    aaguid: bytes = bytes(16)
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user_handle: bytes | None = None
    client_data: dict[str, Any] = field(default_factory=dict)

    def but(self, **changes: Any) -> Authenticator:
        """Return a copy of it that does something else."""
        return replace(self, **({"client_data": deepcopy(self.client_data)} | changes))

    def makes(self, page: str, statement: dict[str, Any] | None = None, fmt: str = "none") -> str:
        """Make the key that a page asks for; returns the browser's answer."""
        options = options_of(page)
        self.user_handle = decoded(options["user"]["id"])
        told = self._told("webauthn.create", options["challenge"])
        body = {"fmt": fmt, "attStmt": statement or {}, "authData": self.data(self.flags | NEW_KEY) + self._new_key()}
        return self._answer({"clientDataJSON": told, "attestationObject": cbor2.dumps(body)})

    def signs(self, page: str) -> str:
        """Sign what a page asks; returns the browser's answer."""
        told = self._told("webauthn.get", options_of(page)["challenge"])
        self.count += self.counts
        data = self.data(self.flags)
        signature = self.key.sign(data + hashlib.sha256(told).digest(), ec.ECDSA(SHA256()))
        parts = {"clientDataJSON": told, "authenticatorData": data, "signature": signature}
        return self._answer(parts | ({"userHandle": self.user_handle} if self.user_handle else {}))

    def data(self, flags: int) -> bytes:
        """Return the authenticator data (Web Authentication Level 3 §6.1)."""
        flags |= (SHARED | BACKED_UP) if self.is_synced else 0
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _new_key(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        return self.aaguid + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(cose)

    def _told(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told | self.client_data).encode()

    def _answer(self, response: dict[str, bytes]) -> str:
        name = encoded(self.credential_id)
        parts = {key: encoded(value) for key, value in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": parts})
