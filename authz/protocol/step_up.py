"""Asking for a surer or fresher sign-in before something is read (RFC 9470), where the operator wants one.

Whose token rests on a weaker sign-in is told what to ask for; the authorization endpoint then has the patient sign in
like that.
"""

from __future__ import annotations

from authz import clock, settings
from authz.errors import Refusal
from authz.identity import levels
from authz.protocol.bearer import Access
from authz.settings import STEP_UP


class InsufficientAuthentication(Refusal):
    """The sign-in that the token rests on is not sure enough, or too long ago, for this."""

    code = "insufficient_user_authentication"
    status = 401
    description = "This needs a surer or more recent sign-in of the patient."


def check(access: Access, area: str) -> None:
    """Refuse a caller whose patient has not signed in as the operator wants it for an area."""
    for policy in settings.current().step_up:
        found = STEP_UP.fullmatch(policy)
        if found and found["area"] == area:
            _check(access, found["acr"] or "", int(found["seconds"]) if found["seconds"] else None)


def _check(access: Access, acr: str, max_age: int | None) -> None:
    family = access.family
    is_sure = not acr or levels.is_enough(family.acr, [acr])
    is_fresh = max_age is None or clock.epoch() - family.auth_time <= max_age
    if is_sure and is_fresh:
        return
    wanted = ({"acr_values": acr} if acr else {}) | ({} if max_age is None else {"max_age": str(max_age)})
    raise InsufficientAuthentication(reason=f"acr {family.acr}", **wanted)
