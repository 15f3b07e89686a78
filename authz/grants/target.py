"""What the new access token is for: the resources and details authorized, or fewer (RFC 8707 §2.2, RFC 9396 §6)."""

from __future__ import annotations

from typing import Any

from authz.catalogue import details, resources
from authz.tokens.models import FoundToken


class Target:
    """A grant extension: narrows the new token to what the request names, before anything is claimed."""

    def __call__(self, grant: Any) -> None:
        """Register with a grant, as Authlib's extensions do."""
        grant.register_hook("before_create_token_response", self.narrow)

    def narrow(self, grant: Any) -> None:
        """Leave resources and details on the request; refuses what was not authorized."""
        request = grant.request
        ground = request.authorization_code or request.refresh_token or request.credential
        within, kept = _authorized(ground)
        named = request.payload.datalist.get("resource", [])
        request.resources = resources.read(named, request.client, within=within)
        text = request.form.get("authorization_details")
        request.details_sealed = None if text is None else details.narrowed(kept, text)


def _authorized(ground: Any) -> tuple[str | None, str | None]:
    """Return the resources and details that a request rests on: a token's, or an authorization's, or none."""
    if ground is None:
        return None, None
    held = ground.terms if isinstance(ground, FoundToken) else ground.family
    return held.resources, (ground if isinstance(ground, FoundToken) else held).details_sealed
