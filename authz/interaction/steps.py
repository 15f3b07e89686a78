"""The dispatcher's decision: which step is next, from what is stored. Pure.

It always ends, never skips the second factor or the consent, and never asks for what is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """A page of the journey; RETURN goes back to where the request came from.

    OBJECT is the last page of a request that came from an object without a browser, which fetches its answer itself.
    """

    ARRIVAL = "arrival"
    LOGIN = "login"
    SECOND_FACTOR = "second-factor"
    LINK = "link"
    ACCOUNT = "account"
    CONSENT = "consent"
    DONE = "done"
    RETURN = "return"
    OBJECT = "object"


@dataclass(frozen=True)
class Facts:
    """What is known of an interaction at one instant."""

    has_client: bool  # false: a plain sign-in
    greets: bool  # whether this client's patients see the arrival and closing pages
    has_arrived: bool
    first_factor: bool  # the password was right, in this interaction
    is_signed_in: bool  # this browser holds a two-factor session, as fresh as the request wants
    is_remembered: bool  # a living pairing already answers everything that is asked
    decision: str | None  # "allow", "deny", or not yet
    is_for_object: bool = False  # asked by an object without a browser: its page comes first and last, whoever is known
    is_to_link: bool = False  # an upstream provider knows this person, and no account here is linked to what it says
    must_choose: bool = False  # the app wishes to be told which account, and this one signed in before it asked


def next_step(facts: Facts) -> Step:
    """Return the step that this interaction is at."""
    if facts.decision is not None:
        return _end(facts)
    if facts.has_client and not facts.has_arrived and _is_greeted(facts):
        return Step.ARRIVAL
    if not facts.is_signed_in:
        return Step.SECOND_FACTOR if facts.first_factor else Step.LOGIN
    if facts.is_to_link:
        return Step.LINK
    if facts.has_client and facts.must_choose:
        return Step.ACCOUNT
    if facts.has_client and not facts.is_remembered:
        return Step.CONSENT
    return Step.RETURN


def _end(facts: Facts) -> Step:
    if facts.is_for_object:
        return Step.OBJECT
    return Step.DONE if facts.greets and facts.decision == "allow" else Step.RETURN


def _is_greeted(facts: Facts) -> bool:
    return facts.is_for_object or (facts.greets and not facts.is_signed_in)
