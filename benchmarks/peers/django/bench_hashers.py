# mypy: ignore-errors
"""The hashes ours uses too: argon2id at OWASP's figures for passwords, SHA-256 for high-entropy client secrets."""

from __future__ import annotations

from hashlib import sha256

from django.contrib.auth.hashers import Argon2PasswordHasher, BasePasswordHasher, constant_time_compare


class OwaspArgon2(Argon2PasswordHasher):
    """Argon2id, 19 MiB, two passes, one lane."""

    time_cost = 2
    memory_cost = 19456
    parallelism = 1


class HighEntropySha256(BasePasswordHasher):
    """One SHA-256 over a secret that nobody can guess anyway."""

    algorithm = "bench_sha256"

    def encode(self, password: str, salt: str) -> str:
        return f"{self.algorithm}${salt}${sha256((salt + password).encode()).hexdigest()}"

    def decode(self, encoded: str) -> dict[str, str]:
        algorithm, salt, digest = encoded.split("$")
        return {"algorithm": algorithm, "salt": salt, "hash": digest}

    def verify(self, password: str, encoded: str) -> bool:
        salt = self.decode(encoded)["salt"]
        return bool(constant_time_compare(encoded, self.encode(password, salt)))

    def must_update(self, encoded: str) -> bool:
        return False

    def harden_runtime(self, password: str, encoded: str) -> None:
        return None
