"""The UserInfo endpoint (OpenID Connect Core §5.3): the claims that the patient agrees to share, signed if asked."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from authz import audit, clock, keys, settings
from authz.catalogue.scopes import SCOPES
from authz.clients import registry
from authz.grants import person
from authz.guard import mark
from authz.identity.claims import named
from authz.protocol import bearer, responses, step_up

bp = Blueprint("userinfo", __name__)


@bp.route("/userinfo", methods=["GET", "POST"])
@mark("bearer")
def userinfo() -> Response:
    """Answer with the subject and its claims."""
    access = bearer.require("openid")
    step_up.check(access, "userinfo")
    shared = [name for name in access.scopes if name in SCOPES and SCOPES[name].action == "identity"]
    claims = person.claims(access.family, scopes=shared, names=named(access.family.claims, "userinfo"))
    if claims:
        audit.record(
            "identity:read", profile_id=access.profile_id, client_id=access.client_id, pairing_id=access.pairing_id,
            count=len(claims),
        )  # fmt: skip
    return _answer(access.client_id, {"sub": access.subject} | access.family.acting | claims)


def _answer(client_id: str, claims: dict[str, Any]) -> Response:
    client = registry.find(client_id)
    alg = client.metadata.get("userinfo_signed_response_alg") if client else None
    if alg is None:
        return responses.as_json(claims)
    signed = {"iss": settings.current().issuer, "aud": client_id, "iat": clock.epoch()} | claims
    return Response(keys.sign(signed, alg=alg), mimetype="application/jwt", headers=responses.NO_STORE)
