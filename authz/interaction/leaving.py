"""Signing out on an app's wish: what is kept while the patient is asked, and where the browser goes afterwards.

What is kept travels with the address or the page, sealed; once asked, it is good in that signed-in browser alone. Like
the journey to an app, this knows no pages: `register_pages` tells which endpoints ask and say that it is done.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from flask import current_app, url_for

from authz import crypto
from authz.identity import sessions
from authz.interaction import departing


@dataclass(frozen=True)
class Leaving:
    """A wish to sign out. `address` is the app's own, proven and registered; empty, it ends on a page of ours."""

    client_id: str = ""
    address: str = ""
    ui_locales: str = ""
    sid: str = ""  # the session that the app's ID token names
    session_id: str = ""  # the signed-in browser that was asked


def register_pages(*, ask: str, done: str) -> None:
    """Tell which endpoint asks the patient, and which says that it is done."""
    current_app.extensions["leaving_pages"] = {"ask": ask, "done": done}


def ask_url(leaving: Leaving) -> str:
    """Return the address of the page that asks the patient."""
    return _url("ask", leaving, wish=sealed(leaving))


def sealed(leaving: Leaving) -> str:
    """Seal a wish, to travel where anybody may see it."""
    return crypto.seal("leaving", json.dumps(asdict(leaving)))


def unsealed(text: str) -> Leaving:
    """Return a wish that we sealed; anything else is a wish that nothing is known of."""
    try:
        return Leaving(**json.loads(crypto.unseal("leaving", text)))
    except (crypto.SealBroken, ValueError):
        return Leaving()


def opened(text: str) -> Leaving:
    """Return what a page was opened with; with nothing of ours for this browser it is the patient's own wish."""
    browser, found = sessions.current(), unsealed(text)
    return found if browser and found.session_id == browser.id else Leaving()


def finish(leaving: Leaving) -> str:
    """Sign this browser out and return where it goes."""
    return departing.sign_out(end_url(leaving))


def end_url(leaving: Leaving) -> str:
    """Return where a browser goes that is signed out: to the app where that is proven, or to a page of ours."""
    return leaving.address or _url("done", leaving)


def _url(page: str, leaving: Leaving, **more: str) -> str:
    endpoint = current_app.extensions["leaving_pages"][page]
    values: dict[str, Any] = more | ({"ui_locales": leaving.ui_locales} if leaving.ui_locales else {})
    return url_for(endpoint, **values)
