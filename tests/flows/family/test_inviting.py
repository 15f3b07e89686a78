"""Inviting a carer and the other representative, answering, removing and leaving, on the pages."""

from __future__ import annotations

import pytest

from authz.identity import delegation, family
from tests.actors import Person
from tests.clock import Clock
from tests.flows.family.conftest import CODE, Inviting, answers, opens
from tests.standing import unit_in


def actors(person: Person, profile_id: str) -> list[tuple[str, str]]:
    """List who acts for a profile, by kind and name."""
    with unit_in(person.app):
        return [(one.kind, one.name) for one in family.list_actors(profile_id)]


def subjects(person: Person) -> list[str]:
    """List what a person was written about."""
    return [message["subject"] for message in person.mailbox.messages(person.email)]


def test_patient_invites_a_carer_who_accepts(alice: Person, mallory: Person) -> None:
    alice.signs_in()
    page = Inviting(alice).asks(mallory, name="  Mallory   S. ")
    assert "Invitation pour Mallory S." in page.text
    (code, *_) = CODE.findall(page.text)
    letter = mallory.mailbox.messages(mallory.email)[-1]
    assert "vous invite" in letter["subject"]
    assert f"/home/family/join?code={code}" in letter["text"]
    assert "en attente d’une réponse" in alice.get("/home/family").text
    mallory.signs_in()
    offer = mallory.get(f"/home/family/join?code={code}")
    assert "Alice Martin vous invite" in offer.text
    done = mallory.submit(offer, "join", decision="accept", relation="relative")
    assert "Vous pouvez maintenant ouvrir le dossier d’Alice" in done.text
    assert actors(alice, alice.profile_id()) == [("self", "Alice Martin"), ("carer", "Mallory Martin")]
    assert any("peut maintenant ouvrir" in subject for subject in subjects(alice))
    shown = opens(mallory, "Alice")
    assert "Vous êtes dans le dossier <strong>d’Alice</strong> : votre proche" in shown.text
    page = mallory.submit(shown, "whose", profile=mallory.profile_id())
    assert "Vous êtes dans le dossier" not in page.text
    assert "Mallory Martin peut désormais ouvrir ce dossier" in alice.get("/home/activity").text


def test_guest_types_the_code_and_says_no(alice: Person, mallory: Person) -> None:
    alice.signs_in()
    code = Inviting(alice).sends(mallory).lower().replace("-", " ")
    mallory.signs_in()
    asked = mallory.get("/home/family/join")
    assert "Tapez le code" in asked.text
    done = answers(mallory, code, decision="refuse")
    assert "Vous avez dit non" in done.text
    assert actors(alice, alice.profile_id()) == [("self", "Alice Martin")]
    assert any("a refusé" in subject for subject in subjects(alice))
    assert "refusée" in alice.get("/home/family").text
    over = mallory.get(f"/home/family/join?code={code}")
    assert over.status_code in (404, 410)


def test_patient_takes_an_invitation_back(alice: Person, mallory: Person) -> None:
    alice.signs_in()
    page = Inviting(alice).asks(mallory)
    (code, *_) = CODE.findall(page.text)
    alice.submit(page, "withdraw")
    mallory.signs_in()
    assert answers(mallory, code).status_code in (404, 410)
    assert "retirée" in alice.get("/home/family").text


def test_invitation_is_over_after_a_fortnight(alice: Person, mallory: Person, clock: Clock) -> None:
    alice.signs_in()
    code = Inviting(alice).sends(mallory)
    clock.advance(days=14, seconds=1)
    mallory.signs_in()
    page = answers(mallory, code)
    assert page.status_code == 410
    assert "n’est plus ouverte" in page.text or "on y a répondu" in page.text.lower()
    alice.new_browser()
    alice.signs_in()
    assert "plus valable" in alice.get("/home/family").text


