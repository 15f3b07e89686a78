"""Back-channel logout (OpenID Connect Back-Channel Logout 1.0): apps hear that a browser was signed out.

Each client that had tokens in the session and registered a `backchannel_logout_uri` gets one logout token, by the
outbox: the patient never waits for it. What was given to a sign-in alone ends with it (§2.7); a link to data does not:
it is the patient's decision for months, ended on the page of the link.
"""

from __future__ import annotations

from collections.abc import Sequence

from authz import clock, entropy, events, keys, settings
from authz.clients import registry
from authz.notifications import outbox
from authz.notifications.channels import webhook
from authz.pairing import sign_ins
from authz.pairing.sign_ins import Begun
from authz.tokens import families

TEMPLATE = "backchannel_logout"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
LIFE_SECONDS = 120  # §2.4: short


def install() -> None:
    """Listen for browsers that are signed out, and say how a logout token is made when it is sent."""
    events.signed_out.connect(_leave)
    webhook.register(TEMPLATE, _call)


def _leave(_sender: object, *, sids: Sequence[str]) -> None:
    begun = sign_ins.list_begun(sids)
    for one in begun:
        if one.is_alive and one.is_sign_in_only:
            families.revoke(one.family_id, reason="sign-out")
    by_client: dict[tuple[str, str], list[Begun]] = {}
    for one in begun:
        by_client.setdefault((one.client_id, one.sid), []).append(one)
    for (client_id, sid), ones in by_client.items():
        client = registry.find(client_id)
        if client and client.metadata.get("backchannel_logout_uri"):
            subjects = {one.subject for one in ones}
            # Somebody who acts for several has several subjects in one session: its sid then says it all.
            named = {"sub": subjects.pop()} if len(subjects) == 1 else {}
            outbox.call(ones[0].account_id, TEMPLATE, client_id=client_id, sid=sid, **named)


def _call(params: dict[str, str]) -> webhook.Call | None:
    """Make the request (§2.5): signed at each attempt, for it is good for two minutes only."""
    client = registry.find(params["client_id"])
    if client is None or not client.metadata.get("backchannel_logout_uri"):
        return None
    now = clock.epoch()
    claims = {
        "iss": settings.current().issuer,
        "aud": client.id,
        "iat": now,
        "exp": now + LIFE_SECONDS,
        "jti": entropy.new_id(),
        "events": {EVENT: {}},
    } | {name: params[name] for name in ("sub", "sid") if name in params}
    token = keys.sign(claims, alg=client.id_token_alg, typ="logout+jwt")
    return str(client.metadata["backchannel_logout_uri"]), {"logout_token": token}
