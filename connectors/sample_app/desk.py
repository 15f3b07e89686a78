"""What every page of the sample partner reaches for: configuration, ledger, partner, its one user, notices."""

from __future__ import annotations

from typing import cast

from flask import current_app, session

from connectors.kit import Account, Partner
from connectors.kit.stores import Held
from connectors.sample_app.config import Config
from connectors.sample_app.ledger import Ledger

# The demonstration has one user, signed in for good: this app is about linking, not about signing in.
KEY = "c.moreau"
USER = Account("c.moreau@example.org", "Camille Moreau")


def config() -> Config:
    """Return how this app was started."""
    return cast(Config, current_app.extensions["glycelia"])


def ledger() -> Ledger:
    """Return what this app keeps."""
    return cast(Ledger, current_app.extensions["ledger"])


def partner() -> Partner:
    """Return who this app is for the health space."""
    return cast(Partner, current_app.extensions["partner"])


def held() -> Held | None:
    """Return the user's link, if there is one."""
    return partner().store.find(KEY)


def is_live() -> bool:
    """Tell whether the link works, as far as is known here."""
    link = held()
    return link is not None and link.over is None


def may(*scopes: str) -> bool:
    """Tell whether the user's link works and one of these was agreed to."""
    link = held()
    return link is not None and link.over is None and not link.tokens.scopes.isdisjoint(scopes)


def tell(key: str, *, is_bad: bool = False, is_restored: bool = False, is_logged: bool = False) -> None:
    """Leave a notice for the next page; it can say that the link came back, and that the log has the detail."""
    session["notice"] = {"key": key, "is_bad": is_bad, "is_restored": is_restored, "is_logged": is_logged}