def test_patient_removes_a_carer_at_once(alice: Person, carer: Person) -> None:
    opens(carer, "Alice")
    page = alice.get("/home/family")
    link = page.text.split('href="/home/family/people/')[1].split('"')[0]
    page = alice.get(f"/home/family/people/{link}")
    assert "Retirer Mallory Martin ?" in page.text
    done = alice.submit(page, "family-end")
    assert "ne peut plus ouvrir ce dossier" in done.text
    for address in ("/home/measures", "/home/documents", "/home/services", "/home/activity"):
        shut = carer.get(address)
        assert shut.status_code == 403
        assert "Ce dossier ne vous est plus ouvert" in shut.text
    back = carer.submit(shut, "lapsed", profile=carer.profile_id())
    assert back.status_code == 200
    assert any("ne peut plus ouvrir" in subject for subject in subjects(carer))


def test_carer_leaves_by_herself(alice: Person, carer: Person) -> None:
    opens(carer, "Alice")
    hers = alice.profile_id()
    page = carer.submit(carer.get(f"/home/family/spaces/{hers}"), "family-end")
    assert "Vous ne pouvez plus ouvrir ce dossier" in page.text
    assert carer.get("/home/measures").status_code == 200
    assert actors(alice, hers) == [("self", "Alice Martin")]
    assert carer.get(f"/home/family/spaces/{hers}").status_code == 403


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": " ", "address": "x@example.org"}, "Tapez le nom"),
        ({"name": "X", "address": "nowhere"}, "une adresse e-mail ressemble"),
        ({"name": "X", "address": "ALICE.martin@example.org"}, "C’est votre propre adresse"),
    ],
)
def test_invitation_that_cannot_be_sent_says_why(alice: Person, fields: dict[str, str], said: str) -> None:
    alice.signs_in()
    page = alice.submit(alice.get("/home/family/invitations/new/carer"), "invite", **fields)
    assert page.status_code == 400
    assert 'aria-invalid="true"' in page.text
    assert said in page.text or "Tapez l’adresse" in page.text or "name@" in page.text or "nom@" in page.text


def test_parent_invites_the_other_who_decides_too(paul: Person, nadia: Person, mallory: Person) -> None:
    paul.signs_in()
    opens(paul, "Zoé")
    zoe = paul.profile_id("Zoé")
    code = Inviting(paul).sends(nadia, "legal_representative", "Nadia")
    nadia.signs_in()
    assert "autorité parentale" in nadia.get(f"/home/family/join?code={code}").text
    answers(nadia, code)
    assert actors(paul, zoe) == [("legal_representative", "Paul Martin"), ("legal_representative", "Nadia Martin")]
    opens(nadia, "Zoé")
    Inviting(nadia).sends(mallory, name="Mamie")
    assert any("est invitée à aider Zoé" in subject for subject in subjects(paul))
    page = paul.get("/home/family")
    assert "Inviter l’autre représentant" not in page.text  # there are two
    assert "/home/family/people/" not in page.text  # and neither removes the other
    with unit_in(paul.app), pytest.raises(delegation.NotAllowed):
        family.remove(family.list_actors(zoe)[1], by=paul.account_id)


def test_only_representative_cannot_leave_the_child(paul: Person, nadia: Person) -> None:
    paul.signs_in()
    opens(paul, "Zoé")
    zoe = paul.profile_id("Zoé")
    page = paul.submit(paul.get(f"/home/family/spaces/{zoe}"), "family-end")
    assert page.status_code == 409
    code = Inviting(paul).sends(nadia, "legal_representative")
    nadia.signs_in()
    answers(nadia, code)
    paul.submit(paul.get(f"/home/family/spaces/{zoe}"), "family-end")
    assert actors(nadia, zoe) == [("legal_representative", "Nadia Martin")]


def test_own_space_cannot_be_left(alice: Person) -> None:
    alice.signs_in()
    page = alice.submit(alice.get(f"/home/family/spaces/{alice.profile_id()}"), "family-end")
    assert page.status_code == 403
