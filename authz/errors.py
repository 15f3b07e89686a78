"""The two ways of saying no: a refusal is an outcome, and unavailability belongs to somebody outside."""

from __future__ import annotations


class Refusal(Exception):
    """A 'no' the server means: an outcome, not a failure; what was written before it is kept.

    `code` is the specification's error code where one exists, `description` one plain English sentence in the
    characters RFC 6749 §5.2 allows, safe for anyone; `reason` is for log and audit only. A page shows the sentence
    whose key is the class's name, filled with `params`.
    """

    code = "invalid_request"
    status = 400
    description = "The request is not valid."

    def __init__(self, description: str | None = None, *, reason: str = "", **params: object) -> None:
        self.description = description or type(self).description
        self.reason = reason
        self.params = params
        super().__init__(reason or self.description)


class Unavailable(Exception):
    """Something outside (a mail server, an SMS provider, another server) did not do its part.

    `wait`: it asked not to be tried again for so many seconds.
    """

    def __init__(self, message: str, *, retry: bool, wait: int = 0) -> None:
        self.retry, self.wait = retry, wait
        super().__init__(message)
