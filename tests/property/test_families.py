"""Whatever a family does, in whatever order: nobody acts without a living delegation, and the limits hold.

Majority leaves no representative's right, nor that of a carer whom a representative chose.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from authz import clock as server_clock
from authz.errors import Refusal
from authz.identity import answers, birthdays, delegation, family, invitations, profiles
from authz.identity.models import Delegation
from authz.pairing import majority
from authz.ratelimit import Budget
from tests.actors import Person
from tests.cast import enrol
from tests.clock import Clock
from tests.mailbox import Mailbox
from tests.standing import unit_in

BORN = "2014-06-01"
START = datetime(2028, 6, 10, tzinfo=UTC)  # fourteen: both birthdays are ahead
EIGHTEEN = datetime(2032, 6, 1, tzinfo=UTC)
PEOPLE = 5
KINDS = st.sampled_from([delegation.CARER, delegation.REPRESENTATIVE, delegation.SELF])
ACTS = st.sampled_from(
    ["join", "join", "join", "invite", "accept", "refuse", "remove", "leave", "wait", "wait", "work"]
)
STEPS = st.lists(
    st.tuples(ACTS, st.integers(0, PEOPLE - 1), st.integers(0, PEOPLE - 1), KINDS), min_size=4, max_size=24
)
# What chance may miss: a carer whom a parent chose, an invitation of one who left, a parent whom the child invites.
PARENTS_CARER = [("join", 0, 1, delegation.CARER), ("wait", 0, 0, delegation.SELF)]
WHO_LEFT = [
    ("join", 0, 1, delegation.REPRESENTATIVE), ("invite", 1, 2, delegation.CARER), ("leave", 1, 0, delegation.CARER),
    ("accept", 2, 0, delegation.CARER),
]  # fmt: skip
GROWN_UP = [
    ("wait", 0, 0, delegation.REPRESENTATIVE), ("join", 0, 1, delegation.SELF), ("wait", 0, 0, delegation.SELF),
    ("work", 0, 0, delegation.CARER), ("join", 1, 0, delegation.CARER), ("remove", 1, 0, delegation.CARER),
]  # fmt: skip


@dataclass
class Living:
    """What the model knows of one who acts."""

    kind: str
    since: datetime


@dataclass
class Model:
    """A family as the rules would have it: who acts, and which invitations are out."""

    app: Flask
    people: list[Person]
    profile_id: str
    clock: Clock
    acting: dict[str, Living] = field(default_factory=dict)
    cards: list[tuple[invitations.Card, Person]] = field(default_factory=list)

    def right(self, account_id: str) -> str:
        """Return in which kind an account may act now, by age too; nothing if it may not."""
        living, now = self.acting.get(account_id), server_clock.now()
        if living is None:
            return ""
        is_over = now >= EIGHTEEN and living.kind != delegation.SELF
        return "" if is_over and (living.kind != delegation.CARER or living.since < EIGHTEEN) else living.kind

    def may(self, account_id: str, act: str) -> bool:
        """Tell whether an account may do something now."""
        kind = self.right(account_id)
        if kind == delegation.SELF and server_clock.now() < EIGHTEEN:
            return act in (delegation.SEE, delegation.LINK)
        table = {
            delegation.SELF: set(delegation.ACTS) - {delegation.REPRESENT},
            delegation.REPRESENTATIVE: set(delegation.ACTS),
            delegation.CARER: {delegation.SEE, delegation.LINK},
        }
        return kind != "" and act in table[kind]


def step(model: Model, act: str, who: Person, other: Person, kind: str) -> None:
    """Let somebody try something; what the server allows must have been right, and is noted."""
    if act == "wait":
        model.clock.advance(days={delegation.CARER: 7, delegation.REPRESENTATIVE: 330}.get(kind, 1460))
    elif act == "work":
        with unit_in(model.app):
            birthdays.see_to()
            majority.hold_lapsed()
    elif act == "join":
        # By whoever may invite in this kind, if anybody: families mostly do what they are allowed to.
        able = [one for one in model.people if model.may(one.account_id, invitations.TO_INVITE[kind])]
        invite(model, (able or [who])[0], other, kind)
        answer(model, other, "accept")
    elif act == "invite":
        invite(model, who, other, kind)
    elif act in ("accept", "refuse"):
        answer(model, who, act)
    else:
        end(model, who, other, act)


def invite(model: Model, who: Person, other: Person, kind: str) -> None:
    """Invite somebody."""
    with suppress(Refusal), unit_in(model.app):
        guest = invitations.Guest(other.identifier, other.email)
        card = invitations.send(who.account_id, model.profile_id, kind=kind, guest=guest)
        needed = delegation.PEOPLE if kind == delegation.CARER else delegation.REPRESENT
        assert model.may(who.account_id, needed)
        assert who is not other
        model.cards.append((card, other))


def answer(model: Model, who: Person, act: str) -> None:
    """Answer each invitation that is out with one's own account, the newest first."""
    for card, guest in reversed(model.cards):
        with suppress(Refusal), unit_in(model.app):
            found = answers.get_for(who.account_id, card.guest.code, network=f"{server_clock.now()}")
            assert (found.id, guest.account_id) == (card.id, who.account_id)
            assert server_clock.now() < card.expires_at
            if act == "refuse":
                answers.refuse(found, who.account_id)
            else:
                accept(model, found, who)
            model.cards.remove((card, guest))
            return


