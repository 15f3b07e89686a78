"""Digests and sealing: looked up → digest, read back → sealed. Passwords are `identity.passwords`' business.

The keyring is the setting `secret_key`, newest first, or a file made on first start in the data directory. Every
purpose has keys of its own, derived by HKDF (RFC 5869), so that a value sealed for one cannot pass for another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from authz import entropy, settings
from authz.settings import Settings

KEY_FILE = "secret.key"


class SealBroken(Exception):
    """A sealed value does not open with any key of the ring: a fault, never a patient's doing."""


def digest(secret: str) -> str:
    """Return the SHA-256 of a high-entropy secret, in hex: what is kept of tokens and codes."""
    return hashlib.sha256(secret.encode()).hexdigest()


def keyed_digest(purpose: str, value: str) -> str:
    """Return an HMAC of a guessable value (e-mail, phone, one-time code), in hex, for look-up or comparison."""
    return hmac.new(_derive(_ring()[-1], "digest:" + purpose), value.encode(), hashlib.sha256).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare two secrets or digests in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def seal(purpose: str, text: str) -> str:
    """Encrypt a text for one purpose (AES-256-GCM, 96-bit random nonce)."""
    secret = _ring()[0]
    nonce = entropy.new_bytes(12)
    body = AESGCM(_derive(secret, "seal:" + purpose)).encrypt(nonce, text.encode(), purpose.encode())
    return f"{_name(secret)}.{base64.urlsafe_b64encode(nonce + body).decode()}"


def unseal(purpose: str, sealed: str) -> str:
    """Decrypt what `seal` made for the same purpose."""
    name, _, body = sealed.partition(".")
    raw = base64.urlsafe_b64decode(body)
    for secret in _ring():
        if _name(secret) == name:
            try:
                key = _derive(secret, "seal:" + purpose)
                return AESGCM(key).decrypt(raw[:12], raw[12:], purpose.encode()).decode()
            except InvalidTag as error:
                raise SealBroken(purpose) from error
    raise SealBroken(f"{purpose}: key {name} is not in the ring")


def cookie_secret(config: Settings) -> str:
    """Return the key that signs the browser cookie, derived like the others."""
    return _derive(_secrets(config)[0], "cookie").hex()


def _ring() -> tuple[str, ...]:
    return _secrets(settings.current())


@lru_cache(maxsize=8)
def _secrets(config: Settings) -> tuple[str, ...]:
    """The ring: the setting, or the key file, made once with mode 0600.

    The last secret also keys the look-up digests: it must stay when newer ones are put in front of it.
    """
    if config.secret_key:
        return tuple(part for part in config.secret_key.split(",") if part)
    path = config.data_dir / KEY_FILE
    if not path.exists():
        _make_key_file(path)
    return (path.read_text(encoding="ascii").strip(),)


def _make_key_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{entropy.new_id()}")  # a name for each maker, threads too
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(entropy.new_secret("apk", 48))
    try:
        os.link(part, path)  # fails if another process was first: its key is the one that counts
    except FileExistsError:
        pass
    finally:
        part.unlink()


@lru_cache(maxsize=256)
def _derive(secret: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=b"appairage", info=purpose.encode()).derive(secret.encode())


@lru_cache(maxsize=32)
def _name(secret: str) -> str:
    return hashlib.sha256(b"name:" + secret.encode()).hexdigest()[:8]
