"""npm oidc-provider on PostgreSQL: two processes, a durable adapter of our own, its development sign-in pages."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from authz import entropy
from benchmarks import install, processes
from benchmarks.browser import Browser
from benchmarks.operations import Target, basic
from benchmarks.postgres import Cluster
from benchmarks.subject import Subject, oauth_prepare

_NAME = "oidc-provider"


@contextmanager
def serve(cluster: Cluster, folder: Path) -> Iterator[Subject]:
    """Install, start and hand over the peer."""
    home = install.oidc_provider()
    port, secret, log = processes.free_port(), entropy.new_secret("bench"), folder / f"{_NAME}.log"
    env = {
        "PATH": os.environ["PATH"],
        "NODE_ENV": "production",
        "BENCH_PORT": str(port),
        "BENCH_PROCESSES": "2",
        "BENCH_CLIENT_SECRET": secret,
        "BENCH_DATABASE_URL": cluster.create("bench_oidc_provider"),
    }
    with processes.running(["node", "server.js"], log=log, env=env, cwd=home) as process:
        seconds = processes.wait_until(process, lambda: processes.answers(port, "/jwks"), log=log)
        target = _target(port, secret)
        prepare = oauth_prepare(target, cache(lambda lane: _signed_in(target, lane)))
        yield Subject(f"{_NAME}-postgresql", _software(home), ("127.0.0.1", port), process, cluster, seconds, prepare)


def _target(port: int, secret: str) -> Target:
    who = basic("bench", secret)
    return Target(
        host=f"127.0.0.1:{port}",
        authorize="/auth",
        token="/token",
        introspect="/token/introspection",
        jwks="/jwks",
        client_id="bench",
        basic=who,
        redirect_uri="https://app.example.org/callback",
        scope="openid email profile measures.read",
        service_basic=who,
        service_scope="measures.read",
    )


def _signed_in(target: Target, lane: int) -> Browser:
    """Sign in and consent once on the development pages; both are remembered by the session and the grant."""
    browser = Browser(f"http://{target.host}")
    page = browser.open(target.authorize_url(silent=False))
    page = browser.submit(page, page.form(having="login"), login=f"alice{lane}", password="unused")
    browser.submit(page, page.form(having="prompt"))
    return browser


def _software(home: Path) -> str:
    version = json.loads((home / "node_modules" / "oidc-provider" / "package.json").read_text())["version"]
    return f"oidc-provider {version}, node cluster of 2"
