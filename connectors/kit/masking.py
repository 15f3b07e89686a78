"""Secrets out of what a developer reads: the exchange log shows shapes and endings, never values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

SECRET_NAMES = frozenset(
    {
        "access_token",
        "assertion",
        "authorization",
        "client_assertion",
        "client_secret",
        "code",
        "code_verifier",
        "cookie",
        "id_token",
        "refresh_token",
        "set-cookie",
        "token",
    }
)
LONGEST_BODY = 4000


def masked(value: str) -> str:
    """Keep the last four characters of a long secret, so that two can be told apart."""
    return f"••••{value[-4:]}" if len(value) >= 16 else "••••"


def headers(sent: Mapping[str, str]) -> dict[str, str]:
    """Copy headers with credentials masked; the scheme of `Authorization` stays readable."""
    return {name: _header(name, value) for name, value in sent.items()}


def url(address: str) -> str:
    """Copy an address with secret query parameters masked."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(query=_form(parts.query)))


def body(content: bytes, content_type: str) -> str:
    """Render a body for reading: secrets masked, files named by size, long ones cut."""
    if not content:
        return ""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return _form(content.decode("utf-8", "replace"))
    if kind.endswith("json"):
        return _json(content)
    if kind.startswith("text/"):
        return _cut(content.decode("utf-8", "replace"))
    return f"({len(content)} bytes of {kind or 'unknown type'})"


def _header(name: str, value: str) -> str:
    if name.lower() not in SECRET_NAMES:
        return value
    scheme, space, secret = value.partition(" ")
    return f"{scheme} {masked(secret)}" if space else masked(value)


def _form(text: str) -> str:
    pairs = parse_qsl(text, keep_blank_values=True)
    # A search has a `code` too, that of a measure: only beside these two is it an authorization code.
    secret = SECRET_NAMES if {"grant_type", "state"} & {name for name, _ in pairs} else SECRET_NAMES - {"code"}
    return "&".join(f"{name}={masked(value) if name in secret else quote(value, safe=':/|')}" for name, value in pairs)


def _json(content: bytes) -> str:
    try:
        shown = json.dumps(_walk(json.loads(content)), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        # Not JSON after all: hide anything long enough to be a secret.
        shown = re.sub(r"[\w.~+/=-]{32,}", "••••", content.decode("utf-8", "replace"))
    return _cut(shown)


def _walk(value: object) -> object:
    if isinstance(value, dict):
        return {name: _member(str(name), member) for name, member in value.items()}
    if isinstance(value, list):
        return [_walk(member) for member in value]
    return value


def _member(name: str, value: object) -> object:
    # In JSON a `code` is that of a measure or of an error, never an authorization code.
    if isinstance(value, str) and name in SECRET_NAMES - {"code"}:
        return masked(value)
    if isinstance(value, str) and name == "data" and len(value) > 200:
        return f"({len(value)} characters of base64)"
    return _walk(value)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_BODY else f"{text[:LONGEST_BODY]}\n… ({len(text)} characters)"
