"""Security headers of every answer, and the compression of pages."""

from __future__ import annotations

import gzip
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from authz import entropy, settings

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    # What is not said to be public may be personal: a shared cache or the back button must not keep it.
    "Cache-Control": "no-store",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "form-action {forms}; frame-ancestors 'none'; base-uri 'none'"
)
WORTH_PACKING = 1000
_OWN_FORMS_ONLY = POLICY.format(forms="'self'")
_ALWAYS = [(name.lower(), name, value) for name, value in FIXED.items()]
_HTTPS = [*_ALWAYS, ("strict-transport-security", "Strict-Transport-Security", "max-age=63072000; includeSubDomains")]


def init(app: Flask) -> None:
    """Put the headers on every answer the application gives."""
    app.after_request(_secure)
    app.after_request(_pack)


def allow_form_target(redirect_uri: str, *, onwards: bool = True) -> None:
    """Let this page's forms end at an app: browsers hold `form-action` against redirects too (CSP 3 §6.1.16).

    `onwards` lets the app lead on from there to another https address, as many do: the patient would be stuck here.
    """
    parts = urlsplit(redirect_uri)
    g.form_target = f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"
    if onwards and parts.scheme == "https":
        g.form_target += " https:"


def _secure(answer: Response) -> Response:
    # One pass over what is there: to ask for each header by its name reads the list once a name.
    given = {name.lower() for name, _value in answer.headers}
    for key, name, value in _HTTPS if settings.current().is_https else _ALWAYS:
        if key not in given:
            answer.headers.add(name, value)
    if "content-security-policy" not in given:
        target = g.get("form_target")
        answer.headers.add(
            "Content-Security-Policy", POLICY.format(forms=f"'self' {target}") if target else _OWN_FORMS_ONLY
        )
    return answer


def _pack(answer: Response) -> Response:
    """Compress a page. A random name of random length in the gzip header blurs its size, against BREACH."""
    if answer.mimetype != "text/html" or "Content-Encoding" in answer.headers or answer.direct_passthrough:
        return answer
    answer.headers.add("Vary", "Accept-Encoding")
    answer.headers.add("Vary", "Cookie")
    body = answer.get_data()
    if len(body) < WORTH_PACKING or "gzip" not in request.headers.get("Accept-Encoding", ""):
        return answer
    noise = entropy.new_bytes(1)[0] % 100 + 1
    answer.set_data(_gzip(body, b"a" * noise))
    answer.headers["Content-Encoding"] = "gzip"
    return answer


def _gzip(body: bytes, name: bytes) -> bytes:
    """A gzip member (RFC 1952 §2.3) with a file name of our choosing."""
    plain = gzip.compress(body, compresslevel=5, mtime=0)
    return plain[:3] + bytes([plain[3] | 0x08]) + plain[4:10] + name + b"\0" + plain[10:]
