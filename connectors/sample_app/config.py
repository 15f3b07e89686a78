"""How the sample partner was started: options first, then the environment, and one sentence when that is not enough."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from connectors.kit import Misconfigured
from connectors.kit.partner import checked_address

PREFIX = "GLYCELIA_"
SCOPES = "openid offline_access measures.glucose.write documents.summary.write measures.weight.write measures.read"
OPTIONS = {
    "port": ("8001", "port to listen on, loopback only"),
    "issuer": ("http://localhost:8000", "address of the health space"),
    "client_id": ("", "client_id given at registration"),
    "client_secret_file": ("", "file that holds the client secret; absent for a public client"),
    "public_url": ("", "address browsers use for this app, http://localhost:PORT by default"),
    "scopes": (SCOPES, "what to ask for, separated by spaces"),
    "space_name": ("Mon dossier santé", "name of the health space as users know it"),
    "data": ("data/sample-app", "folder for links, imports and the log"),
}


@dataclass(frozen=True)
class Config:
    """A usable start."""

    port: int
    issuer: str
    client_id: str
    client_secret: str
    public_url: str
    scopes: str
    space_name: str
    data: Path

    @property
    def redirect_uri(self) -> str:
        """Where the health space sends the browser back to; register exactly this."""
        return f"{self.public_url}/callback"


def load(arguments: Sequence[str], environ: Mapping[str, str]) -> Config:
    """Read options and environment; raises Misconfigured with one sentence."""
    parser = argparse.ArgumentParser("python -m connectors.sample_app", description="Run the sample glucose partner.")
    for name, (default, meaning) in OPTIONS.items():
        flag = "--" + name.replace("_", "-")
        value = environ.get(PREFIX + name.upper(), default)
        parser.add_argument(flag, default=value, help=f"{meaning} (or {PREFIX}{name.upper()})")
    return _checked(parser.parse_args(arguments))


def _checked(given: argparse.Namespace) -> Config:
    if not given.port.isdecimal() or not 0 < int(given.port) < 65536:
        raise Misconfigured(f"The port must be a number from 1 to 65535; it is {given.port!r}.")
    if not given.client_id:
        raise Misconfigured(f"A client_id is needed: give --client-id or {PREFIX}CLIENT_ID.")
    public_url = (given.public_url or f"http://localhost:{given.port}").rstrip("/")
    checked_address(public_url, "public address")
    if urlsplit(public_url).query:
        raise Misconfigured("The public address has no query.")
    checked_address(given.issuer, "issuer")
    return Config(
        port=int(given.port),
        issuer=given.issuer.rstrip("/"),
        client_id=given.client_id,
        client_secret=_secret(given.client_secret_file),
        public_url=public_url,
        scopes=given.scopes,
        space_name=given.space_name,
        data=Path(given.data),
    )


def _secret(file: str) -> str:
    if not file:
        return ""
    try:
        secret = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as trouble:
        raise Misconfigured(f"The client secret file {file!r} cannot be read.") from trouble
    if not secret:
        raise Misconfigured(f"The client secret file {file!r} is empty.")
    return secret
