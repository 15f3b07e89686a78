"""What an upstream provider vouched for, as it waits in an interaction: until it is linked, laid aside, or used.

What it vouched for is one of two things: somebody whose account is known here, and then it was the first factor, or
somebody who is not linked yet, and then the patient signs in here too and is asked.
"""

from __future__ import annotations

from authz.identity import federation, upstream_identities
from authz.identity.federation import Proven
from authz.identity.levels import FEDERATED
from authz.identity.sessions import SignedIn
from authz.interaction.models import Interaction


def keep(interaction: Interaction, proven: Proven) -> None:
    """Let what was proven wait in the interaction, in place of what waited before."""
    interaction.upstream_sealed = proven.sealed()


def waiting(interaction: Interaction) -> Proven | None:
    """Return what waits in the interaction, or None."""
    return federation.unsealed(interaction.upstream_sealed) if interaction.upstream_sealed else None


def lay_aside(interaction: Interaction) -> None:
    """Forget what waits: the patient wants no link, or it is made."""
    interaction.upstream_sealed = None


def forget_linked(interaction: Interaction) -> None:
    """Forget a first factor that was shown at a provider: the patient begins anew, or by a password."""
    proven = waiting(interaction)
    if proven and proven.account_id:
        lay_aside(interaction)


def is_to_link(interaction: Interaction) -> bool:
    """Tell whether somebody waits whom no account is linked to, and who was proven lately."""
    proven = waiting(interaction)
    return proven is not None and not proven.account_id and proven.is_recent


def first_factor(interaction: Interaction) -> str:
    """Return the `amr` of the first factor that was shown in this interaction."""
    return FEDERATED if shown_before(interaction, interaction.account_id) else "pwd"


def shown_before(interaction: Interaction, account_id: str | None) -> tuple[str, ...]:
    """Return what a provider has shown of this account in this interaction, as `amr`."""
    proven = waiting(interaction)
    return proven.amr if proven and proven.account_id and proven.account_id == account_id else ()


def stands(interaction: Interaction) -> bool:
    """Tell whether a first factor that was shown at a provider still counts: it may have been unlinked meanwhile."""
    proven = waiting(interaction)
    is_used = proven is not None and proven.account_id != "" and proven.account_id == interaction.account_id
    return not is_used or (proven is not None and upstream_identities.is_linked(proven))


def keep_session(interaction: Interaction, browser: SignedIn) -> None:
    """Keep with a signed-in browser that it came by a provider, for the sign-out there."""
    proven = waiting(interaction)
    if proven and proven.account_id == browser.account_id:
        upstream_identities.keep_session(browser, proven)