def accept(model: Model, card: invitations.Card, who: Person) -> None:
    """Accept, and note who acts since."""
    answers.accept(card, who.account_id, "relative")
    now = server_clock.now()
    assert model.right(who.account_id) == ""
    if card.kind != delegation.SELF:
        needed = delegation.PEOPLE if card.kind == delegation.CARER else delegation.REPRESENT
        assert model.may(card.account_id, needed)
    model.acting[who.account_id] = Living(card.kind, now)


def end(model: Model, who: Person, other: Person, act: str) -> None:
    """Remove somebody, or leave."""
    gone = other if act == "remove" else who
    with suppress(Refusal), unit_in(model.app):
        actor = family.find_of(gone.account_id, model.profile_id)
        if actor is None:
            return
        if act == "leave":
            family.leave(actor)
        elif delegation.may_act(who.account_id, model.profile_id, server_clock.now(), delegation.PEOPLE):
            family.remove(actor, by=who.account_id)
            assert model.may(who.account_id, delegation.PEOPLE)
            assert model.right(gone.account_id) == delegation.CARER
        else:
            return
        del model.acting[gone.account_id]


def check(model: Model) -> None:
    """Hold the server to the model: who sees, who acts how far, and how many there are."""
    now = server_clock.now()
    with model.app.app_context():
        for person in model.people:
            right = model.right(person.account_id)
            for act in delegation.ACTS:
                assert delegation.may_act(person.account_id, model.profile_id, now, act) == model.may(
                    person.account_id, act
                ), (person.identifier, right, act)
            assert (model.profile_id in {card.id for card in profiles.list_for(person.account_id)}) == bool(right)
            if not right:
                with pytest.raises(profiles.NotYourProfile):
                    profiles.get_for(person.account_id, model.profile_id)
        kinds = [one.kind for one in family.list_actors(model.profile_id)]
    assert sorted(kinds) == sorted(filter(None, (model.right(person.account_id) for person in model.people)))
    assert kinds.count(delegation.CARER) <= delegation.MOST_CARERS
    assert kinds.count(delegation.REPRESENTATIVE) <= (0 if now >= EIGHTEEN else delegation.MOST_REPRESENTATIVES)
    assert kinds.count(delegation.SELF) <= 1


@pytest.fixture
def people(app: Flask, mailbox: Mailbox) -> list[Person]:
    """Give accounts that have no space of their own, any of whom may be the child, a parent or a carer."""
    return [enrol(app, mailbox, f"member.number{n}", own_profile=False, birthdate=BORN) for n in range(PEOPLE)]


def test_no_order_of_events_opens_a_space_without_a_right(app: Flask, people: list[Person], clock: Clock) -> None:
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @example(PARENTS_CARER)
    @example(WHO_LEFT)
    @example(GROWN_UP)
    @given(STEPS)
    def run(steps: list[tuple[str, int, int, str]]) -> None:
        clock.move_to(START)
        parent = people[0].account_id
        with unit_in(app) as session:
            session.execute(delete(Budget))  # each family begins its own day
            over = {"until_at": START, "seat": None, "place": None}
            session.execute(update(Delegation).where(Delegation.until_at.is_(None)).values(**over))
            child = {"given_name": "Zoé", "family_name": "Martin", "birthdate": BORN}
            profile_id = family.begin_new(parent, child, relation="child", name="Alice").profile_id
        model = Model(app, people, profile_id, clock, {parent: Living(delegation.REPRESENTATIVE, START)})
        for act, who, other, kind in steps:
            step(model, act, people[who], people[other], kind)
            check(model)

    run()
