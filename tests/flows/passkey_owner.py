"""What somebody with a passkey does on the pages."""

from __future__ import annotations

from werkzeug.test import TestResponse

from tests.actors import Person
from tests.authenticator import Authenticator


def adds_passkey(person: Person, key: Authenticator, name: str = "Une clé") -> TestResponse:
    """Add a passkey at home, signed in a moment ago."""
    page = person.get("/home/security/passkeys/new")
    done = person.submit(page, "passkey-form", answer=key.makes(page.text), name=name)
    assert done.request.path == "/home/security", done.text
    return done


def signs_in_with(person: Person, key: Authenticator, address: str = "/login") -> TestResponse:
    """Sign in by the passkey alone."""
    page = person.get(address)
    return person.submit(page, "passkey-form", answer=key.signs(page.text))
