"""How answers leave: OAuth JSON, and redirects that always name the issuer (RFC 6749 §5.2, RFC 9207)."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, request

from authz.catalogue import resources
from authz.clients.profiles import FAPI_ALGORITHMS
from authz.errors import Refusal

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
ERROR_CHARS = {chr(code) for code in range(0x20, 0x7F)} - {'"', "\\"}


def as_json(content: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a JSON answer that is not stored."""
    body = json.dumps(content, separators=(",", ":"))
    return Response(body, status=status, mimetype="application/json", headers=NO_STORE | (headers or {}))


def refuse(refusal: Refusal) -> Response:
    """Tell a refusal as OAuth JSON (RFC 6749 §5.2)."""
    content: dict[str, Any] = {"error": refusal.code, "error_description": clean(refusal.description)}
    headers = {}
    if "pairing_state" in refusal.params:
        content["pairing_state"] = refusal.params["pairing_state"]
    if "wait" in refusal.params:
        headers["Retry-After"] = str(refusal.params["wait"])
    if is_challenged(refusal):
        headers["WWW-Authenticate"] = challenge(refusal)
    return as_json(content, status=refusal.status, headers=headers)


def is_challenged(refusal: Refusal) -> bool:
    """Tell whether another token, or another link, would help: then the answer says which (RFC 6750 §3)."""
    return refusal.status == 401 or refusal.code.startswith(("pairing_", "insufficient_"))


def challenge(refusal: Refusal) -> str:
    """Return the challenge of such a refusal; a resource's names its metadata (RFC 9728 §5.1)."""
    asked = request.headers.get("Authorization", "").partition(" ")[0].lower()
    if request.path in ("/token", "/introspect", "/revoke", "/par") and asked not in ("bearer", "dpop"):
        return 'Basic realm="appairage"'
    if refusal.code == "missing_token":
        return f'Bearer realm="appairage"{_where()}'
    told = f'realm="appairage", error="{refusal.code}", error_description="{clean(refusal.description)}"'
    told += _wanted(refusal) + _where()
    if asked == "dpop" or refusal.params.get("algs"):
        return f'DPoP {told}, algs="{" ".join(FAPI_ALGORITHMS)}"'
    return f"Bearer {told}"


def _wanted(refusal: Refusal) -> str:
    """Say which sign-in would do (RFC 9470 §3)."""
    return "".join(f', {name}="{refusal.params[name]}"' for name in ("acr_values", "max_age") if name in refusal.params)


def _where() -> str:
    resource = resources.at(request.path)
    return f', resource_metadata="{resource.metadata_address}"' if resource else ""


def clean(text: str) -> str:
    """Keep the characters that RFC 6749 §5.2 allows in a description."""
    return "".join(char if char in ERROR_CHARS else "." for char in text)
