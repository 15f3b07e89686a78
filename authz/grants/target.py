"""Which resources the new access token is for (RFC 8707 §2.2): those authorized, or fewer of them."""

from __future__ import annotations

from typing import Any

from authz.catalogue import resources
from authz.tokens.models import FamilyFacts


class Target:
    """A grant extension: narrows the new token to the resources that the request names, before anything is claimed."""

    def __call__(self, grant: Any) -> None:
        """Register with a grant, as Authlib's extensions do."""
        grant.register_hook("before_create_token_response", self.narrow)

    def narrow(self, grant: Any) -> None:
        """Leave the resources on the request; refuses one that was not authorized."""
        request = grant.request
        family = authorized(request)
        named = request.payload.datalist.get("resource", [])
        request.resources = resources.read(named, request.client, within=family.resources if family else None)


def authorized(request: Any) -> FamilyFacts | None:
    """Return the authorization that a token request rests on; a client's own has none."""
    ground = request.authorization_code or request.refresh_token or request.credential
    return ground.family if ground else None
