"""Every door into a space, tried by a stranger, by a carer, and by one whose right has ended, with real ids."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from authz.identity import delegation, family, invitations
from authz.pairing import pairings
from tests.actors import Forms, Partner, Person
from tests.cast import enrol
from tests.flows.family.conftest import Inviting, answers, opens
from tests.mailbox import Mailbox
from tests.standing import unit_in

CARER = delegation.acts_of(delegation.CARER, None)


def doors(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Yield each route into a space, and what it lets do."""
    for rule in app.url_map.iter_rules():
        act = getattr(app.view_functions[rule.endpoint], "act", None)
        if act:
            yield rule, act


def knocks(person: Person, rule: Rule, ids: dict[str, str]) -> Iterator[tuple[str, int, str]]:
    """Ask a route by each of its methods, with a form token of this browser; yields the answers."""
    page = person.get("/home/family")
    token = Forms(page.text).found["logout"]["csrf_token"]
    with person.app.test_request_context():
        known = {name: ids.get(name, "0" * 32) for name in rule.arguments}
        path = person.app.url_map.bind("localhost").build(rule.endpoint, known)
    for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
        data = {"csrf_token": token, "name": "X", "address": "x@example.org"} if method == "POST" else None
        answer = person.browser.open(path, method=method, data=data)
        yield f"{method} {path}", answer.status_code, answer.text


@pytest.fixture
def ids(alice: Person, glucoapp: Partner) -> dict[str, str]:
    """Give the ids of what is in Alice's space."""
    pairing_id = alice.pairs(glucoapp)["pairing_id"]
    with unit_in(alice.app):
        guest = invitations.Guest("X", "x@example.org")
        card = invitations.send(alice.account_id, alice.profile_id(), kind=delegation.CARER, guest=guest)
        own = family.list_actors(alice.profile_id())[0]
    return {"pairing_id": pairing_id, "invitation_id": card.id, "delegation_id": own.id, "kind": delegation.CARER}


@pytest.fixture
def helper(alice: Person, mallory: Person, ids: dict[str, str]) -> Person:
    """Give Mallory with Alice's space open to her."""
    mallory.signs_in()
    answers(mallory, Inviting(alice).sends(mallory))
    opens(mallory, "Alice")
    return mallory


def test_carer_passes_no_door_beyond_her_kind(app: Flask, helper: Person, ids: dict[str, str], alice: Person) -> None:
    """Refused with the same ids that open for Alice; and what a carer may is not shut."""
    for rule, act in doors(app):
        for asked, status, text in knocks(helper, rule, ids):
            is_refused = status == 403 and "Vous ne pouvez pas décider de cela ici" in text
            assert is_refused == (act not in CARER), f"{asked}: {status}"
    with unit_in(alice.app):
        assert invitations.get(alice.profile_id(), ids["invitation_id"]).state == "pending"
        assert len(family.list_actors(alice.profile_id())) == 2


def test_stranger_passes_no_door_with_ids_of_somebody_elses_space(
    app: Flask, mallory: Person, ids: dict[str, str], alice: Person
) -> None:
    """She has a space of her own open, in which Alice's ids name nothing."""
    mallory.signs_in()
    for rule, _act in doors(app):
        named = {name for name in rule.arguments if name in ids and name != "kind"}
        for asked, status, _text in knocks(mallory, rule, ids) if named else ():
            assert status == 404, f"{asked}: {status}"
    with unit_in(alice.app):
        assert pairings.get(alice.profile_id(), ids["pairing_id"]).state == "active"


def test_one_whose_right_ended_finds_every_door_shut(app: Flask, helper: Person, ids: dict[str, str]) -> None:
    """The tab still shows Alice's space; the next click says that it is closed."""
    with unit_in(app):
        (hers,) = [one for one in family.list_actors(app_profile(helper)) if one.kind == delegation.CARER]
        family.remove(hers, by="operator")
    for rule, _act in doors(app):
        for asked, status, text in knocks(helper, rule, ids):
            assert (status, "Ce dossier ne vous est plus ouvert" in text) == (403, True), asked


def app_profile(person: Person) -> str:
    """Return the id of the space that is open to a carer."""
    return person.profile_id("Alice")


def test_form_of_one_space_does_nothing_in_another(alice: Person, helper: Person) -> None:
    """Two tabs: the form was made for Alice's space, and meanwhile the browser is in her own."""
    page = helper.get(f"/home/family/spaces/{app_profile(helper)}")
    helper.submit(helper.get("/home/measures"), "whose", profile=helper.profile_id())
    answer = helper.submit(page, "family-end")
    assert "Cette page est dans un autre dossier" in answer.text
    with unit_in(alice.app):
        assert len(family.list_actors(alice.profile_id())) == 2
        hers = family.find_of(helper.account_id, alice.profile_id())
        assert hers
        family.leave(hers)
    assert helper.submit(page, "family-end").status_code == 403


def test_account_without_any_space_can_answer_an_invitation(app: Flask, alice: Person, mailbox: Mailbox) -> None:
    """An account made for a carer, who has no space here of her own."""
    helper = enrol(app, mailbox, "helper.only", own_profile=False)
    alice.signs_in()
    code = Inviting(alice).sends(helper)
    page = helper.signs_in()
    assert page.request.path == "/home/family"
    assert "Aucun pour l’instant" in page.text
    assert "Vous pouvez maintenant ouvrir" in answers(helper, code).text
    assert "Vous êtes dans le dossier <strong>d’Alice</strong>" in helper.get("/home/measures").text
