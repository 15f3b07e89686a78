"""The resources that tokens may be for (RFC 8707), each named by its address, registered by who answers there.

A token that is not narrowed is for the whole server, whose name as a resource is the issuer. Resources of a client's
own, elsewhere, are registered with it. Whoever takes a resource from a request has it checked by `read`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import Flask, current_app

from authz import settings
from authz.clients.models import RegisteredClient
from authz.errors import Refusal

WELL_KNOWN = "/.well-known/oauth-protected-resource"
SEPARATOR = "\n"  # between the values of a repeated parameter where it has to be one text; none is in an address


class InvalidTarget(Refusal):
    """A resource is malformed, unknown, or not among those that were authorized (RFC 8707 §2)."""

    code = "invalid_target"
    description = "resource must be the address of a resource of this server, as its metadata name it."


@dataclass(frozen=True)
class Resource:
    """A resource of this server: everything at and under a path."""

    path: str
    name: str
    list_scopes: Callable[[], list[str]]  # that open anything there

    @property
    def address(self) -> str:
        """Its name in requests and tokens."""
        return settings.current().issuer + self.path

    @property
    def metadata_address(self) -> str:
        """Where its metadata are (RFC 9728 §3.1)."""
        return settings.current().issuer + WELL_KNOWN + self.path


def register(app: Flask, path: str, *, name: str, scopes: Callable[[], list[str]]) -> None:
    """Tell that there is a resource; called once at start by who answers there."""
    app.extensions.setdefault("resources", {})[path] = Resource(path, name, scopes)


def list_all() -> list[Resource]:
    """List the resources of this server, by path."""
    found: dict[str, Resource] = current_app.extensions["resources"]
    return [found[path] for path in sorted(found)]


def at(path: str) -> Resource | None:
    """Find the resource that a path of this server belongs to."""
    return next((one for one in list_all() if path == one.path or path.startswith(one.path + "/")), None)


def read(named: Iterable[str], client: RegisteredClient, *, within: str | None = None) -> str | None:
    """Return what a token is narrowed to by a request's resources: None for the whole server, addresses otherwise.

    `within` is what was authorized before, and what counts when none is named; refuses what is not known or wider.
    """
    asked = list(dict.fromkeys(named))
    if not asked:
        return within
    whole = settings.current().issuer
    known = {one.address for one in list_all()} | set(client.resource_servers)
    if not set(asked) <= known | {whole}:
        raise InvalidTarget()
    if whole in asked:
        asked = []
    if within is not None and not (asked and set(asked) <= set(within.split())):
        raise InvalidTarget("resource must be among those that were authorized.")
    return " ".join(asked) or None


def audience(kept: str | None) -> str | list[str]:
    """Return the `aud` of a token that is narrowed so."""
    named = kept.split() if kept else [settings.current().issuer]
    return named[0] if len(named) == 1 else named


def includes(kept: str | None, path: str) -> bool:
    """Tell whether a token that is narrowed so is for this path."""
    if kept is None:
        return True
    resource = at(path)
    return resource is not None and resource.address in kept.split()
