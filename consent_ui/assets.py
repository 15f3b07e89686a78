"""Static files, served from memory under an address that names their content, and the icons a page inlines."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, g, request, url_for
from markupsafe import Markup

from authz import guard

STATIC = Path(__file__).parent / "static"
YEAR = "public, max-age=31536000, immutable"
SHORT = "public, max-age=300"
bp = Blueprint("assets", __name__)


@dataclass(frozen=True)
class Asset:
    """One static file as it is sent."""

    body: bytes
    packed: bytes | None
    type: str


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    kind = {".woff2": "font/woff2", ".js": "text/javascript"}.get(path.suffix, kind)
    text = kind.startswith("text/") or kind == "image/svg+xml"
    return Asset(body, gzip.compress(body, mtime=0) if text else None, f"{kind}; charset=utf-8" if text else kind)


@cache
def _files() -> dict[str, Asset]:
    return {p.relative_to(STATIC).as_posix(): _read(p) for p in sorted(STATIC.rglob("*")) if p.is_file()}


@cache
def release() -> str:
    """Digest of every static file: a release changes all addresses at once, so style sheets may point sideways."""
    total = hashlib.sha256()
    for name, asset in _files().items():
        total.update(name.encode() + b"\0" + asset.body)
    return total.hexdigest()[:12]


def static_url(name: str) -> str:
    """Address of a static file; a name that does not exist is a fault of ours and fails loudly."""
    if name not in _files():
        raise LookupError(name)
    return url_for("assets.file", version=release(), name=name)


def packed(body: bytes, packed_body: bytes | None, kind: str) -> Response:
    """Answer with the compressed form where there is one and the browser takes it."""
    small = packed_body is not None and "gzip" in request.headers.get("Accept-Encoding", "")
    answer = Response(packed_body if small else body, content_type=kind)
    if packed_body is not None:
        answer.headers["Vary"] = "Accept-Encoding"
    if small:
        answer.headers["Content-Encoding"] = "gzip"
    return answer


@bp.get("/static/<version>/<path:name>")
@guard.mark("public")
def file(version: str, name: str) -> Response:
    """Send one file; an old address still works during a rolling update, but is not kept for long."""
    asset = _files().get(name)
    if asset is None:
        abort(404)
    answer = packed(asset.body, asset.packed, asset.type)
    answer.headers["Cache-Control"] = YEAR if version == release() else SHORT
    return answer


@bp.get("/favicon.ico")
@guard.mark("public")
def favicon() -> Response:
    """Browsers ask for it unasked; the mark answers."""
    return file(release(), "img/mark.svg")


@cache
def _symbols() -> dict[str, str]:
    sprite = _files()["img/icons.svg"].body.decode()
    return {m[1]: m[0] for m in re.finditer(r'<symbol id="i-([a-z-]+)".*?</symbol>', sprite, re.S)}


def icon(name: str, css: str = "ic") -> Markup:
    """Draw an icon and remember that this page needs its symbol; always stands beside words, so it is hidden."""
    if name not in _symbols():
        raise LookupError(name)
    g.setdefault("icons", {})[name] = True
    return Markup('<svg class="{}" aria-hidden="true"><use href="#i-{}"/></svg>').format(css, name)


def sprite() -> Markup:
    """Inline the symbols this page used, and no other."""
    used = Markup("".join(_symbols()[name] for name in g.get("icons", {})))  # nosec B704 # our own file
    return Markup('<svg class="sprite" aria-hidden="true">{}</svg>').format(used)
