"""Passwords: which are accepted, how they are kept (argon2id) and checked; the only importer of argon2."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from authz import entropy
from authz.errors import Refusal
from authz.identity import breached

MIN_LENGTH = 12
MAX_LENGTH = 256
# OWASP's first choice of parameters: 19 ms of one core; the library's default takes nine times that.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_LEET = str.maketrans("013457@$€!", "oieastasei")


class PasswordRefused(Refusal):
    """A new password breaks a rule; `rule` is one of short, long, personal, common, breached."""

    code = "weak_password"
    description = "The password is too short, too common or contains personal data."


def hash_of(password: str) -> str:
    """Return what is kept of a password."""
    return _hasher.hash(_bytes(password))


def is_right(password: str, kept: str | None) -> bool:
    """Tell whether a password is the kept one; without a kept one the same work is done, and the answer is no."""
    decoy = _decoy()  # made here for both, so that not even the first check of a process tells them apart
    try:
        _hasher.verify(kept or decoy, _bytes(password))
    except (Argon2Error, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Tell whether a kept hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(kept)


def check_shape(password: str, *, personal: Iterable[str] = ()) -> None:
    """Refuse a new password that is short, endless, common, or made of the person's own data."""
    if len(password) < MIN_LENGTH:
        raise PasswordRefused(rule="short", least=MIN_LENGTH)
    if len(password) > MAX_LENGTH:
        raise PasswordRefused(rule="long", most=MAX_LENGTH)
    spellings = {_plain(password), _plain(password.translate(_LEET))}
    words = {word for word in map(_plain, personal) if len(word) >= 4}
    if any(word in plain for word in words for plain in spellings):
        raise PasswordRefused(rule="personal")
    if any(_is_common(plain) for plain in spellings):
        raise PasswordRefused(rule="common")


def check_rules(password: str, *, personal: Iterable[str] = ()) -> None:
    """Refuse a new password that breaks a rule, or is known to have leaked; asked about before anything is written."""
    check_shape(password, personal=personal)
    if breached.is_known(password):
        raise PasswordRefused(rule="breached")


def _is_common(plain: str) -> bool:
    """Common: what is left once the known words, years, runs and repeats are cut out is too little to guess at."""
    left = plain
    for word in _common_words():
        left = left.replace(word, "")
    left = re.sub(r"(19|20)[0-9]{2}", "", left)
    left = re.sub(r"(.)\1{2,}", r"\1", left)
    left = "".join(char for index, char in enumerate(left) if not index or ord(char) - ord(left[index - 1]) != 1)
    return len(left) < 6 or len(set(left)) < 4


def _plain(text: str) -> str:
    """Fold accents and case, and drop what is neither letter nor digit."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in folded if char.isalnum())


@cache
def _common_words() -> tuple[str, ...]:
    """The shipped list, longest first."""
    lines = Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8").splitlines()
    words = {_plain(line) for line in lines if line and not line.startswith("#")}
    return tuple(sorted(words, key=len, reverse=True))


@cache
def _decoy() -> str:
    return _hasher.hash(entropy.new_secret("decoy"))


def _bytes(password: str) -> bytes:
    # NFKC: the same keys give the same bytes on every keyboard (NIST SP 800-63B §3.1.1.2).
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
