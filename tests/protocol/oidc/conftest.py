"""What OpenID Connect tests share: tokens checked against the published keys, and an app's server on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from tests.actors import Partner, Person
from tests.fakes.relying_party import RelyingParty, serving

Verified = Callable[[Partner, str], tuple[dict[str, Any], dict[str, Any]]]


def agreed(person: Person, page: TestResponse, consents: Iterable[str] = ()) -> TestResponse:
    """Answer the consent page, where there is one, and go home to the app."""
    if page.status_code == 200 and page.request.path.endswith("/consent"):
        return person.decides(page, consents=consents)
    return page


@pytest.fixture
def verified() -> Verified:
    """Check a token against the published keys: `header, claims = verified(partner, token)`."""

    def verify(partner: Partner, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        published = KeySet.import_key_set(partner.http.get("/jwks").json)
        decoded = jwt.decode(token, published, algorithms=["RS256", "ES256", "PS256"])
        return dict(decoded.header), dict(decoded.claims)

    return verify


@pytest.fixture
def party(app: Flask) -> Iterator[RelyingParty]:
    """Give an app's server, which this server may call although it is on loopback."""
    before = app.extensions["settings"]
    with serving() as served:
        app.extensions["settings"] = replace(before, outbound_allow=(served.url.removeprefix("http://"),))
        yield served
        app.extensions["settings"] = before
