"""Signing out of a browser that came by an upstream provider: here at once, then there, then on to where it was going.

Here comes first: whatever becomes of the provider, this browser no longer opens the space.
"""

from __future__ import annotations

import json

from flask import current_app, url_for

from authz import crypto, settings
from authz.identity import federation, providers, sessions, upstream_identities


def register_page(endpoint: str) -> None:
    """Tell which endpoint says that the browser goes on to a provider."""
    current_app.extensions["departing_page"] = endpoint


def sign_out(onwards: str) -> str:
    """Sign this browser out and return where it goes: `onwards`, or there by way of the provider it came by."""
    browser = sessions.current() if settings.current().upstream else None
    kept = upstream_identities.find_session(browser.id) if browser else None
    name, id_token = kept or ("", "")
    provider = next((one for one in providers.list_all() if one.name == name), None)
    end = federation.find_end(provider) if provider else ""
    sessions.end()
    if provider is None or not end:
        return onwards
    # From here on this browser has another secret, to which the way back is bound.
    state = _sealed(onwards, crypto.digest(sessions.browser_key()))
    address = federation.end_address(end, id_token, state=state, back=back_address())
    return url_for(current_app.extensions["departing_page"], to=_sealed(address, provider.label))


def opened(text: str) -> tuple[str, str]:
    """Return the provider's address and name that a page was opened with; empty when they are not of ours."""
    return _opened(text)


def back(state: str) -> str:
    """Return where a browser was going that comes back from a provider; empty when that is not known of it."""
    onwards, browser = _opened(state)
    return onwards if crypto.same(browser, crypto.digest(sessions.browser_key())) else ""


def back_address() -> str:
    """Return the address to which providers send browsers back: it is registered there."""
    return f"{settings.current().issuer}/sign-out/back"


def _sealed(first: str, second: str) -> str:
    return crypto.seal("upstream-leaving", json.dumps([first, second]))


def _opened(text: str) -> tuple[str, str]:
    try:
        first, second = json.loads(crypto.unseal("upstream-leaving", text))
    except (crypto.SealBroken, ValueError):
        return "", ""
    return first, second
