"""Passwords that leaked elsewhere: asked by five characters of a hash, and never in the way of who chooses one."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask

from authz.identity import breached, enrolment, passwords
from tests import cast
from tests.mailbox import Mailbox
from tests.standing import unit_in
from tests.statements import counted

LEAKED = "sept girafes jouent aux dames"
CLEAN = "huit girafes jouent aux dames"


class Ranges:
    """The range service: which hashes leaked, what it was asked, and how it fails."""

    def __init__(self) -> None:
        digest = hashlib.sha1(LEAKED.encode()).hexdigest().upper()
        self.lines = {digest[:5]: [f"{digest[5:]}:42", f"{'0' * 35}:0"]}
        self.asked: list[tuple[str, str]] = []
        self.status, self.is_silent, self.release = 200, False, threading.Event()


@contextmanager
def _served(ranges: Ranges) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            ranges.asked.append((self.path, self.headers.get("Add-Padding", "")))
            if ranges.is_silent:
                ranges.release.wait(20)
            padding = [f"{number:035X}:0" for number in range(3)]
            body = "\r\n".join(ranges.lines.get(self.path[-5:], []) + padding).encode()
            self.send_response(ranges.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the test's output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/range/"
    finally:
        ranges.release.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def ranges(app: Flask) -> Iterator[Ranges]:
    """Have the server ask a range service on loopback."""
    service, before = Ranges(), app.extensions["settings"]
    with _served(service) as address:
        app.extensions["settings"] = dataclasses.replace(before, password_ranges=address, outbound_allow=("127.0.0.1",))
        yield service
    app.extensions["settings"] = before


def test_leaked_password_is_refused_and_five_characters_are_told(app: Flask, ranges: Ranges) -> None:
    with app.app_context():
        passwords.check_rules(CLEAN)
        with pytest.raises(passwords.PasswordRefused) as refusal:
            passwords.check_rules(LEAKED)
    assert refusal.value.params["rule"] == "breached"
    assert [(len(path), padding) for path, padding in ranges.asked] == [(len("/range/") + 5, "true")] * 2


def test_made_up_hash_among_the_answers_refuses_nobody(app: Flask, ranges: Ranges) -> None:
    """Padding has the count 0."""
    digest = hashlib.sha1(CLEAN.encode()).hexdigest().upper()
    ranges.lines[digest[:5]] = [f"{digest[5:]}:0"]
    with app.app_context():
        passwords.check_rules(CLEAN)
    assert ranges.asked


def test_password_that_breaks_another_rule_is_not_asked_about(app: Flask, ranges: Ranges) -> None:
    with app.app_context(), pytest.raises(passwords.PasswordRefused):
        passwords.check_rules("motdepasse123")
    assert ranges.asked == []


@pytest.mark.parametrize("fault", ["status", "silence", "nobody", "private"])
def test_service_that_does_not_answer_is_in_nobodys_way(
    app: Flask, ranges: Ranges, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = app.extensions["settings"]
    if fault == "status":
        ranges.status = 503
    elif fault == "silence":
        ranges.is_silent = True
        monkeypatch.setattr(breached, "SECONDS", 0.2)
    elif fault == "nobody":
        app.extensions["settings"] = dataclasses.replace(config, password_ranges="http://127.0.0.1:1/")
    else:
        app.extensions["settings"] = dataclasses.replace(config, outbound_allow=())
    with app.app_context():
        passwords.check_rules(LEAKED)


def test_no_transaction_waits_for_the_service(app: Flask, ranges: Ranges, caplog: pytest.LogCaptureFixture) -> None:
    """One that has begun is not held open for somebody else's server: it is not asked then, and the log says so."""
    with unit_in(app) as session:
        session.connection()
        passwords.check_rules(LEAKED)
    assert ranges.asked == []
    assert "breached:unasked" in [entry.message for entry in caplog.records]


def test_nobody_is_asked_unless_the_operator_says_so(app: Flask) -> None:
    with app.app_context(), counted() as seen:
        passwords.check_rules(LEAKED)
    assert seen == []


def test_patient_who_changes_the_password_reads_that_it_leaked(app: Flask, mailbox: Mailbox, ranges: Ranges) -> None:
    nadia = cast.enrol(app, mailbox, "nadia.benali")
    ranges.asked.clear()
    nadia.signs_in()
    page = nadia.submit(nadia.get("/home/security/password"), "password", current=nadia.password, new=LEAKED)
    assert page.status_code == 400
    assert "volé sur un autre site" in page.text
    page = nadia.submit(page, "password", current=nadia.password, new=CLEAN)
    assert page.request.path == "/home/security"
    assert len(ranges.asked) == 2


def test_operator_is_warned_of_a_leaked_password(app: Flask, ranges: Ranges) -> None:
    spec: dict[str, Any] = {"identifier": "nadia.benali", "password": LEAKED, "email": "nadia@example.org"}
    people = [{"given_name": "Nadia", "family_name": "Benali", "birthdate": "1984-05-03", "relation": "self"}]
    with unit_in(app):
        added = enrolment.add(spec | {"profiles": people})
    assert added["password_warning"] == "breached"
    assert len(ranges.asked) == 1
