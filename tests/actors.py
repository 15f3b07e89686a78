"""The standing cast: people who use the real pages, and partners who use the real protocol, over HTTP only."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from tests.mailbox import Mailbox

ISSUER = "http://localhost"
PASSWORD = "trois lapins bleus dansent"
GLUCO_SCOPES = "openid measures.glucose.write documents.summary.write measures.read measures.weight.write"


class Forms(HTMLParser):
    """The forms of a page: by id, their fields as a browser would post them, and where they post to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, list[str]]] = {}
        self.actions: dict[str, str] = {}
        self._at = self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form or one of its fields."""
        values = dict(attrs)
        if tag == "form":
            self._at = values.get("id") or f"form-{len(self.found)}"
            self.found[self._at] = {}
            self.actions[self._at] = values.get("action") or ""
        elif self._at and tag == "select":
            self._select = str(values["name"])
        elif self._at and tag == "option" and (self._select not in self.found[self._at] or "selected" in values):
            self.found[self._at][self._select] = [values.get("value") or ""]
        elif self._at and tag == "input" and values.get("name"):
            is_box = values.get("type") in ("checkbox", "radio")
            if not is_box or ("checked" in values and "disabled" not in values):
                self.found[self._at].setdefault(str(values["name"]), []).append(values.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        """Leave a form."""
        if tag == "form":
            self._at = ""


@dataclass
class Partner:
    """An app: a client as registered, and its server that speaks the protocol."""

    app: Flask
    client_id: str
    secret: str | None
    redirect_uri: str = "https://glucoapp.example/callback"
    scope: str = GLUCO_SCOPES
    verifier: str = ""
    state: str = ""
    http: Any = field(init=False)  # Flask types an answer's JSON as perhaps none, at every use

    def __post_init__(self) -> None:
        """Open the partner's own connection: no cookies are shared with any browser."""
        self.http = self.app.test_client(use_cookies=False)

    def address(self, **changes: str | None) -> str:
        """Return the address to send a browser to, with PKCE and a state; a change to None leaves one out."""
        self.verifier, self.state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        params: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": self.scope,
            "state": self.state,
            "nonce": "n-0S6_WzA2Mj",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "app_account": "c.moreau@example.org",
        }
        return "/authorize?" + urlencode(
            {name: value for name, value in (params | changes).items() if value is not None}
        )

    def post(self, path: str, **form: str | None) -> Any:
        """Post a form to an endpoint, proving itself by its secret if it has one."""
        sent = {name: value for name, value in form.items() if value is not None}
        if self.secret is None:
            return self.http.post(path, data={"client_id": self.client_id} | sent)
        return self.http.post(path, data=sent, auth=(self.client_id, self.secret))

    def redeem(self, code: str, **changes: str | None) -> Any:
        """Exchange a code for tokens."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }  # fmt: skip
        return self.post("/token", **(form | changes))

    def refresh(self, token: str, **changes: str | None) -> Any:
        """Exchange a refresh token."""
        return self.post("/token", **({"grant_type": "refresh_token", "refresh_token": token} | changes))

    def call(self, method: str, path: str, token: str, **arguments: Any) -> Any:
        """Call a resource with an access token."""
        headers = {"Authorization": f"Bearer {token}"} | arguments.pop("headers", {})
        return self.http.open(path, method=method, headers=headers, **arguments)


@dataclass
class Person:
    """Somebody with an account and a browser."""

    app: Flask
    mailbox: Mailbox
    identifier: str
    email: str
    account_id: str
    password: str = PASSWORD
    browser: Any = field(init=False)

    def __post_init__(self) -> None:
        """Open a browser of one's own."""
        self.new_browser()

    def new_browser(self) -> None:
        """Start over with a browser without cookies."""
        self.browser = self.app.test_client()

    def get(self, address: str) -> TestResponse:
        """Open a page, following redirects inside the space only."""
        return self._follow(self.browser.get(address))

    def submit(self, page: TestResponse, form_id: str, to: str = "", **fields: str | list[str]) -> TestResponse:
        """Fill in a form and send it as a browser without JavaScript does; `to` is another button's address."""
        forms = Forms(page.text)
        values: dict[str, Any] = dict(forms.found[form_id]) | fields
        address = urljoin(page.request.path, to or forms.actions[form_id] or page.request.full_path)
        return self._follow(self.browser.post(address, data=values))

    def passes_sign_in(self, page: TestResponse) -> TestResponse:
        """Go from the sign-in page through both factors, reading the code in the mailbox."""
        page = self.submit(page, "login", identifier=self.identifier, password=self.password)
        page = self.submit(page, "second-factor", method="email")
        return self.submit(page, "second-factor", code=self.mailbox.code_for(self.email))

    def signs_in(self) -> TestResponse:
        """Sign in at home."""
        return self.passes_sign_in(self.get("/login"))

    def arrives_at_consent(self, partner: Partner, **changes: str | None) -> TestResponse:
        """Go from the app's link to the consent page."""
        page = self.get(partner.address(**changes))
        if page.request.path.endswith("/arrival"):
            page = self.submit(page, "arrival")
        if page.request.path.endswith("/login"):
            page = self.passes_sign_in(page)
        return page

    def decides(
        self, page: TestResponse, *, consents: Iterable[str] = (), profile: str | None = None, decision: str = "allow"
    ) -> TestResponse:
        """Answer the consent page and go home to the app; returns the redirect that leaves the space."""
        chosen: dict[str, Any] = {"profile": profile or self.profile_id(), "scope": list(consents), "until": "13"}
        page = self.submit(page, "consent", decision=decision, **chosen)
        if page.status_code == 200 and page.request.path.endswith("/done"):
            interaction_id = page.request.path.split("/")[2]
            page = self._follow(self.browser.get(f"/authorize/{interaction_id}"))
        return page

    def pairs(self, partner: Partner, *, consents: Iterable[str] = (), profile: str | None = None) -> dict[str, Any]:
        """Walk the whole journey; returns the token response."""
        page = self.arrives_at_consent(partner)
        if page.status_code == 200:
            page = self.decides(page, consents=consents, profile=profile)
        answer = partner.redeem(params_of(page)["code"])
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json
        return tokens

    def profile_id(self, given_name: str | None = None) -> str:
        """Return the id of one's own profile, or of the one with that name."""
        from authz.identity import profiles

        with self.app.app_context():
            cards = profiles.list_for(self.account_id)
        return next(card.id for card in cards if card.given_name == given_name or (given_name is None and card.is_self))

    def _follow(self, answer: TestResponse) -> TestResponse:
        for _ in range(10):
            location = answer.headers.get("Location", "")
            if answer.status_code not in (302, 303) or urlsplit(location).netloc not in ("", "localhost"):
                return answer
            answer = self.browser.get(location)
        raise AssertionError("the pages lead in a circle")


def params_of(answer: TestResponse) -> dict[str, str]:
    """Return the parameters of a redirect that leaves the space."""
    location = answer.headers["Location"]
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query, keep_blank_values=True).items()}


def claims_of(token: str) -> dict[str, Any]:
    """Read a JWT's claims without checking it."""
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found
