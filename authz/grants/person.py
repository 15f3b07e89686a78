"""What a client is told of the person behind its tokens (OpenID Connect Core §5.3, §5.4, §5.5), as consented to now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from authz.identity import accounts, profiles
from authz.identity.claims import SCOPE_OF
from authz.tokens.models import FamilyFacts


def claims(family: FamilyFacts, *, scopes: Iterable[str] = (), names: Iterable[str] = ()) -> dict[str, Any]:
    """Return the claims of scopes, and single ones by name: the holder's, or what the profile says of somebody else."""
    consented = [name for name in scopes if name in family.granted]
    named = [name for name in names if SCOPE_OF[name] in family.granted]
    if not consented and not named:
        return {}
    if profiles.find_own(family.account_id) == family.profile_id:
        return accounts.claims(family.account_id, consented, named)
    # The link is the profile's: who opened it may have stopped acting, and whoever resumed it answers for it since.
    person = profiles.person(family.profile_id)
    known = {name: person.get(name, "") for name in ("given_name", "family_name")}
    known["name"] = profiles.full_name(person)
    return {name: value for name, value in known.items() if "profile" in consented or name in named}
