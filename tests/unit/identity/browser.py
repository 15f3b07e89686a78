"""A browser for tests of what lives between requests: it keeps its cookies, and each visit is a unit of work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie

from flask import Flask

from authz.errors import Refusal

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Browser:
    """One browser at one address; `with browser.visit(): ...` is one request."""

    def __init__(self, app: Flask, address: str = "192.0.2.1", agent: str = FIREFOX) -> None:
        app.secret_key = app.secret_key or "for tests only"
        self.app = app
        self.address = address
        self.agent = agent
        self.cookies: dict[str, str] = {}
        self.set_cookies: list[str] = []

    @contextmanager
    def visit(self) -> Iterator[None]:
        """Do something within one request; a refusal is answered, which commits, and then raised on."""
        headers = {"User-Agent": self.agent, "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        with self.app.test_request_context("/", headers=headers, environ_base={"REMOTE_ADDR": self.address}):
            try:
                yield
            except Refusal:
                self._answer()
                raise
            self._answer()

    def _answer(self) -> None:
        response = self.app.process_response(self.app.response_class())
        self.set_cookies = response.headers.getlist("Set-Cookie")
        for line in self.set_cookies:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
                if morsel["max-age"] == "0" or "1970" in morsel["expires"]:
                    del self.cookies[name]
