"""Calls to partners: a form posted to an address of theirs, through the outbound door.

What is posted is made at each attempt by the package that knows it, which registers its template here: a token that is
good for two minutes cannot wait in a row.
"""

from __future__ import annotations

from collections.abc import Callable

from authz import outbound
from authz.errors import Refusal, Unavailable

CHANNEL = "webhook"
Call = tuple[str, dict[str, str]]
Maker = Callable[[dict[str, str]], Call | None]
_makers: dict[str, Maker] = {}


def register(template: str, maker: Maker) -> None:
    """Say how the calls of a template are made: address and form, or None when there is nobody to call any more."""
    _makers[template] = maker


def deliver(template: str, params: dict[str, str]) -> None:
    """Make one call; raises Unavailable unless the partner takes it."""
    call = _makers[template](params)
    if call is None:
        raise Unavailable("nobody to call", retry=False)
    try:
        status = outbound.post(call[0], data=call[1]).status
    except Refusal as refusal:
        raise Unavailable(f"outbound: {refusal.reason}", retry=False) from refusal
    if not 200 <= status < 300:
        raise Unavailable(f"outbound: status {status}", retry=status >= 500 or status in (408, 429))
