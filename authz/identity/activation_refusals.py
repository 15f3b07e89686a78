"""Why a prepared space is not opened; what would tell that a space exists is said to who proved everything."""

from __future__ import annotations

from authz.errors import Refusal


class FactsRefused(Refusal):
    """Code, number, card and birth date do not go together: which of them, or whether there is a space, is not said."""

    code = "access_denied"
    description = "These facts do not go together."


class BirthdateRefused(Refusal):
    """What was typed as a birth date is none."""

    code = "invalid_birthdate"
    description = "The date of birth is not a date."


class ProvisionalCodeRefused(Refusal):
    """What was typed as a provisional code cannot be one: too few or too many letters and digits."""

    code = "invalid_code"
    description = "A provisional code has twelve letters and digits."


class ProvisionalCodeExpired(Refusal):
    """Everything was right, but the six weeks are over."""

    code = "expired"
    status = 410
    description = "The provisional code has expired."


class AlreadyActivated(Refusal):
    """Everything was right, but the space is open already."""

    code = "already_activated"
    status = 409
    description = "This space is open already."


class SpaceClosed(Refusal):
    """Everything was right, but the space was opened before and has been closed since."""

    code = "closed"
    status = 410
    description = "This space was closed."


class MinorNotAlone(Refusal):
    """Everything was right, but a minor's space is opened by who represents them."""

    code = "minor"
    status = 403
    description = "The space of a minor is opened by a legal representative."


class NothingPrepared(Refusal):
    """No space waits for whom a provider vouches for, or several do, or it does not vouch for whole people."""

    code = "nothing_prepared"
    status = 404
    description = "No space is prepared for this identity."


class NotRepresentative(Refusal):
    """Who wants to open a minor's space is not one of those whom the operator named."""

    code = "access_denied"
    status = 403
    description = "The space of this minor is not for you to open."


class ActivationOver(Refusal):
    """The activation is not one of this browser, or its time is over, or its space was given a new code."""

    code = "expired"
    description = "This is no longer open; begin again."
