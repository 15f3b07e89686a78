"""Our own server under granian with two processes, laid by its own commands, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess  # nosec B404 # the commands are our own, spelled out below
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from authz import entropy
from benchmarks import journey, operations, processes
from benchmarks.browser import Browser
from benchmarks.load import Worker
from benchmarks.operations import Target, basic
from benchmarks.postgres import Cluster
from benchmarks.subject import Subject, oauth_prepare

ROOT = Path(__file__).parents[2]
_PEOPLE = 8
_REDIRECT = "https://app.example.org/callback"
_SIGN_IN_SCOPE = "openid email profile measures.read"
_PUSH_SCOPE = "openid measures.glucose.write"
_OID = "1.2.250.1.999.77"
_CLIENT: dict[str, Any] = {
    "client_id": "bench",
    "client_name": "Bench",
    "profile": "oidc",
    "redirect_uris": [_REDIRECT],
    "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
    "token_endpoint_auth_method": "client_secret_basic",
    "id_token_signed_response_alg": "RS256",
    "scope": f"{_SIGN_IN_SCOPE} measures.glucose.write",
    "catalogue_entry": {
        "id": "bench",
        "oid": _OID,
        "name": "Bench",
        "publisher": "Bench",
        "host": "app.example.org",
        "status": "listed",
        "scopes": [{"scope": "measures.glucose.write"}, {"scope": "measures.read"}],
    },
}


@contextmanager
def serve_on_sqlite(_cluster: Cluster, folder: Path) -> Iterator[Subject]:
    """Lay, start and hand over ours on the embedded database."""
    with _serve("ours-sqlite", "", None, folder) as subject:
        yield subject


@contextmanager
def serve_on_postgresql(cluster: Cluster, folder: Path) -> Iterator[Subject]:
    """Lay, start and hand over ours on PostgreSQL."""
    url = cluster.create("bench_ours").replace("postgresql://", "postgresql+psycopg://", 1)
    with _serve("ours-postgresql", url, cluster, folder) as subject:
        yield subject


@contextmanager
def _serve(name: str, url: str, cluster: Cluster | None, folder: Path) -> Iterator[Subject]:
    port, home, log = processes.free_port(), folder / name, folder / f"{name}.log"
    home.mkdir()
    env, password = environment(port, url, home), entropy.new_secret("pw", 12)
    people = [journey.Person(f"alice.bench{lane}", password, journey.new_totp_secret()) for lane in range(_PEOPLE)]
    secret = _lay(env, home, people)
    serve = [*command(), "serve", "--bind", f"127.0.0.1:{port}", "--workers", "2"]
    with processes.running(serve, log=log, env=env, cwd=ROOT) as process:
        seconds = processes.wait_until(process, lambda: processes.answers(port, "/healthz"), log=log)
        prepare = _prepare(_target(port, secret), people)
        yield Subject(name, _software(), ("127.0.0.1", port), process, cluster, seconds, prepare)


def environment(port: int, url: str, home: Path) -> dict[str, str]:
    """The settings of a server that lives in a folder."""
    settings = {
        "APPAIRAGE_ISSUER": f"http://127.0.0.1:{port}",
        "APPAIRAGE_DATABASE_URL": url,
        "APPAIRAGE_DATA_DIR": str(home),
        "APPAIRAGE_LOG_LEVEL": "WARNING",
        "APPAIRAGE_NETWORK_REQUESTS": "1000000",  # all of them come from one address here
    }
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | settings


def _lay(env: dict[str, str], home: Path, people: list[journey.Person]) -> str:
    """Migrate, add the people and the client; returns the client's secret."""
    run(env, "migrate")
    files = [_written(home / f"{person.identifier}.json", person.as_spec()) for person in people]
    with ThreadPoolExecutor(2) as pool:  # each is a process of its own: two keep both cores busy
        list(pool.map(lambda file: run(env, "account", "add", "--json", "--from", file), files))
    added = json.loads(run(env, "client", "add", "--json", "--from", _written(home / "client.json", _CLIENT)))
    return str(added["client_secret"])


def _written(path: Path, content: dict[str, Any]) -> str:
    path.write_text(json.dumps(content))
    return str(path)


def command() -> list[str]:
    """What starts our own command."""
    return [sys.executable, "-m", "authz.cli"]


def run(env: dict[str, str], *arguments: str) -> str:
    """Run a command of ours; returns what it prints."""
    done = subprocess.run(  # nosec B603
        [*command(), *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise processes.StartFailed(f"appairage {' '.join(arguments[:2])}: {(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def _target(port: int, secret: str) -> Target:
    who = basic("bench", secret)
    return Target(
        host=f"127.0.0.1:{port}",
        authorize="/authorize",
        token="/token",  # nosec B106 # a path
        introspect="/introspect",
        jwks="/jwks",
        client_id="bench",
        basic=who,
        redirect_uri=_REDIRECT,
        scope=_SIGN_IN_SCOPE,
        service_basic=who,
        service_scope="measures.read",
    )


def _prepare(target: Target, people: list[journey.Person]) -> dict[str, Any]:
    @cache
    def signed_in(lane: int) -> Browser:
        return journey.pair(target, people[lane], scope=f"{_SIGN_IN_SCOPE} measures.glucose.write")

    def push(lane: int) -> Worker:
        tokens = journey.tokens_for(target, signed_in(lane), _PUSH_SCOPE)
        return operations.push(target.host, tokens, oid=f"{_OID}.1", lane=lane)

    def sign_in(lane: int) -> Worker:
        person = people[lane]
        return operations.sign_in(target.host, "/login", {"identifier": person.identifier, "password": person.password})

    return oauth_prepare(target, signed_in) | {"push": push, "sign_in": sign_in}


def _software() -> str:
    return f"this tree, granian {version('granian')} with 2 workers"
