"""Digests and sealing: looked up → digest, read back → sealed. Passwords are `identity.passwords`' business.

What is sealed says which secret of the ring sealed it. Every purpose has keys of its own, derived by HKDF (RFC 5869),
so that a value sealed for one cannot pass for another. Keyed digests come in two kinds: those that must stay what they
are have a key that no rotation changes, and look-ups, which are made again, say which secret keyed them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from authz import entropy, ring, settings
from authz.ring import KEY_FILE as KEY_FILE  # re-exported: who looks for the key asks this module
from authz.settings import Settings

ROOT = "digest_root"  # app.extensions: who knows the root of the digests that stay
_LOOKUP = 55  # digits of a look-up: with the secret's name and a dot, as long as any other digest


class SealBroken(Exception):
    """A sealed value does not open with any key of the ring: a fault, never a patient's doing."""


def digest(secret: str) -> str:
    """Return the SHA-256 of a high-entropy secret, in hex: what is kept of tokens and codes."""
    return hashlib.sha256(secret.encode()).hexdigest()


def keyed_digest(purpose: str, value: str) -> str:
    """Return an HMAC of a guessable value (code, name of a budget), in hex, that stays the same for ever."""
    return _hmac(_root(), purpose, value)


def lookup(purpose: str, value: str) -> str:
    """Return the digest by which a row with a sealed value is found: written in the statement that seals the value."""
    return _lookup(ring.now_active(settings.current()), purpose, value)


def lookups(purpose: str, value: str) -> list[str]:
    """List what `lookup` may have made of a value: find rows with `column.in_(lookups(...))`."""
    secrets = ring.current(settings.current()).secrets
    # The last is how look-ups were kept before they said their secret's name.
    return [_lookup(secret, purpose, value) for secret in secrets] + [keyed_digest(purpose, value)]


def same(left: str, right: str) -> bool:
    """Compare two secrets or digests in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def seal(purpose: str, text: str) -> str:
    """Encrypt a text for one purpose (AES-256-GCM, 96-bit random nonce)."""
    secret = ring.now_active(settings.current())
    nonce = entropy.new_bytes(12)
    body = AESGCM(_derive(secret.text, "seal:" + purpose)).encrypt(nonce, text.encode(), purpose.encode())
    return f"{secret.name}.{base64.urlsafe_b64encode(nonce + body).decode()}"


def unseal(purpose: str, sealed: str) -> str:
    """Decrypt what `seal` made for the same purpose."""
    name, _, body = sealed.partition(".")
    config = settings.current()
    # A secret that this process has not heard of yet may have come into the file since it last looked.
    secret = ring.current(config).find(name) or ring.current(config, is_fresh=True).find(name)
    if secret is None:
        raise SealBroken(f"{purpose}: key {name} is not in the ring")
    raw = base64.urlsafe_b64decode(body)
    try:
        key = _derive(secret.text, "seal:" + purpose)
        return AESGCM(key).decrypt(raw[:12], raw[12:], purpose.encode()).decode()
    except InvalidTag as error:
        raise SealBroken(purpose) from error


def cookie_secrets(config: Settings) -> list[str]:
    """List the keys that sign the browser cookie, derived like the others: the one that signs now first."""
    active = ring.now_active(config)
    others = [secret for secret in ring.current(config).secrets if secret != active]
    return [_derive(secret.text, "cookie").hex() for secret in (active, *others)]


def _lookup(secret: ring.Secret, purpose: str, value: str) -> str:
    return f"{secret.name}.{_hmac(secret.text, purpose, value)[:_LOOKUP]}"


def _hmac(secret: str, purpose: str, value: str) -> str:
    return hmac.new(_derive(secret, "digest:" + purpose), value.encode(), hashlib.sha256).hexdigest()


def _root() -> str:
    find: Callable[[], str] | None = current_app.extensions.get(ROOT)
    return find() if find else ring.current(settings.current()).secrets[-1].text


@lru_cache(maxsize=256)
def _derive(secret: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=b"appairage", info=purpose.encode()).derive(secret.encode())
