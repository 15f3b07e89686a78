"""A patient who walks the pages over HTTP, finding inputs by the names that password managers and scripts rely on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests

from tests.actors import Forms, Person
from tests.peers.front import Front


@dataclass
class Walker:
    """A person with a real browser's cookies, before a real socket."""

    person: Person
    issuer: str
    http: requests.Session

    def allows(
        self, address: str, *, consents: Iterable[str] = (), profile: str | None = None, until: str = "13"
    ) -> str:
        """Walk from the app's link to the app's redirect address, allowing; return that address."""
        page = self._arrives(address)
        profile = profile or self.person.profile_id()
        page = self._sends(page, "consent", profile=profile, scope=list(consents), until=until, decision="allow")
        if page.is_redirect:
            return page.headers["Location"]
        return self._sends(page, "done").headers["Location"]

    def refuses(self, address: str) -> str:
        """Walk to the consent page and refuse; return the app's redirect address."""
        return self._sends(self._arrives(address), "consent", decision="deny").headers["Location"]

    def links(self, address: str, *, consents: Iterable[str]) -> None:
        """Walk from the address that an object shows to the page that sends one back to the object."""
        page = self._sends(self._arrives(address), "device")
        page = self._sends(page, "arrival")
        chosen: dict[str, str | list[str]] = {"profile": self.person.profile_id(), "scope": list(consents)}
        page = self._sends(page, "consent", until="13", decision="allow", **chosen)
        assert page.url.endswith("/object"), page.url

    def visits(self, address: str) -> str:
        """Open an address; return where it ends: at a page of the space, or outside of it."""
        answer = self._follows(self.http.get(address, allow_redirects=False))
        return answer.headers["Location"] if answer.is_redirect else answer.url

    def _arrives(self, address: str) -> requests.Response:
        page = self._follows(self.http.get(address, allow_redirects=False))
        if 'id="arrival"' in page.text:
            page = self._sends(page, "arrival")
        if 'id="login"' in page.text:
            page = self._sends(page, "login", identifier=self.person.identifier, password=self.person.password)
            page = self._sends(page, "second-factor", method="email")
            code = self.person.mailbox.code_for(self.person.email)
            page = self._sends(page, "second-factor", code=code)
        return page

    def _sends(self, page: requests.Response, form_id: str, **fields: str | list[str]) -> requests.Response:
        forms = Forms(page.text)
        assert form_id in forms.found, f"no form {form_id} at {page.url}: {page.status_code}"
        address = urljoin(page.url, forms.actions[form_id])
        values = {**forms.found[form_id], **fields}
        headers = {"Referer": page.url}  # over TLS a form counts only from a page of ours
        return self._follows(self.http.post(address, data=values, headers=headers, allow_redirects=False))

    def _follows(self, answer: requests.Response) -> requests.Response:
        """Follow redirects inside the space only."""
        for _ in range(10):
            if not answer.is_redirect:
                return answer
            location = urljoin(answer.url, answer.headers["Location"])
            if urlsplit(location).netloc != urlsplit(self.issuer).netloc:
                return answer
            answer = self.http.get(location, allow_redirects=False)
        raise AssertionError("the pages lead in a circle")


@contextmanager
def walking(person: Person, issuer: str, front: Front | None = None) -> Iterator[Walker]:
    """Give a person a browser for a while; it finds a front by its names."""
    with requests.Session() as http:
        if front:
            front.lead(http)
        yield Walker(person, issuer, http)
