"""Closing one's health space, coming back to it, and its erasure."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from authz import audit
from authz import clock as now
from authz.cli import working
from authz.db import Base
from authz.identity import closures
from authz.pairing import closing, erasing
from authz.pairing.models import Pairing
from tests.actors import PASSWORD, Partner, Person
from tests.clock import Clock
from tests.mailbox import Mailbox

Unit = Callable[[], AbstractContextManager[Session]]
CLOSE = "/home/close"


def close(person: Person, *, erase: bool = False) -> None:
    """Close the space of somebody who is signed in."""
    page = person.get(CLOSE)
    done = person.submit(page, "close", password=PASSWORD, after="erase" if erase else "archive")
    assert done.request.path == "/home/close/done", done.text
    assert "fermé" in done.text or "closed" in done.text


@pytest.fixture
def linked(alice: Person, glucoapp: Partner) -> dict[str, str]:
    """Link Alice with GlucoApp, and sign her in; returns the app's tokens."""
    tokens = alice.pairs(glucoapp, consents=["measures.glucose.write"])
    return {"access": tokens["access_token"], "refresh": tokens["refresh_token"]}


def test_patient_reads_what_closing_means_and_closes(
    alice: Person, glucoapp: Partner, linked: dict[str, str], mailbox: Mailbox, unit: Unit
) -> None:
    """Links, tokens and browsers are dead at once; every address is written to."""
    assert CLOSE in alice.get("/home/profile").text
    close(alice)
    assert alice.get("/home/measures").request.path.endswith("/login")
    assert glucoapp.refresh(linked["refresh"]).status_code == 400
    assert glucoapp.call("GET", "/userinfo", linked["access"]).status_code in (401, 403)
    with unit() as session:
        assert session.scalars(select(Pairing.state)).all() == ["ended"]
        assert session.scalars(select(Pairing.end_reason)).all() == ["closure"]
        row = closures.find(alice.account_id)
        assert row is not None
        assert row.due_at.year == row.closed_at.year + 10
    assert any("fermé" in letter["subject"] for letter in mailbox.messages(alice.email))


def test_language_of_the_browser_stays(alice: Person) -> None:
    alice.signs_in()
    alice.get("/home/profile?lang=en")
    close(alice)
    assert 'lang="en"' in alice.get("/home/close/done").text


@pytest.mark.parametrize("password", ["", "not my password at all"])
def test_wrong_password_closes_nothing(alice: Person, password: str) -> None:
    alice.signs_in()
    page = alice.submit(alice.get(CLOSE), "close", password=password)
    assert page.status_code == 400
    assert "Ce n’est pas votre mot de passe." in page.text
    assert alice.get("/home/measures").status_code == 200


def test_patient_comes_back_by_signing_in(alice: Person, linked: dict[str, str], mailbox: Mailbox, unit: Unit) -> None:
    """Both factors first; then one page, which opens the space again; the links stay ended."""
    close(alice, erase=True)
    alice.new_browser()
    page = alice.signs_in()
    assert page.request.path == "/home/close/reopen"
    assert "rien n’est effacé" in page.text
    assert alice.get("/home/measures").request.path.endswith("/login"), "nothing else is open meanwhile"
    alice.submit(page, "reopen")
    assert alice.get("/home/measures").status_code == 200
    with unit() as session:
        assert closures.find(alice.account_id) is None
        assert session.scalars(select(Pairing.state)).all() == ["ended"]
    assert any("rouvert" in letter["subject"] for letter in mailbox.messages(alice.email))
    assert linked


def test_patient_leaves_it_closed(alice: Person) -> None:
    alice.signs_in()
    close(alice)
    page = alice.signs_in()
    alice.submit(page, "leave")
    assert alice.get("/home/close/reopen").request.path.endswith("/login")


def test_parent_who_is_alone_is_told_why_not(paul: Person, unit: Unit) -> None:
    """A child's space is never left without anybody: the page says so, and so does a form sent all the same."""
    paul.signs_in()
    page = paul.get(CLOSE)
    assert "Zoé" in page.text
    assert "password" not in page.text
    with unit(), pytest.raises(closing.SoleRepresentative):
        closing.close(paul.account_id, by="holder", erase=False)


