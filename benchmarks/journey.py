"""A patient's way through our own pages, by the field names that scripts may rely on, up to a remembered consent."""

from __future__ import annotations

import base64
import hmac
import struct
from dataclasses import dataclass, replace
from typing import Any

from authz import clock, entropy
from benchmarks.browser import Astray, Browser, Form, Page
from benchmarks.operations import Target
from benchmarks.subject import first_tokens


@dataclass(frozen=True)
class Person:
    """Who signs in."""

    identifier: str
    password: str
    totp_secret: str

    def as_spec(self) -> dict[str, Any]:
        """Return the description that `account add` takes."""
        return {
            "identifier": self.identifier,
            "password": self.password,
            "email": f"{self.identifier}@example.org",
            "totp_secret": self.totp_secret,
            "given_name": "Alice",
            "family_name": "Bench",
            "profiles": [
                {"given_name": "Alice", "family_name": "Bench", "birthdate": "1980-05-04", "relation": "self"}
            ],
        }


def new_totp_secret() -> str:
    """Return a fresh authenticator secret."""
    return base64.b32encode(entropy.new_bytes(20)).decode()


def totp(secret: str) -> str:
    """Return the authenticator's code of this moment (RFC 6238)."""
    counter = struct.pack(">Q", int(clock.now().timestamp()) // 30)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def pair(target: Target, person: Person, *, scope: str) -> Browser:
    """Go from the app's request to its redirect as a new browser, allowing everything asked."""
    browser = Browser(f"http://{target.host}")
    page = browser.open(replace(target, scope=scope).authorize_url(silent=False))
    for _ in range(8):
        if page.url.startswith(target.redirect_uri):
            return browser
        form, typed = _filled(page, person)
        page = browser.submit(page, form, **typed)
    raise Astray(f"the journey does not end: {page.url} ({page.status}): {page.text[:600]}")


def _filled(page: Page, person: Person) -> tuple[Form, dict[str, str | list[str]]]:
    """Choose what to type on a page by the fields it has."""
    for name in ("identifier", "code", "decision", "method"):
        form = next((form for form in page.forms() if form.has(name)), None)
        if form is None:
            continue
        if name == "identifier":
            return form, {"identifier": person.identifier, "password": person.password}
        if name == "code":
            return form, {"code": totp(person.totp_secret)}
        if name == "method":
            return form, {"method": "totp"}
        profile = (form.fields.get("profile") or form.choices.get("profile") or [""])[0]
        return form, {
            "profile": profile,
            "scope": form.choices.get("scope", []),
            "decision": "allow",
            "all_scopes": "1",
        }
    return page.form(), {}


def tokens_for(target: Target, browser: Browser, scope: str) -> dict[str, Any]:
    """Get tokens for another part of what was allowed, without a page."""
    return first_tokens(replace(target, scope=scope), browser)
