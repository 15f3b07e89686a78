"""The ways in which a second factor by code is refused."""

from __future__ import annotations

from authz.errors import Refusal


class NoSuchMethod(Refusal):
    """The account has no second factor of this kind."""

    code = "invalid_method"
    description = "This way of receiving a code is not available."


class LastMethod(Refusal):
    """The second factor to be turned off is the only one that does not run out."""

    code = "last_method"
    status = 409
    description = "This is the only way left to confirm a sign-in."


class WrongCode(Refusal):
    """The code typed is not the one; `tries_left` says how often it may still be tried."""

    code = "wrong_code"
    description = "The code is not right."


class CodeExpired(Refusal):
    """No code is open: it was used, or its fifteen minutes are over, or none was sent to this browser."""

    code = "code_expired"
    description = "The code is no longer valid. Ask for a new one."


class CodeReplayed(Refusal):
    """An authenticator's code was used already; the next one comes within thirty seconds."""

    code = "code_replayed"
    description = "This code was used already. Wait for the next one."


class TooManyTries(Refusal):
    """The code was tried too often and is dead; a new one may be asked for."""

    code = "too_many_tries"
    status = 429
    description = "The code was tried too often. Ask for a new one."


class TooSoon(Refusal):
    """A code was sent a moment ago; `wait` says in how many seconds another may be."""

    code = "too_soon"
    status = 429
    description = "A code was sent a moment ago. Wait a little before asking for another."
