"""Metadata of the protected resources (RFC 9728): each at its own address, the whole server's without a path."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from authz import settings
from authz.catalogue import resources, scopes
from authz.clients.token_metadata import DETAIL_TYPES
from authz.errors import Refusal
from authz.guard import mark
from authz.protocol import discovery, possession

bp = Blueprint("resource_metadata", __name__)


class NoSuchResource(Refusal):
    """No resource of this server has this path."""

    code = "not_found"
    status = 404
    description = "There is no such resource here."


@bp.get(resources.WELL_KNOWN)
@mark("public")
def whole() -> Response:
    """Answer for the server as a whole, whose name as a resource is the issuer."""
    config = settings.current()
    everywhere = [name for each in resources.list_all() for name in each.list_scopes()]
    return discovery.cached(
        _document(config.issuer, config.brand_name, list(dict.fromkeys([*scopes.KNOWN, *everywhere])))
    )


@bp.get(f"{resources.WELL_KNOWN}/<path:path>")
@mark("public")
def one(path: str) -> Response:
    """Answer for one resource."""
    found = resources.at(f"/{path}")
    if found is None or found.path != f"/{path}":
        raise NoSuchResource()
    return discovery.cached(_document(found.address, found.name, found.list_scopes()))


def _document(address: str, name: str, names: list[str]) -> dict[str, Any]:
    """Return the metadata; they are not signed (§2.2 is an option), for they come from the issuer itself."""
    bound = {key: value for key, value in possession.metadata().items() if key != "mtls_endpoint_aliases"}
    return {
        "resource": address,
        "resource_name": name,
        "authorization_servers": [settings.current().issuer],
        "scopes_supported": names,
        "bearer_methods_supported": ["header"],
        "authorization_details_types_supported": list(DETAIL_TYPES),
    } | bound
