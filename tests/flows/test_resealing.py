"""A secret is replaced while everything runs: nothing is ever unreadable, nothing is lost, and the old one can go."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import select, update

from authz import clock, crypto, db, resealing, ring, sealing
from authz.notifications import contacts
from authz.notifications.contacts import Reach
from authz.notifications.models import Contact
from authz.ring import Ring, Secret
from authz.settings import Settings
from tests import standing
from tests.actors import Partner, Person
from tests.minting import mint_tokens

NEW = "new-" + "1" * 40
COUNT = 450


@pytest.fixture
def ring_file(tmp_path: Path, settings: Settings) -> Path:
    """Give the file of a ring with the secret that sealed what is in the database."""
    path = tmp_path / "ring"
    path.write_text(settings.secret_key + "\n", encoding="ascii")
    return path


@pytest.fixture
def space(make_app: Callable[..., Flask], ring_file: Path) -> Iterator[Flask]:
    """Give a server that follows the file, with contacts sealed before anything is replaced."""
    app = make_app(secret_key_file=str(ring_file))
    with standing.unit_in(app):
        for number in range(COUNT):
            contacts.add(_id(number), _reach(number), now=clock.now())
    with app.app_context():
        yield app


def _id(number: int) -> str:
    return f"{number:032}"


def _reach(number: int, host: str = "example.org") -> Reach:
    return Reach("fr", f"Person{number}@{host}", email_verified=True, phone=f"+3361234{number:04}", phone_verified=True)


def _replace(ring_file: Path) -> None:
    with ring.changing(ring_file) as current:
        ring.write(ring_file, Ring((Secret(NEW), *current.secrets)))


def _spoil(sealed: str, **which: str) -> None:
    """Write what opens with no key into a contact, as a disk that fails would."""
    with db.unit_of_work() as session:
        session.execute(update(Contact).filter_by(**which).values(email_sealed=sealed))


def _drop_old(ring_file: Path) -> None:
    ring.write(ring_file, Ring((Secret(NEW),)))


def _work() -> None:
    for _ in range(3):
        resealing.work()


def test_everything_is_sealed_anew_and_the_old_secret_goes(space: Flask, ring_file: Path) -> None:
    _replace(ring_file)
    assert contacts.list_by_email("person7@example.org") == [_id(7)]
    _work()
    assert set(resealing.count()) == {Secret(NEW).name}
    _drop_old(ring_file)
    space.extensions.pop("known_digest_root")
    root = crypto.keyed_digest("x", "stays")
    assert contacts.find(_id(449)) == _reach(449)
    assert contacts.list_by_email("person449@example.org") == [_id(449)]
    assert root == crypto.keyed_digest("x", "stays")


def test_digests_that_stay_are_the_same_before_and_after(space: Flask, ring_file: Path) -> None:
    before = crypto.keyed_digest("subject:", "profile")
    _replace(ring_file)
    _work()
    _drop_old(ring_file)
    space.extensions.pop("known_digest_root")
    assert crypto.keyed_digest("subject:", "profile") == before


@pytest.mark.usefixtures("space")
def test_look_ups_of_a_space_from_before_are_made_again() -> None:
    with db.unit_of_work() as session:
        old = crypto.keyed_digest("email", "person3@example.org")
        session.execute(update(Contact).where(Contact.account_id == _id(3)).values(email_digest=old))
    assert contacts.list_by_email("Person3@example.org") == [_id(3)]
    _work()
    with db.reading() as connection:
        kept = connection.execute(select(Contact.email_digest).where(Contact.account_id == _id(3))).scalar_one()
    assert kept == crypto.lookup("email", "person3@example.org")


@pytest.mark.parametrize("rows", [1, 150, 201, 399])
def test_worker_killed_in_the_middle_goes_on_where_it_was(space: Flask, ring_file: Path, rows: int) -> None:
    config = space.extensions["settings"]
    _replace(ring_file)
    program = [sys.executable, "-m", "tests.flows.dying_resealer", config.database, str(config.data_dir)]
    died = subprocess.run([*program, str(ring_file), str(rows)], capture_output=True, text=True, check=False)
    assert (died.returncode, died.stdout) == (-9, "")
    with db.reading() as connection:
        done = connection.execute(select(Contact.account_id).where(Contact.email_sealed.startswith(Secret(NEW).name)))
        assert len(done.all()) == (rows - 1) // 200 * 200, "whole batches, and no half of one"
    _work()
    assert set(resealing.count()) == {Secret(NEW).name}
    assert [contacts.find(_id(number)) for number in range(COUNT)] == [_reach(number) for number in range(COUNT)]


def test_page_that_writes_meanwhile_is_never_overwritten(space: Flask, ring_file: Path) -> None:
    _replace(ring_file)

    def write() -> None:
        with space.app_context():
            for number in range(0, COUNT, 3):
                with db.unit_of_work():
                    contacts.change(_id(number), "email", f"moved{number}@example.org", now=clock.now())

    page = Thread(target=write)
    page.start()
    _work()
    page.join()
    _work()
    for number in range(COUNT):
        address = f"moved{number}@example.org" if number % 3 == 0 else f"Person{number}@example.org"
        found = contacts.find(_id(number))
        assert found is not None
        assert found.email == address
        assert contacts.list_by_email(address) == [_id(number)]
    assert set(resealing.count()) == {Secret(NEW).name}


@pytest.mark.usefixtures("space")
def test_pass_begun_before_everybody_uses_the_secret_is_not_the_last(ring_file: Path) -> None:
    with ring.changing(ring_file) as current:
        ring.write(ring_file, Ring((Secret(NEW, clock.now() - timedelta(seconds=1)), *current.secrets)))
    _work()
    with db.reading() as connection:
        assert (
            connection.execute(select(sealing.Resealing.column).where(sealing.Resealing.done_at.is_not(None))).all()
            == []
        )


@pytest.mark.usefixtures("space")
def test_once_all_is_done_looking_costs_one_statement(
    sql_counter: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    _work()
    with sql_counter() as seen:
        resealing.work()
    assert len(seen) == 1


def test_patient_and_app_notice_nothing(
    make_app: Callable[..., Flask], ring_file: Path, alice: Person, glucoapp: Partner
) -> None:
    """A page that lies open, a signed-in browser and a link go on while one secret follows the other."""
    alice.app = glucoapp.app = make_app(secret_key_file=str(ring_file))
    alice.new_browser()
    glucoapp.http = glucoapp.app.test_client(use_cookies=False)
    tokens = mint_tokens(glucoapp, alice)
    alice.signs_in()
    page = alice.get("/home/profile")
    _replace(ring_file)
    assert alice.submit(page, "language", language="en").status_code == 200
    with glucoapp.app.app_context():
        _work()
        assert set(resealing.count()) == {Secret(NEW).name}
    assert alice.browser.get("/home/security").status_code == 200
    assert glucoapp.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("body", ["AAAA", "A", "A" * 80])
def test_row_that_does_not_open_holds_up_no_other(space: Flask, ring_file: Path, body: str) -> None:
    """The rest is sealed anew, columns after it too, and the old secret stays for what is left."""
    old = Secret(ring_file.read_text(encoding="ascii").strip()).name
    _spoil(f"{old}.{body}", account_id=_id(3))
    _replace(ring_file)
    _work()
    counts = resealing.count()
    assert counts.pop(old) == 2  # the text, and the look-up made of it
    assert set(counts) == {Secret(NEW).name}
    assert contacts.find(_id(4)) == _reach(4)
