"""Papers that prove who acts: one at the start and one at the end, in the record, once, whatever kills the worker."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from authz import audit, clock, events
from authz.identity import accounts, birthdays, delegation, family, profiles
from authz.notifications import worker
from connectors import paper, records
from connectors.cgm.texts import long_date
from connectors.proofs import making, waiting, wording
from connectors.proofs.waiting import ProofRow
from connectors.records import Document, identities
from tests.actors import Partner, Person
from tests.cast import enrol
from tests.flows.family.conftest import Inviting, answers, opens
from tests.flows.family.test_rights_that_end import stops
from tests.mailbox import Mailbox
from tests.standing import unit_in


def works(app: Flask) -> None:
    """Let the worker do what packages above it brought."""
    worker.run(app, once=True, jobs=app.extensions["jobs"])


def proofs(person: Person, profile_id: str) -> list[Document]:
    """List the papers of a space, oldest first."""
    with person.app.app_context():
        return sorted(records.documents(profile_id), key=lambda one: one.created_at)


def waits(person: Person) -> int:
    """Count what is to be made."""
    with unit_in(person.app) as session:
        return len(session.scalars(select(ProofRow)).all())


def test_carer_s_start_and_end_are_papers_that_can_be_downloaded(alice: Person, carer: Person) -> None:
    works(alice.app)
    stops(carer, alice.profile_id())
    works(alice.app)
    begin, end = proofs(alice, alice.profile_id())
    assert (begin.title, end.title) == (
        f"Preuve : {name_of(carer)} peut agir pour quelqu’un", f"Preuve : {name_of(carer)} n’agit plus pour quelqu’un",
    )  # fmt: skip
    assert {one.category for one in (begin, end)} == {"DOC_ADM"}
    assert all(one.is_hidden_from_professionals and one.is_of_space for one in (begin, end))
    page = alice.get("/home/documents").text
    assert begin.title in page
    shown = alice.get(f"/home/documents/{end.id}").text
    assert "Papiers administratifs" in shown
    assert "personne ne peut le modifier ni le supprimer" in shown
    file = alice.get(f"/home/documents/{end.id}/file")
    assert file.data.startswith(b"%PDF")
    assert b"/StructTreeRoot" in file.data
    assert waits(alice) == 0
    assert "Un document a été ajouté" in alice.get("/home/activity").text


def test_paper_is_in_the_holder_s_language(alice: Person, carer: Person) -> None:
    alice.submit(alice.get("/home/profile"), "language", language="en")
    works(alice.app)
    (begin,) = proofs(alice, alice.profile_id())
    assert begin.title == f"Proof: {name_of(carer)} may act for somebody"


def name_of(person: Person) -> str:
    """Return what a person calls themselves."""
    with person.app.app_context():
        return accounts.find_name(person.account_id)


def test_paper_made_again_is_not_kept_twice(alice: Person, carer: Person) -> None:
    """Two workers made it at once: one keeps it."""
    with alice.app.app_context():
        rows = waiting.list_due()

    def make() -> None:
        with alice.app.app_context():
            worker.each(rows, making._make, after_fault=waiting.put_off)

    with ThreadPoolExecutor(3) as pool:
        for future in [pool.submit(make) for _ in range(3)]:
            future.result()
    assert len(proofs(carer, alice.profile_id())) == 1
    with unit_in(alice.app) as session:
        told = audit.list_of_profile(alice.profile_id(), tags=["record:document:add"])
        assert len(told) == 1
        assert session.scalars(select(ProofRow)).all() == []


@pytest.mark.parametrize("statement", ["DELETE FROM proof", "INSERT INTO document", "INSERT INTO activity"])
def test_worker_killed_at_any_statement_makes_it_once(alice: Person, carer: Person, statement: str) -> None:
    config = alice.app.extensions["settings"]
    program = [sys.executable, "-m", "tests.flows.family.dying_prover", config.database, str(config.data_dir)]
    died = subprocess.run([*program, statement], capture_output=True, text=True, check=False)
    assert (died.returncode, died.stdout) == (-9, "")
    assert proofs(alice, alice.profile_id()) == []
    assert waits(carer) == 1
    works(alice.app)
    works(alice.app)
    assert len(proofs(alice, alice.profile_id())) == 1
    assert waits(alice) == 0


def test_proof_that_cannot_be_made_is_put_off_and_stops_no_other(
    alice: Person, carer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(wording._WORDS, "page", {})  # what a damaged installation would do
    works(alice.app)
    assert proofs(alice, alice.profile_id()) == []
    assert waits(carer) == 1
    monkeypatch.undo()
    works(alice.app)
    assert proofs(alice, alice.profile_id()) == []
    with unit_in(alice.app) as session:
        (row,) = session.scalars(select(ProofRow)).all()
        assert row.due_at > row.at + timedelta(minutes=9)
        row.due_at = row.at
    works(alice.app)
    assert len(proofs(alice, alice.profile_id())) == 1


def test_both_representatives_read_it_and_a_carer_reads_only_what_names_her(
    paul: Person, nadia: Person, mallory: Person
) -> None:
    zoe = paul.profile_id("Zoé")
    for person in (paul, nadia, mallory):
        person.signs_in()
    opens(paul, "Zoé")
    answers(nadia, Inviting(paul).sends(nadia, "legal_representative"))
    answers(mallory, Inviting(paul).sends(mallory))
    works(paul.app)
    of_nadia, of_mallory = sorted(proofs(paul, zoe), key=lambda one: one.details["account_id"] == mallory.account_id)
    for person, seen in ((paul, 2), (nadia, 2), (mallory, 1)):
        if person is not paul:
            opens(person, "Zoé")
        page = person.get("/home/documents").text
        assert sum(f"/home/documents/{one.id}" in page for one in (of_nadia, of_mallory)) == seen
    for path in ("", "/file"):
        assert mallory.get(f"/home/documents/{of_nadia.id}{path}").status_code == 404
        assert mallory.get(f"/home/documents/{of_mallory.id}{path}").status_code == 200


def test_majority_and_removal_are_said(alice: Person, carer: Person, paul: Person) -> None:
    with unit_in(alice.app):
        (actor,) = [one for one in family.list_actors(alice.profile_id()) if one.kind == delegation.CARER]
        family.remove(actor, by=alice.account_id)
        mine = family.find_of(paul.account_id, paul.profile_id("Zoé"))
        assert mine
        events.delegation_ended.send(family.Change(mine, "majority"))
    told = {}
    with unit_in(carer.app):
        born = profiles.birthdate(paul.profile_id("Zoé"))
        assert born
        birthday = birthdays.birthday(born, delegation.MAJORITY)
        for row in waiting.list_due():
            facts = making._facts(row)
            assert facts
            words = wording.words(facts, lang="fr", space="Essai")
            told[row.why] = [cell for part in words["parts"] for line in part["rows"] for cell in line]
            assert paper.make(words).startswith(b"%PDF")
    assert f"{name_of(alice)} a retiré cet accès." in told["removed"]
    assert any("majeur" in cell for cell in told["majority"])
    assert long_date(birthday, "fr") in told["majority"]  # the day itself, whenever the worker saw to it
    assert f"Par une invitation de {name_of(alice)}, que cette personne a acceptée." in told["invited"]


def test_own_space_of_an_adolescent_needs_no_proof(paul: Person) -> None:
    zoe = paul.profile_id("Zoé")
    with unit_in(paul.app):
        mine = family.find_of(paul.account_id, zoe)
        assert mine
        holder = family.Actor("f" * 32, paul.account_id, zoe, delegation.SELF, "self", "Zoé", clock.now())
        events.delegation_began.send(family.Change(holder, "invited"))
    assert waits(paul) == 0


def test_app_that_reads_documents_does_not_learn_who_acts(alice: Person, carer: Person, glucoapp: Partner) -> None:
    """Names of the family stay here, whatever an app may read."""
    works(alice.app)
    (proof,) = proofs(carer, alice.profile_id())
    glucoapp.scope = "openid documents.read"
    tokens = alice.pairs(glucoapp, consents=["documents.read"])
    found = glucoapp.call("GET", "/fhir/DocumentReference", tokens["access_token"])
    assert found.status_code == 200
    assert found.json["total"] == 0
    for kind in ("DocumentReference", "Binary"):
        shown = f"/fhir/{kind}/{identities.shown(proof.id)}"
        assert glucoapp.call("GET", shown, tokens["access_token"]).status_code == 404


def test_nothing_is_made_for_a_space_that_is_erased(app: Flask, alice: Person, carer: Person, mailbox: Mailbox) -> None:
    other = enrol(app, mailbox, "nadia.benali")
    with unit_in(app):
        rows = waiting.list_due()
        assert waiting.erase(other.profile_id(), limit=10) == 0
        assert waiting.erase(alice.profile_id(), limit=10) == 1
    with app.app_context():
        worker.each(rows, making._make, after_fault=waiting.put_off)
    assert proofs(carer, alice.profile_id()) == []


def test_account_that_is_erased_meanwhile_leaves_no_row(alice: Person, carer: Person) -> None:
    with unit_in(alice.app) as session:
        row = session.scalars(select(ProofRow)).one()
        row.delegation_id = "0" * 32
    works(carer.app)
    assert waits(alice) == 0
    assert proofs(alice, alice.profile_id()) == []
