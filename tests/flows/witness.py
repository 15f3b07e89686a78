"""A witness at the door: notes every secret that goes in or out of the application, as the network would see it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SECRET_FIELDS = {
    *(
        "access_token",
        "refresh_token",
        "id_token",
        "client_secret",
        "client_assertion",
        "token",
        "code",
        "code_verifier",
    ),
    *("csrf_token", "password", "state", "nonce", "app_account", "app_account_name", "login_hint", "identifier"),
}
FORM = "application/x-www-form-urlencoded"


class Witness:
    """WSGI middleware around the whole application; `seen` is what must never be written down."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.seen: set[str] = set()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        """Let the request through, noting its secrets and those of the answer."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        self._note_request(environ, body)
        headers: list[tuple[str, str]] = []

        def start(status: str, given: list[tuple[str, str]], *rest: Any) -> Any:
            headers.extend(given)
            return start_response(status, given, *rest)

        chunks = list(self._inner(environ, start))
        self._note_answer(dict(headers), [value for name, value in headers if name == "Set-Cookie"], b"".join(chunks))
        return iter(chunks)

    def _note_request(self, environ: dict[str, Any], body: bytes) -> None:
        self._note_cookies([environ.get("HTTP_COOKIE", "")])
        self.seen.add(environ.get("HTTP_AUTHORIZATION", "").partition(" ")[2])
        self._note_fields(parse_qsl(environ.get("QUERY_STRING", "")))
        if environ.get("CONTENT_TYPE", "").startswith(FORM):
            self._note_fields(parse_qsl(body.decode()))

    def _note_answer(self, headers: dict[str, str], cookies: list[str], body: bytes) -> None:
        self._note_cookies(cookies)
        self._note_fields(parse_qsl(urlsplit(headers.get("Location", "")).query))
        if headers.get("Content-Type", "").startswith("application/json"):
            content = json.loads(body)
            self._note_fields((name, str(value)) for name, value in content.items())

    def _note_cookies(self, texts: Iterable[str]) -> None:
        for text in texts:
            self.seen.update(cookie.value for cookie in SimpleCookie(text).values())

    def _note_fields(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.seen.update(value for name, value in pairs if name in SECRET_FIELDS)


def found_in(log: str, secrets: Iterable[str]) -> list[str]:
    """List the secrets that a log holds, as whole words, whatever their case."""
    folded = log.casefold()
    whole = (
        rf"(?<![0-9a-z]){re.escape(secret.casefold())}(?![0-9a-z])" for secret in sorted(secrets) if len(secret) > 2
    )
    return [pattern for pattern in whole if re.search(pattern, folded)]
