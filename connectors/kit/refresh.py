"""Fresh access tokens for any number of workers: one of them refreshes, the others read its successor.

RFC 6749 §6 with rotation. A refresh token sent again within the server's grace returns the same successor; after it, it
looks stolen and suspends the link. So one worker at a time holds a lease well under that grace, a lost answer is asked
for again with the same token, and nothing is ever sent again after the grace.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from connectors.kit import doors, pairing, refusals, tokens
from connectors.kit.errors import KitError, NotPaired, PairingOver, Refused, Unreachable
from connectors.kit.partner import Partner
from connectors.kit.stores import Held
from connectors.kit.tokens import TokenSet
from connectors.kit.wire import Answer

MARGIN = timedelta(seconds=30)
# The server's grace is 60 s. A worker insists for a third of it; should it die, its lease lets another one take over
# while the grace still covers the token it may have sent.
INSIST_SECONDS = 20.0
LEASE = timedelta(seconds=25)
ANSWER_SECONDS = 5.0
# A paused or suspended link comes back with the same tokens at any moment. One that is over stays so, unless the
# patient takes the end back within days: the server is asked again now and then, and not at every call, unless a person
# waits for the answer.
OVER = ("ended", "expired")
QUIET = timedelta(hours=1)
LOOK_AGAIN_SECONDS = 0.05
PATIENCE_SECONDS = 45.0


def current(partner: Partner, key: str, *, refused: str | None = None, anew: bool = False) -> TokenSet:
    """Return usable tokens, refreshing them if need be; `refused` is an access token the server no longer takes.

    `anew` asks the server of a link that is remembered as over, too: for what a person has just pressed a button for.
    """
    begun = doors.elapsed()
    while doors.elapsed() - begun < PATIENCE_SECONDS:
        held = _live(partner, key, anew=anew)
        if held.over:
            refused = held.tokens.access_token  # whatever it was good for, it says nothing of today
        if held.tokens.access_token != refused and held.tokens.is_fresh(doors.now(), MARGIN):
            return held.tokens
        holder = doors.new_secret(8)
        if partner.store.claim(key, held.version, holder=holder, now=doors.now(), lease=LEASE):
            return _renewed(partner, key, held, holder)
        doors.pause(LOOK_AGAIN_SECONDS + doors.jitter(LOOK_AGAIN_SECONDS))
    raise Unreachable("Another worker has been refreshing this link for too long.")


def _live(partner: Partner, key: str, *, anew: bool = False) -> Held:
    held = partner.store.find(key)
    if held is None:
        raise NotPaired("There is no link under this key.")
    if held.over is None or held.over_at is None or anew:
        return held
    if doors.now() - held.over_at < QUIET:
        raise _remembered("The link is over; connect again.", held.over)
    partner.store.mark(key, held.version, over=None, now=doors.now())
    return replace(held, over=None, over_at=None)


def note_over(partner: Partner, key: str, refusal: Refused, *, access_token: str) -> None:
    """Keep it when the server says that the link is over."""
    held = partner.store.find(key)
    # The refusal is of the link this token belongs to, not of one made anew meanwhile.
    is_this = held is not None and held.tokens.access_token == access_token
    if held is not None and is_this and isinstance(refusal, PairingOver) and refusal.state in OVER:
        partner.store.mark(key, held.version, over=refusal.state, now=doors.now())


def _renewed(partner: Partner, key: str, held: Held, holder: str) -> TokenSet:
    """Refresh as the holder of the lease, and keep what came of it."""
    try:
        successor = _asked(partner, held.tokens)
    except KitError as trouble:
        if isinstance(trouble, PairingOver) and trouble.state in OVER:
            partner.store.mark(key, held.version, over=trouble.state, now=doors.now())
        partner.store.release(key, holder=holder)
        raise
    if partner.store.replace(key, held.version, successor):
        return successor
    # The lease ran out and another worker was given the same successor, or the link was made anew meanwhile.
    return _live(partner, key).tokens


def _asked(partner: Partner, before: TokenSet) -> TokenSet:
    if before.refresh_token is None:
        raise _remembered("The link had no refresh token.", "expired")
    try:
        return tokens.from_response(_insist(partner, before.refresh_token).json(), before)
    except Refused as refusal:
        if refusal.code != "invalid_grant" or isinstance(refusal, PairingOver):
            raise
        raise PairingOver(refusal.text, status=refusal.status, code=refusal.code, state="ended") from refusal


def _remembered(text: str, state: str) -> PairingOver:
    return PairingOver(text, status=400, code="invalid_grant", state=state, is_remembered=True)


def _insist(partner: Partner, refresh_token: str) -> Answer:
    policy = replace(partner.wire.policy, tries=6, longest_wait=ANSWER_SECONDS, read_timeout=ANSWER_SECONDS)
    insisting = replace(partner, wire=replace(partner.wire, policy=policy))
    fields = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    answer = pairing.post(insisting, "token_endpoint", fields, deadline=doors.elapsed() + INSIST_SECONDS)
    refusals.check(answer)
    return answer
