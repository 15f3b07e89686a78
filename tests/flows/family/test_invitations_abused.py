"""Invitations in the wrong hands: stolen, forwarded, guessed, used twice, sent to oneself or by who may not."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import update

from authz.identity import answers as service
from authz.identity import delegation, family, invitations
from authz.identity.models import Invitation
from authz.notifications.models import Contact
from tests.actors import Person
from tests.cast import enrol
from tests.clock import Clock
from tests.flows.family.conftest import Inviting, answers, opens
from tests.mailbox import Mailbox
from tests.standing import unit_in


def count(person: Person, profile_id: str) -> int:
    """Count who acts for a profile."""
    with person.app.app_context():
        return len(family.list_actors(profile_id))


def test_thief_of_the_code_gets_the_answer_of_a_wrong_one(alice: Person, mallory: Person, nadia: Person) -> None:
    """Read over a shoulder, or forwarded by its guest: it is good for the address alone, and still open for it."""
    alice.signs_in()
    code = Inviting(alice).sends(nadia)
    mallory.signs_in()
    stolen = mallory.get(f"/home/family/join?code={code}")
    wrong = mallory.get("/home/family/join?code=BBBB-BBBB-BBBB")
    assert stolen.status_code == wrong.status_code == 404
    assert stolen.text.replace(code, "") == wrong.text.replace("BBBB-BBBB-BBBB", "")
    page = mallory.get("/home/family/join")
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    forced = mallory.browser.post("/home/family/join", data={"csrf_token": token, "code": code, "decision": "accept"})
    assert forced.status_code == 404
    assert count(alice, alice.profile_id()) == 1
    nadia.signs_in()
    answers(nadia, code)
    assert count(alice, alice.profile_id()) == 2


def test_code_is_kept_as_a_keyed_digest_and_sealed(app: Flask, alice: Person) -> None:
    alice.signs_in()
    code = Inviting(alice).sends("guest@example.org").replace("-", "")
    with unit_in(app) as session:
        (row,) = session.query(Invitation).all()
        kept = " ".join(str(value) for value in vars(row).values())
    assert code not in kept
    assert "guest@example.org" not in kept


def test_guessing_codes_runs_into_the_budget(mallory: Person) -> None:
    mallory.signs_in()
    tried = [mallory.get(f"/home/family/join?code=BBBB-BBBB-BB{n:02}").status_code for n in range(22)]
    assert tried[:20] == [404] * 20
    assert tried[20:] == [429] * 2


def test_code_opens_once(alice: Person, carer: Person, app: Flask) -> None:
    """Removed again, the carer tries the code of the past."""
    with unit_in(app):
        family.remove(family.list_actors(alice.profile_id())[-1], by=alice.account_id)
    code = Inviting(alice).sends(carer)
    answers(carer, code)
    with unit_in(app):
        family.remove(family.list_actors(alice.profile_id())[-1], by=alice.account_id)
    assert answers(carer, code).status_code == 410
    assert count(alice, alice.profile_id()) == 1


def test_nobody_accepts_without_a_recent_second_factor(alice: Person, mallory: Person, clock: Clock) -> None:
    alice.signs_in()
    code = Inviting(alice).sends(mallory)
    mallory.signs_in()
    offer = mallory.get(f"/home/family/join?code={code}")
    clock.advance(minutes=11)
    page = mallory.submit(offer, "join", decision="accept")
    assert page.request.path == "/home/confirm"
    assert count(alice, alice.profile_id()) == 1
    alice.browser.get("/home/family")
    assert alice.get("/home/family/invitations/new/carer").request.path == "/home/confirm"


def test_patient_cannot_invite_herself(app: Flask, alice: Person) -> None:
    """By another address of hers neither."""
    with unit_in(app):
        guest = invitations.Guest("Alice", "second@example.org")
        card = invitations.send(alice.account_id, alice.profile_id(), kind=delegation.CARER, guest=guest)
        with pytest.raises(invitations.OwnAddress):
            service.accept(card, alice.account_id, "relative")
    assert count(alice, alice.profile_id()) == 1


def test_invitation_dies_with_the_right_of_who_sent_it(paul: Person, nadia: Person, mallory: Person) -> None:
    """Nadia represents Zoé, invites a carer, and stops representing."""
    paul.signs_in()
    opens(paul, "Zoé")
    nadia.signs_in()
    answers(nadia, Inviting(paul).sends(nadia, "legal_representative"))
    opens(nadia, "Zoé")
    code = Inviting(nadia).sends(mallory)
    zoe = paul.profile_id("Zoé")
    nadia.submit(nadia.get(f"/home/family/spaces/{zoe}"), "family-end")
    mallory.signs_in()
    assert answers(mallory, code).status_code == 410


def test_carer_cannot_bring_in_another(alice: Person, carer: Person) -> None:
    opens(carer, "Alice")
    assert carer.get("/home/family/invitations/new/carer").status_code == 403
    with unit_in(carer.app), pytest.raises(delegation.NotAllowed):
        guest = invitations.Guest("X", "x@example.org")
        invitations.send(carer.account_id, alice.profile_id(), kind=delegation.CARER, guest=guest)


@pytest.mark.parametrize("kind", ["legal_representative", "self", "healthcare_professional"])
def test_adults_space_has_no_representative_to_invite(alice: Person, kind: str) -> None:
    alice.signs_in()
    assert alice.get(f"/home/family/invitations/new/{kind}").status_code in (403, 404)


def test_full_house_leaves_the_invitation_open(app: Flask, alice: Person, mailbox: Mailbox) -> None:
    """Four invited, three seats: the fourth is refused, and may answer again once a seat is free."""
    alice.signs_in()
    guests = [enrol(app, mailbox, f"guest.number{n}") for n in range(4)]
    codes = [Inviting(alice).sends(guest, name=f"Guest {n}") for n, guest in enumerate(guests)]
    for guest, code in zip(guests, codes, strict=True):
        guest.signs_in()
        last = answers(guest, code)
    assert last.status_code == 409
    assert "trois aidants au plus" in last.text
    with unit_in(app):
        family.remove(family.list_actors(alice.profile_id())[-1], by=alice.account_id)
    assert "Vous pouvez maintenant ouvrir" in answers(guests[-1], codes[-1]).text


def test_flood_of_invitations_stops(app: Flask, alice: Person) -> None:
    """A stranger's mailbox is not filled through us."""
    alice.signs_in()
    for n in range(invitations.OF_ACCOUNT):
        Inviting(alice).sends(f"guest{n}@example.org")
    assert Inviting(alice).asks("one.more@example.org").status_code == 429


def test_address_that_was_never_verified_does_not_count(app: Flask, alice: Person, mallory: Person) -> None:
    alice.signs_in()
    code = Inviting(alice).sends(mallory)
    mallory.signs_in()
    with unit_in(app) as session:
        mine = update(Contact).where(Contact.account_id == mallory.account_id)
        session.execute(mine.values(email_verified_at=None))
    assert answers(mallory, code).status_code == 404
