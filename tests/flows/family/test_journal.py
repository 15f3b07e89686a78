"""The journal of a space names who acts, to those who may know, and to nobody else."""

from __future__ import annotations

from tests.actors import Person
from tests.flows.family.conftest import Inviting, answers, opens
from tests.flows.family.test_proofs import name_of
from tests.flows.family.test_rights_that_end import stops


def test_holder_reads_who_acted(alice: Person, carer: Person) -> None:
    stops(carer, alice.profile_id())
    page, name = alice.get("/home/activity?kind=people").text, name_of(carer)
    assert f"{name} peut désormais ouvrir ce dossier" in page
    assert f"{name} ne peut plus ouvrir ce dossier" in page
    assert "Une autre personne qui gère ce dossier" not in page
    assert page.count(name) == 4  # and twice as who did it


def test_other_parent_is_named_and_carers_are_not_told_of_each_other(
    paul: Person, nadia: Person, mallory: Person
) -> None:
    for person in (paul, nadia, mallory):
        person.signs_in()
    opens(paul, "Zoé")
    answers(nadia, Inviting(paul).sends(nadia, "legal_representative"))
    answers(mallory, Inviting(paul).sends(mallory))
    opens(nadia, "Zoé")
    opens(mallory, "Zoé")
    page = nadia.get("/home/activity?kind=people").text
    assert f"{name_of(mallory)} peut désormais ouvrir ce dossier" in page
    assert name_of(paul) in page
    page = mallory.get("/home/activity?kind=people").text.partition("<main")[2]
    assert name_of(nadia) not in page
    assert name_of(paul) not in page
    assert "Une personne peut désormais ouvrir ce dossier" in page
    assert "Une autre personne qui gère ce dossier" in page
