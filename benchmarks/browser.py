"""A small browser for setting up: keeps cookies, follows redirects on one host, fills in the forms of a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit


class Astray(Exception):
    """The server led the browser somewhere the benchmark does not know."""


@dataclass
class Form:
    """One form of a page: what it would send untouched, and the values of its boxes and buttons still to be chosen."""

    id: str
    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Tell whether the form has this id or a control of this name."""
        return name == self.id or name in self.fields or name in self.choices


@dataclass(frozen=True)
class Page:
    """Where the browser ended up and what it shows."""

    url: str
    status: int
    text: str

    def forms(self) -> list[Form]:
        """Return every form of the page."""
        parser = _Forms()
        parser.feed(self.text)
        return parser.forms

    def form(self, *, having: str = "") -> Form:
        """Return the first form that has this id or a field of this name."""
        for form in self.forms():
            if not having or form.has(having):
                return form
        raise Astray(f"{self.url} ({self.status}) shows no form {having!r}: {self.text[:600]}")


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        name = values.get("name", "")
        if tag == "form":
            self.forms.append(Form(values.get("id", ""), values.get("action", "")))
        elif not self.forms:
            return
        elif tag == "option" and self.select:
            self._choose(values)
        elif tag == "select":
            self.select = name
        elif tag in ("input", "button", "textarea") and name:
            is_choice = tag == "button" or values.get("type") in ("checkbox", "radio", "submit")
            kept = self.forms[-1].choices if is_choice and "checked" not in values else self.forms[-1].fields
            kept.setdefault(name, []).append(values.get("value", "on" if is_choice else ""))

    def _choose(self, option: dict[str, str]) -> None:
        """Take a list's first option until one says it is selected."""
        fields = self.forms[-1].fields
        if "selected" in option or self.select not in fields:
            fields[self.select] = [option.get("value", "")]


class Browser:
    """One person's browser, on one host."""

    def __init__(self, origin: str) -> None:
        parts = urlsplit(origin)
        self.origin, self.host, self.port = origin, parts.hostname or "", parts.port or 80
        self.cookies: dict[str, str] = {}

    @property
    def cookie_line(self) -> str:
        """Return the header line that proves who is signed in."""
        pairs = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return f"Cookie: {pairs}\r\n" if pairs else ""

    def open(self, url: str) -> Page:
        """Open a page, following redirects until they leave the host."""
        return self._follow("GET", url, b"")

    def submit(self, page: Page, form: Form, **typed: str | list[str]) -> Page:
        """Send a form with what the person typed and chose."""
        body = urlencode({**form.fields, **typed}, doseq=True).encode()
        return self._follow("POST", urljoin(page.url, form.action), body)

    def _follow(self, method: str, url: str, body: bytes) -> Page:
        for _ in range(12):
            url = urljoin(self.origin, url)
            if not url.startswith(self.origin):
                return Page(url, 0, "")
            status, location, text = self._send(method, url, body)
            if status not in (301, 302, 303, 307, 308):
                return Page(url, status, text)
            method, body, url = "GET", b"", urljoin(url, location)
        raise Astray(f"redirected too often, last to {url}")

    def _send(self, method: str, url: str, body: bytes) -> tuple[int, str, str]:
        parts = urlsplit(url)
        connection = HTTPConnection(self.host, self.port, timeout=20)
        headers = {"Accept": "text/html", "Origin": self.origin, "Referer": url}
        if self.cookies:
            headers["Cookie"] = self.cookie_line[8:-2]
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request(method, target, body or None, headers)
            answer = connection.getresponse()
            self._keep(answer)
            return answer.status, answer.getheader("Location", ""), answer.read().decode(errors="replace")
        finally:
            connection.close()

    def _keep(self, answer: HTTPResponse) -> None:
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0" or "1970" in morsel["expires"]:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
