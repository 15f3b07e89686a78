"""The reference TLS front, as shipped, before a served space: only names of files and ports are filled in."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter

CONFIGURATION = Path(__file__).parents[2] / "deploy/nginx.conf"
UNPACKED = Path(__file__).parents[2] / ".venv/nginx/usr/sbin/nginx"  # where ./dev puts it
HOST, MTLS_HOST = "pairing.example.org", "mtls.pairing.example.org"
WHOLE = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    access_log off;
    {server}
}}
"""


@dataclass(frozen=True)
class Answer:
    """What came back through the front."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Front:
    """A running front."""

    port: int
    plain_port: int
    certificate: Path

    def ask(self, host: str, method: str, path: str, *, context: ssl.SSLContext | None = None, **sent: Any) -> Answer:
        """Make a request over TLS to one of the two names."""
        connection = HTTPConnection(host)
        with self.connect(host, context or trusting()) as secure:
            connection.sock = secure
            body = urlencode(sent["form"]) if "form" in sent else None
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
            connection.request(method, path, body=body, headers=headers | sent.get("headers", {}))
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())

    def connect(self, host: str, context: ssl.SSLContext) -> ssl.SSLSocket:
        """Open a connection that asks for a name."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        try:
            return context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise

    def lead(self, http: Session) -> None:
        """Have a session's requests to the two names come here, with the certificate checked."""
        http.verify, http.trust_env = str(self.certificate), False
        for host in (HOST, MTLS_HOST):
            http.mount(f"https://{host}", _Passage(host, self.port))


class _Passage(HTTPAdapter):
    """Takes requests for a name to where the front listens: nobody resolves the name."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.place = host, f"127.0.0.1:{port}"
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
        """Ask for the name in TLS, and check the certificate for it."""
        super().init_poolmanager(*arguments, **more, server_hostname=self.host, assert_hostname=self.host)

    def send(self, request: PreparedRequest, *arguments: Any, **more: Any) -> Response:
        """Send a request to the place instead of the name."""
        named = str(request.url)
        request.headers["Host"] = self.host
        request.url = urlsplit(named)._replace(netloc=self.place).geturl()
        answer = super().send(request, *arguments, **more)
        answer.url = request.url = named
        return answer


def trusting() -> ssl.SSLContext:
    """Return a context for tests, in which the server's certificate is nobody's business."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@contextmanager
def fronting(server_port: int, folder: Path, certificate: Path) -> Iterator[Front]:
    """Run the front before a server on loopback."""
    front = Front(_free_port(), _free_port(), certificate)
    for name in ("body", "proxy"):
        (folder / name).mkdir()
    text = CONFIGURATION.read_text(encoding="utf-8")
    text = re.sub(r"\n *listen \[::\].*", "", text)
    text = re.sub(r"/etc/appairage/tls/fullchain\.pem", str(certificate), text)
    text = re.sub(r"/etc/appairage/tls/privkey\.pem", str(certificate.with_name("key.pem")), text)
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{server_port}").replace("/var/log/nginx", str(folder))
    text = text.replace("listen 443", f"listen 127.0.0.1:{front.port}").replace(
        "listen 80", f"listen 127.0.0.1:{front.plain_port}"
    )
    (folder / "nginx.conf").write_text(WHOLE.format(folder=folder, server=text), encoding="utf-8")
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin") or str(UNPACKED)
    with subprocess.Popen([program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]) as process:
        try:
            _wait_for(front.port, process)
            yield front
        finally:
            process.terminate()
            process.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        assert process.poll() is None, "the front does not start"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the front does not answer")
