"""Somebody without an account, who has a letter and a card, and walks through the pages that open a space."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from flask import Flask
from werkzeug.test import TestResponse

from authz import clock
from authz.identity import prepared
from tests import standing
from tests.actors import PASSWORD, Forms
from tests.mailbox import Mailbox
from tests.registers import nir_of

NIR, CARD, BORN = nir_of(1), "12345678901", "1958-04-12"
EMAIL, PHONE = "jeanne@example.org", "+33639980311"


def prepare(app: Flask, number: int = 1, **changes: Any) -> str:
    """Prepare a space, Jeanne's unless said otherwise; returns its code."""
    birthdate = changes.pop("birthdate", BORN)
    told: dict[str, Any] = {"nir": nir_of(number), "card": CARD, "email": EMAIL, "phone": PHONE} | changes
    space = prepared.Space(prepared.Person("Jeanne", "Lefèvre", birthdate), **told)
    with standing.unit_in(app):
        [code] = prepared.prepare([space], now=clock.now())
    assert code
    return code


@dataclass
class Newcomer:
    """A person with a letter and a browser of their own."""

    app: Flask
    mailbox: Mailbox
    code: str
    address: str = "192.0.2.77"
    browser: Any = field(init=False)

    def __post_init__(self) -> None:
        """Open a browser without cookies."""
        self.browser = self.app.test_client()

    def get(self, path: str) -> TestResponse:
        """Open a page, following redirects inside the space."""
        return self.follow(self.browser.get(path, environ_base=self._from()))

    def submit(self, page: TestResponse, form_id: str, **fields: str) -> TestResponse:
        """Fill in a form and send it, as a browser without JavaScript does."""
        return self.follow(self.send(page, form_id, **fields))

    def send(self, page: TestResponse, form_id: str, **fields: str) -> TestResponse:
        """Send a form, and follow nothing."""
        forms = Forms(page.text)
        action = urljoin(page.request.path, forms.actions[form_id] or page.request.full_path)
        answer: TestResponse = self.browser.post(
            action, data=dict(forms.found[form_id]) | fields, environ_base=self._from()
        )
        return answer

    def proves(self, page: TestResponse | None = None, /, **changes: str) -> TestResponse:
        """Type what is on the letter and the card."""
        facts = {"code": self.code, "nir": NIR, "card": CARD, "birthdate": "12/04/1958"}
        return self.submit(page or self.get("/activate"), "activation", **facts | changes)

    def chooses(self, page: TestResponse, identifier: str = "jeanne.1958", new: str = PASSWORD) -> TestResponse:
        """Choose identifier and password."""
        return self.submit(page, "access", identifier=identifier, new=new)

    def gives_email(self, page: TestResponse, address: str = EMAIL) -> TestResponse:
        """Give an e-mail address and type the code that came there."""
        page = self.submit(page, "address-form", address=address)
        return self.submit(page, "code-form", code=self.mailbox.code_for(address))

    def opens(self, page: TestResponse | None = None) -> TestResponse:
        """Walk to the end, without a telephone."""
        page = self.gives_email(self.chooses(self.proves(page)))
        return self.submit(page, "address-form", skip="1")

    def follow(self, answer: TestResponse) -> TestResponse:
        """Follow redirects inside the space."""
        for _ in range(10):
            location = answer.headers.get("Location", "")
            if answer.status_code not in (302, 303) or location.startswith("https://"):
                return answer
            answer = self.browser.get(location, environ_base=self._from())
        raise AssertionError("the pages lead in a circle")

    def _from(self) -> dict[str, str]:
        return {"REMOTE_ADDR": self.address}
