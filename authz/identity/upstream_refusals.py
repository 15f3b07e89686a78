"""The ways in which signing in through somebody else's provider is refused; `provider` is what patients call it."""

from __future__ import annotations

from authz.errors import Refusal


class UpstreamUnknown(Refusal):
    """No provider of this name is set."""

    code = "not_found"
    status = 404
    description = "There is no such identity provider."


class UpstreamForeign(Refusal):
    """An answer that this browser did not ask for, has had already, or that comes too late."""

    code = "invalid_state"
    description = "This answer is not one that this browser waits for."


class UpstreamDeclined(Refusal):
    """The person left, or the provider did not let them in."""

    code = "access_denied"
    description = "The identity provider did not let this person in."


class UpstreamFailed(Refusal):
    """What the provider answered does not hold; `reason` says what, for the log."""

    code = "invalid_answer"
    status = 502
    description = "The answer of the identity provider is not right."


class UpstreamTooWeak(Refusal):
    """The sign-in there was not of a level that is demanded."""

    code = "too_weak"
    status = 403
    description = "The sign-in at the identity provider is not sure enough."


class UpstreamUnavailable(Refusal):
    """The provider does not answer, or not in time."""

    code = "temporarily_unavailable"
    status = 503
    description = "The identity provider does not answer."


class UpstreamTaken(Refusal):
    """The identity belongs to another account, or this account has another one of the same provider."""

    code = "identity_taken"
    status = 409
    description = "This identity, or this account, is linked already."


class UpstreamOther(Refusal):
    """The identity is of somebody else than the account's holder."""

    code = "identity_mismatch"
    status = 403
    description = "This identity is not that of the holder of the account."


class UpstreamStale(Refusal):
    """What was proven lies too far back to be linked."""

    code = "expired"
    status = 410
    description = "The sign-in at the identity provider was too long ago."


class UpstreamGone(Refusal):
    """The identity to be unlinked is not one of this account's."""

    code = "not_found"
    status = 404
    description = "There is no such identity."
