"""django-oauth-toolkit on PostgreSQL under granian: two processes, sessions in the database, consent skipped."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from authz import entropy
from benchmarks import install, operations, processes
from benchmarks.browser import Browser
from benchmarks.load import Worker
from benchmarks.operations import Target, basic
from benchmarks.postgres import Cluster
from benchmarks.subject import Subject, oauth_prepare

_NAME = "django-oauth-toolkit"
_PEOPLE = 8
_SERVER = ["--interface", "wsgi", "--http", "1", "--workers", "2", "--blocking-threads", "1", "--no-ws"]


@contextmanager
def serve(cluster: Cluster, folder: Path) -> Iterator[Subject]:
    """Install, lay, start and hand over the peer."""
    programs = install.django()
    port, log = processes.free_port(), folder / f"{_NAME}.log"
    env = _environment(cluster, folder)
    site = install.PEERS / "django"
    _lay(programs, site, env)
    command = [
        str(programs / "granian"),
        *_SERVER,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "bench_wsgi:application",
    ]
    with processes.running(command, log=log, env=env, cwd=site) as process:
        seconds = processes.wait_until(process, lambda: processes.answers(port, "/o/.well-known/jwks.json"), log=log)
        target, password = _target(port, env["BENCH_CLIENT_SECRET"]), env["BENCH_PASSWORD"]
        prepare = oauth_prepare(target, cache(lambda lane: _signed_in(target, lane, password)))
        prepare["sign_in"] = lambda lane: _sign_in(target, lane, password)
        yield Subject(
            f"{_NAME}-postgresql", _software(programs), ("127.0.0.1", port), process, cluster, seconds, prepare
        )


def _environment(cluster: Cluster, folder: Path) -> dict[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    key_file = folder / "django.pem"
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return {
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
        "DJANGO_SETTINGS_MODULE": "bench_settings",
        "BENCH_DATABASE_URL": cluster.create("bench_django"),
        "BENCH_SECRET_KEY": entropy.new_secret("key"),
        "BENCH_CLIENT_SECRET": entropy.new_secret("bench"),
        "BENCH_PASSWORD": entropy.new_secret("pw", 12),
        "BENCH_PEOPLE": str(_PEOPLE),
        "BENCH_KEY_FILE": str(key_file),
    }


def _lay(programs: Path, site: Path, env: dict[str, str]) -> None:
    done = subprocess.run(
        [programs / "python", "bench_prepare.py"], cwd=site, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise processes.StartFailed(done.stderr[-2000:])


def _target(port: int, secret: str) -> Target:
    return Target(
        host=f"127.0.0.1:{port}",
        authorize="/o/authorize/",
        token="/o/token/",
        introspect="/o/introspect/",
        jwks="/o/.well-known/jwks.json",
        client_id="bench",
        basic=basic("bench", secret),
        redirect_uri="https://app.example.org/callback",
        scope="openid email profile measures.read",
        service_basic=basic("bench-service", secret),
        service_scope="measures.read",
        silent="",  # it has no prompt=none for someone signed in; its skip_authorization does the same
    )


def _signed_in(target: Target, lane: int, password: str) -> Browser:
    browser = Browser(f"http://{target.host}")
    page = browser.open("/login/")
    browser.submit(page, page.form(having="login"), username=f"alice{lane}", password=password)
    return browser


def _sign_in(target: Target, lane: int, password: str) -> Worker:
    return operations.sign_in(target.host, "/login/", {"username": f"alice{lane}", "password": password})


def _software(programs: Path) -> str:
    listed = subprocess.run(
        [programs / "pip", "list", "--format=freeze"], capture_output=True, text=True, check=True
    ).stdout
    version = next(line.split("==")[1] for line in listed.splitlines() if line.startswith("django-oauth-toolkit=="))
    return f"django-oauth-toolkit {version}, granian 2x1"
