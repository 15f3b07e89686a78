"""Somebody who goes to a provider and comes back, by the real pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from werkzeug.test import TestResponse

from authz.identity import upstream_identities
from tests.actors import Person
from tests.fakes.openid_provider import Upstream


@dataclass
class Visitor:
    """A person with an account here and one there."""

    person: Person

    def leaves(self, page: TestResponse, upstream: Upstream) -> str:
        """Follow the provider's button of a sign-in page; returns where that leads."""
        interaction_id = page.request.path.split("/")[2]
        answer = self.person.browser.get(f"/pair/{interaction_id}/provider?name={upstream.name}")
        assert answer.status_code == 303, answer.text
        return str(answer.headers["Location"])

    def goes(self, upstream: Upstream, page: TestResponse | None = None, **changes: str) -> TestResponse:
        """Sign in at the provider and come back."""
        address = self.leaves(page or self.person.get("/login"), upstream)
        return self.person.get(upstream.lets_in(address, **changes))

    def confirms(self, page: TestResponse) -> TestResponse:
        """Show the second factor of this space."""
        page = self.person.submit(page, "second-factor", method="email")
        return self.person.submit(page, "second-factor", code=self.person.mailbox.code_for(self.person.email))

    def begins_to_link(self, upstream: Upstream) -> str:
        """Ask for a link on the security page; returns where that leads."""
        answer = self.person.browser.get(f"/home/security/identities/new/{upstream.name}")
        assert answer.status_code == 303, answer.text
        return str(answer.headers["Location"])

    def links(self, upstream: Upstream) -> TestResponse:
        """Sign in here, sign in there, and link the two."""
        self.person.signs_in()
        page = self.person.get(upstream.lets_in(self.begins_to_link(upstream)))
        return self.person.submit(page, "link", decision="link")

    def starts_over(self) -> None:
        """Take a new browser."""
        self.person.new_browser()

    @property
    def linked(self) -> list[Any]:
        """The identities of the account."""
        with self.person.app.app_context():
            return list(upstream_identities.list_of_account(self.person.account_id))


def asked(address: str) -> dict[str, str]:
    """Return the parameters of an address, each once."""
    found = parse_qs(urlsplit(address).query, keep_blank_values=True)
    assert all(len(values) == 1 for values in found.values())
    return {name: values[0] for name, values in found.items()}
