"""Back from an upstream provider: somebody whose account is known goes on as that, somebody unknown may be linked.

Nothing is linked by what two registers say alike: the patient proves both, in one browser, and agrees. A space that was
prepared for the very person whom a provider vouches for is opened by that, and linked as it opens.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from flask import current_app, url_for

from authz import audit, db, events
from authz.errors import Refusal
from authz.identity import activation, federation, providers, sessions, upstream_identities
from authz.identity.activation_refusals import NothingPrepared
from authz.identity.federation import Proven
from authz.identity.upstream_refusals import UpstreamStale, UpstreamTaken
from authz.interaction import flow, upstream
from authz.interaction.models import Interaction
from authz.interaction.steps import Step
from authz.ratelimit import TooMany
from authz.upstream import Provider

ORIGIN = "upstream"
SIGNING_IN = (Step.LOGIN, Step.SECOND_FACTOR)


def install(opening: str) -> None:
    """Hear of spaces that are opened, and be told which endpoint goes on with an opening."""
    current_app.extensions["opening_page"] = opening
    events.space_opened.connect(_link_opened)


def leave(interaction: Interaction, provider: Provider) -> str:
    """Return where to send the browser at a provider; anew where the app wishes it, or where it is to be linked."""
    request = flow.request_of(interaction)
    is_fresh = flow.step_of(interaction) not in SIGNING_IN or "login" in request.prompt or request.max_age is not None
    return federation.begin(provider, interaction.id, is_fresh=is_fresh)


def accept(interaction: Interaction, proven: Proven) -> str:
    """Take what a provider vouches for, and return where the browser goes next; refuses with UpstreamTaken."""
    step, account_id = flow.step_of(interaction), upstream_identities.find_account(proven)
    if step in SIGNING_IN:
        return _sign_in(interaction, replace(proven, account_id=account_id or ""))
    if interaction.client_id is None and interaction.decided_at is None:
        return _offer(interaction, proven, account_id)
    return flow.next_url(interaction)


def link(interaction: Interaction) -> str:
    """Link who waits to who is signed in, and return where the browser goes next; refuses with what hinders it."""
    browser, proven = sessions.current(), upstream.waiting(interaction)
    upstream.lay_aside(interaction)
    if browser is None or proven is None:
        raise UpstreamStale(reason="nobody waits")
    upstream_identities.link(browser.account_id, proven)
    upstream_identities.keep_session(browser, proven)
    return flow.next_url(interaction)


def open_prepared(interaction: Interaction) -> str:
    """Return where the space is opened that waits for whom the provider vouches for: for who left that page before.

    Refuses with NothingPrepared, MinorNotAlone or TooMany.
    """
    proven = upstream.waiting(interaction) if upstream.is_to_link(interaction) else None
    page = _open_prepared(interaction, proven) if proven else ""
    if not page:
        raise NothingPrepared(reason="nobody, or no one space")
    return page


def _sign_in(interaction: Interaction, proven: Proven) -> str:
    if not proven.account_id:
        flow.identify(interaction, None)
        upstream.keep(interaction, proven)
        with suppress(TooMany):  # said to who asks for it on the page
            return _open_prepared(interaction, proven) or flow.next_url(interaction)
        return flow.next_url(interaction)
    flow.identify(interaction, proven.account_id)
    upstream.keep(interaction, proven)
    upstream_identities.note_use(proven)
    audit.record("account:upstream:use", account_id=proven.account_id, provider=proven.provider)
    return flow.authenticate(interaction, amr=proven.amr) if len(proven.amr) > 1 else flow.next_url(interaction)


def _open_prepared(interaction: Interaction, proven: Proven) -> str:
    """Begin to open the space that waits for this person, if one does; refuses with MinorNotAlone or TooMany."""
    digest, origin = proven.civil_digest, _origin(interaction, proven)
    if digest is None:
        return ""
    opening = activation.begin_from_identity(digest, origin=origin, interaction_id=interaction.id)
    return url_for(current_app.extensions["opening_page"], activation_id=opening) if opening else ""


def _origin(interaction: Interaction, proven: Proven) -> str:
    """Name a request, and who was proven in it, as what an opening is begun by."""
    return f"{ORIGIN}:{interaction.id}:{upstream_identities.mark(proven)}"


def _link_opened(_sender: object, *, account_id: str, profile_id: str, origin: str) -> None:
    """Link the identity by which a space was opened, and no other, to the account that it has become."""
    kind, _, known = origin.partition(":")
    interaction = db.session().get(Interaction, known.partition(":")[0]) if kind == ORIGIN else None
    proven = upstream.waiting(interaction) if interaction else None
    if interaction is None or proven is None or proven.account_id or origin != _origin(interaction, proven):
        return  # somebody else may have signed in there meanwhile, in the same browser and request
    # Another account may have been linked meanwhile, or the time be over: this space is open all the same.
    with suppress(Refusal):
        upstream_identities.link(account_id, proven, within=activation.TTL)
        interaction.account_id = account_id
        upstream.keep(interaction, replace(proven, account_id=account_id))


def _offer(interaction: Interaction, proven: Proven, account_id: str | None) -> str:
    """Ask who is signed in here whether to link, unless that is done."""
    browser = sessions.current()
    if account_id is None:
        upstream.keep(interaction, proven)
    elif browser is None or browser.account_id != account_id:
        raise UpstreamTaken(provider=providers.get(proven.provider).label)
    return flow.next_url(interaction)