def test_whose_space_is_open_decides(paul: Person) -> None:
    """With a child's space open, the page offers one's own first."""
    paul.signs_in()
    page = paul.get("/home/profile")
    paul.browser.post("/home/profile/open", data={"profile": paul.profile_id("Zoé"), "csrf_token": _token(page.text)})
    page = paul.get(CLOSE)
    assert 'id="own"' in page.text
    assert 'id="close"' not in page.text


def _token(page: str) -> str:
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


def _rows(session: Session) -> dict[str, int]:
    tables = Base.metadata.sorted_tables
    return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def test_erasure_leaves_the_proof_and_the_chain(
    alice: Person, linked: dict[str, str], mailbox: Mailbox, unit: Unit, clock: Clock
) -> None:
    """What was asked is done when it is due; nothing of her is left, and the journal still verifies."""
    with unit():
        profile_id = alice.profile_id()
        audit.record("record:download", profile_id=profile_id, account_id=alice.account_id)
    close(alice, erase=True)
    mailbox.messages(alice.email)  # delivered
    with unit():
        working.chain_journal()
        erasing.work()
        assert not closures.find(alice.account_id).erasing_at, "not before it is due"  # type: ignore[union-attr]
    clock.advance(days=80)
    for _ in range(2):
        with unit():
            erasing.work()
        mailbox.messages(alice.email)  # the last letter leaves
    with unit() as session:
        working.chain_journal()
        row = closures.find(alice.account_id)
        assert row is not None
        assert row.erased_at is not None
        assert row.erased_at - row.erase_asked_at < timedelta(days=90)
        left = {name for name, count in _rows(session).items() if count}
        assert left & {"account", "profile", "contact", "message", "pairing", "consent", "token_family"} == set()
        tags = session.scalars(select(audit.Activity.tag).where(audit.Activity.profile_id == profile_id))
        assert set(tags) == {"erased"}
        assert audit.find_break() is None
    assert alice.submit(alice.get("/login"), "login", identifier=alice.identifier, password=PASSWORD).status_code == 400
    assert linked


def test_journal_line_erased_by_hand_breaks_the_chain(alice: Person, unit: Unit) -> None:
    """Whoever writes to the database cannot make a line look erased by us."""
    with unit() as session:
        audit.record("record:download", profile_id=alice.profile_id(), account_id=alice.account_id)
        working.chain_journal()
        row = session.scalars(select(audit.Activity).where(audit.Activity.tag == "record:download")).one()
        row.tag, row.detail = "erased", '{"seal": "0"}'
    with unit():
        assert audit.find_break() is not None


def test_archive_ends_after_ten_years(alice: Person, unit: Unit, clock: Clock) -> None:
    alice.signs_in()
    close(alice)
    clock.advance(days=3640)
    with unit():
        erasing.work()
        assert closures.may_reopen(alice.account_id)
    clock.advance(days=30)
    with unit():
        erasing.work()
    clock.advance(days=2)
    with unit():
        erasing.work()
        row = closures.find(alice.account_id)
        assert row is not None
        assert row.erased_at is not None
    assert now.now().year >= 2036


def test_erasure_under_way_cannot_be_undone(alice: Person, unit: Unit, clock: Clock) -> None:
    alice.signs_in()
    close(alice, erase=True)
    clock.advance(days=80)
    with unit():
        assert closures.claim(alice.account_id)
    with unit(), pytest.raises(closures.BeingErased):
        closing.reopen(alice.account_id)
    with unit(), pytest.raises(closures.BeingErased):
        closing.ask_erasure(alice.account_id, by="olga")
    assert alice.submit(alice.get("/login"), "login", identifier=alice.identifier, password=PASSWORD).status_code == 400


def test_what_came_in_while_it_was_closed_is_ended(alice: Person, linked: dict[str, str], unit: Unit) -> None:
    """A consent that was being written at that moment lives no longer than the worker's next look."""
    close(alice)
    with unit() as session:
        pairing = session.scalars(select(Pairing)).one()
        pairing.state, pairing.ended_at, pairing.end_reason = "active", None, None
    with unit():
        closing.end_late()
    with unit() as session:
        assert session.scalars(select(Pairing.state)).one() == "ended"
    assert linked
