"""What a partner's program can be told: one class for each thing it can do about it."""

from __future__ import annotations


class KitError(Exception):
    """Root of everything the kit raises on purpose; its text can be shown to a developer."""


class Misconfigured(KitError):
    """The partner's own settings cannot work: mend them, do not retry."""


class Unreachable(KitError):
    """No usable answer after every allowed try: the same call may be made again later."""

    def __init__(self, text: str, *, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class Untrusted(KitError):
    """An answer broke a rule that protects the user (state, issuer, signature, nonce): drop it."""


class AuthorizationRefused(KitError):
    """The browser came back with an error: the user refused, or the request was not acceptable."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}" if text else code)
        self.code = code
        self.text = text


class NotPaired(KitError):
    """The store knows no live link under this key: offer to connect."""


class Refused(KitError):
    """The server understood and said no; the same call would be refused again."""

    def __init__(self, text: str, *, status: int, code: str) -> None:
        super().__init__(text)
        self.text = text
        self.status = status
        self.code = code


class ConsentMissing(Refused):
    """The patient has not agreed to this one exchange; the others go on."""


class PairingOver(Refused):
    """The link itself does not work now: `state` says ended, paused, suspended or expired.

    With `is_remembered` the server was not asked: it said so before, or there is nothing to ask it with.
    """

    def __init__(self, text: str, *, status: int, code: str, state: str, is_remembered: bool = False) -> None:
        super().__init__(text, status=status, code=code)
        self.state = state
        self.is_remembered = is_remembered
