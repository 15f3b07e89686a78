"""What the new access token is for: the resources and details authorized, or fewer (RFC 8707 §2.2, RFC 9396 §6)."""

from __future__ import annotations

from typing import Any

from authz.catalogue import details, resources
from authz.tokens.models import FamilyFacts


class Target:
    """A grant extension: narrows the new token to what the request names, before anything is claimed."""

    def __call__(self, grant: Any) -> None:
        """Register with a grant, as Authlib's extensions do."""
        grant.register_hook("before_create_token_response", self.narrow)

    def narrow(self, grant: Any) -> None:
        """Leave resources and details on the request; refuses what was not authorized."""
        request = grant.request
        family = authorized(request)
        named = request.payload.datalist.get("resource", [])
        request.resources = resources.read(named, request.client, within=family.resources if family else None)
        text = request.form.get("authorization_details")
        kept = family.details_sealed if family else None
        request.details_sealed = None if text is None else details.narrowed(kept, text)


def authorized(request: Any) -> FamilyFacts | None:
    """Return the authorization that a token request rests on; a client's own has none."""
    ground = request.authorization_code or request.refresh_token or request.credential
    return ground.family if ground else None
