"""The UserInfo endpoint (OpenID Connect Core §5.3): the claims that the patient agrees to share."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from authz import audit
from authz.catalogue.scopes import SCOPES
from authz.guard import mark
from authz.identity import accounts, profiles
from authz.protocol import bearer, responses

bp = Blueprint("userinfo", __name__)


@bp.route("/userinfo", methods=["GET", "POST"])
@mark("bearer")
def userinfo() -> Response:
    """Answer with the subject and its claims."""
    access = bearer.require("openid")
    claims = _claims(access)
    if claims:
        audit.record(
            "identity:read", profile_id=access.profile_id, client_id=access.client_id, pairing_id=access.pairing_id,
            count=len(claims),
        )  # fmt: skip
    return responses.as_json({"sub": access.subject} | claims)


def _claims(access: bearer.Access) -> dict[str, Any]:
    """The holder's own claims; for a child or relative, only what the profile itself says."""
    shared = [name for name in access.scopes if name in SCOPES and SCOPES[name].action == "identity"]
    if profiles.find_own(access.account_id) == access.profile_id:
        return accounts.claims(access.account_id, shared)
    if "profile" not in shared:
        return {}
    card = profiles.get_for(access.account_id, access.profile_id)
    name = f"{card.given_name} {card.family_name}"
    return {"name": name, "given_name": card.given_name, "family_name": card.family_name}
