"""A browser that was never here, in a network of its own: opens pages, sends forms, and takes the time of answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from time import perf_counter
from urllib.parse import urlencode, urlsplit

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Visitor:
    """A browser without history in a network of its own."""

    port: int
    network: str
    cookies: dict[str, str] = field(default_factory=dict)
    page: str = ""
    path: str = ""

    def get(self, path: str) -> None:
        """Open a page, following redirects."""
        for _ in range(5):
            status, location = self._ask("GET", path, b"")
            self.path = path
            if status not in (302, 303):
                return
            path = location

    def post(self, path: str, **typed: str) -> float:
        """Send the page's form; returns how many seconds the answer took."""
        body = urlencode({"csrf_token": TOKEN.findall(self.page)[0], **typed}).encode()
        started = perf_counter()
        self._ask("POST", path, body)
        return perf_counter() - started

    def _ask(self, method: str, path: str, body: bytes) -> tuple[int, str]:
        host = f"127.0.0.1:{self.port}"
        headers = {"X-Forwarded-For": self.network, "Referer": f"http://{host}{path}", "Origin": f"http://{host}"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            self.page = answer.read().decode(errors="replace")
            for line in answer.headers.get_all("Set-Cookie", []):
                self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
            place = urlsplit(answer.getheader("Location", ""))
            return answer.status, place.path + (f"?{place.query}" if place.query else "")
        finally:
            connection.close()
