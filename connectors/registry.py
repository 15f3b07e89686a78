"""Which connectors there are: the last part of the address `/connectors/<name>` to the connector that reads it.

To add one: a folder beside `cgm`, and its name here.
"""

from __future__ import annotations

from importlib import import_module
from typing import cast

from connectors.contract import Connector

# The modules are imported when first asked for: a server that takes no such payload never loads them.
MODULES = {"cgm": "connectors.cgm.connector"}


def find(name: str) -> Connector | None:
    """Find a connector by its name."""
    module = MODULES.get(name)
    return cast(Connector, import_module(module).connector) if module else None


def list_all() -> list[Connector]:
    """List every connector, for the catalogue and the contract suite."""
    return [found for name in MODULES if (found := find(name))]
