"""My data to take away: everything in one file, for who may, and never unseen."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from authz import audit
from authz import clock as server_clock
from authz.identity import delegation
from connectors.records import reading
from connectors.records.contract import Origin
from consent_ui.export import archive
from tests.actors import Partner, Person
from tests.clock import Clock
from tests.contract.record_store import REPORT, weighed

Unit = Callable[[], AbstractContextManager[Session]]
EXPORT, FILE = "/home/export", "/home/export/file"


def exported(person: Person) -> tuple[zipfile.ZipFile, dict[str, Any]]:
    """Take the data away: the zip, and the data in it."""
    page = person.submit(person.get(EXPORT), "export")
    assert page.status_code == 200
    answer = person.browser.get(FILE)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/zip"
    found = zipfile.ZipFile(io.BytesIO(answer.data))
    assert found.testzip() is None
    return found, json.loads(found.read("data.json"))


def fill(unit: Unit, profile_id: str, *, documents: int = 1, content: bytes = b"%PDF-1") -> None:
    origin, now = Origin(profile_id, "glucoapp", "1" * 32), server_clock.now()
    with unit():
        for days in range(5):
            reading.store().put_measure(origin, replace(weighed(days, 60.5 + days), effective_at=now), at=now)
        for number in range(documents):
            new = replace(REPORT, identifier=f"1.2.{number}", content=content + str(number).encode())
            reading.store().put_document(origin, new, at=now)


def test_patient_takes_everything_away(alice: Person, glucoapp: Partner, unit: Unit) -> None:
    """Every category is there, with the words of each consent, the files, and a summary on paper."""
    alice.pairs(glucoapp, consents=["measures.glucose.write"])
    fill(unit, alice.profile_id())
    found, data = exported(alice)
    assert (data["export"]["format"], data["export"]["version"]) == ("appairage-export", 1)
    assert data["export"]["asked_as"] == "self"
    assert data["profile"]["given_name"] == "Alice"
    assert data["account"]["identifier"] == alice.identifier
    assert data["account"]["contacts"]["email"] == alice.email
    assert data["people"][0]["kind"] == "self"
    assert len(data["sessions"]) == 1
    assert data["messages"]
    (link,) = data["links"]
    assert link["app_account"] == {"account": "c.moreau@example.org"}
    assert all(one["text"]["title"] and one["text_digest"] and one["by_you"] for one in link["decisions"])
    assert [one["value"] for one in data["measures"] if one["kind"] == "weight"] != []
    (document,) = data["documents"]
    assert found.read(document["file"]) == b"%PDF-10"
    assert {"pairing:open", "record:export", "account:login"} <= {row["tag"] for row in data["activity"]}
    assert found.read("resume.pdf").startswith(b"%PDF")


def test_nothing_secret_is_in_it(alice: Person) -> None:
    alice.signs_in()
    _, data = exported(alice)
    text = json.dumps(data)
    for word in ("password_hash", "totp_secret", "$argon2", "secret_digest", "_sealed", "sid"):
        assert f'"{word}' not in text


def test_it_is_told_and_written_down(alice: Person, unit: Unit) -> None:
    alice.signs_in()
    exported(alice)
    assert any("téléchargées" in letter["subject"] for letter in alice.mailbox.messages(alice.email))
    with unit():
        assert audit.list_of_profile(alice.profile_id(), tags=["record:export"])


def test_nobody_fetches_what_was_not_asked_for_here(alice: Person, mallory: Person, clock: Clock) -> None:
    """Neither by an address alone, nor ten minutes later, nor for a space that is opened afterwards."""
    alice.signs_in()
    assert alice.get(FILE).request.path == EXPORT
    alice.submit(alice.get(EXPORT), "export")
    assert alice.browser.get(FILE).status_code == 200
    clock.advance(minutes=11)
    assert alice.get(FILE).request.path != FILE
    mallory.signs_in()
    assert mallory.get(FILE).request.path == EXPORT


def test_second_factor_has_to_be_recent(alice: Person, clock: Clock) -> None:
    alice.signs_in()
    clock.advance(minutes=15)
    assert alice.get(EXPORT).request.path == "/home/confirm"
    assert alice.get(FILE).request.path == "/home/confirm"


def test_parent_takes_a_childs_data_and_nothing_of_the_account(paul: Person, unit: Unit) -> None:
    """Each space by itself: the one that is open."""
    zoe = paul.profile_id("Zoé")
    fill(unit, zoe)
    paul.signs_in()
    _opens(paul, zoe)
    _, data = exported(paul)
    assert data["export"]["asked_as"] == "legal_representative"
    assert data["profile"]["given_name"] == "Zoé"
    assert len(data["documents"]) == 1
    assert {"account", "sessions", "messages", "profiles"} & set(data) == set()
    _opens(paul, paul.profile_id())
    assert paul.get(FILE).request.path == EXPORT, "asked for Zoé's, not for this one"


@pytest.mark.parametrize("address", [EXPORT, FILE])
def test_carer_takes_nothing_away(alice: Person, mallory: Person, unit: Unit, address: str) -> None:
    with unit():
        delegation.add(
            mallory.account_id, alice.profile_id(), kind=delegation.CARER, relation="relative",
            now=server_clock.now() - timedelta(days=1),
        )  # fmt: skip
    mallory.signs_in()
    _opens(mallory, alice.profile_id())
    page = mallory.get(EXPORT)
    assert 'id="export"' not in page.text
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    refused = mallory.browser.post(EXPORT, data={"csrf_token": token})
    assert refused.status_code == 403
    assert address == EXPORT or mallory.browser.get(FILE).status_code == 403
    with unit():
        assert audit.list_of_profile(alice.profile_id(), tags=["record:export"]) == []


def test_sixth_of_a_day_has_to_wait(alice: Person) -> None:
    alice.signs_in()
    pages = [alice.submit(alice.get(EXPORT), "export") for _ in range(1)]
    for _ in range(5):
        token = _token(alice.get("/home/profile").text)
        pages.append(alice.browser.post(EXPORT, data={"csrf_token": token}))
    assert [page.status_code for page in pages[1:]] == [303, 303, 303, 303, 429]


def test_large_record_is_sent_document_by_document(alice: Person, unit: Unit) -> None:
    """Forty megabytes go out, and no more than a few of them are ever held."""
    fill(unit, alice.profile_id(), documents=40, content=bytes(range(256)) * 4096)
    alice.signs_in()
    alice.submit(alice.get(EXPORT), "export")
    alice.browser.get(FILE)  # typst and its fonts are loaded
    tracemalloc.start()
    with alice.browser.get(FILE, buffered=False) as answer:
        count = sum(1 for _ in answer.iter_encoded())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count > 40
    assert peak < 12_000_000


def test_zip_is_readable_whatever_is_in_it() -> None:
    entries = [("a.txt", [b"one", b"", b"two"]), ("é/b.bin", [b"\x00" * 100_000])]
    written = b"".join(archive.stream(iter(entries), at=server_clock.now()))
    with zipfile.ZipFile(io.BytesIO(written)) as found:
        assert found.read("a.txt") == b"onetwo"
        assert len(found.read("é/b.bin")) == 100_000
    sections = [("one", {"a": server_clock.now()}), ("none", iter(())), ("two", iter([1, "é"]))]
    assert json.loads(b"".join(archive.as_json(sections)))["two"] == [1, "é"]


def _token(page: str) -> str:
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


def _opens(person: Person, profile_id: str) -> None:
    token = _token(person.get("/home/profile").text)
    person.browser.post("/home/profile/open", data={"profile": profile_id, "csrf_token": token})
