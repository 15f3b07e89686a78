"""Who may act for whom, and until when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from authz import db
from authz.identity import delegation, profiles
from authz.identity.models import Delegation
from tests.unit.identity.conftest import FAMILY, PAUL

NOW = datetime(2026, 11, 24, tzinfo=UTC)
DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))


def _zoe(account_id: str) -> str:
    return next(card.id for card in profiles.list_for(account_id) if not card.is_self)


@given(DAYS, DAYS)
def test_age_is_a_year_more_on_each_birthday(born: date, on: date) -> None:
    years = delegation.age(born, on)
    assert delegation.age(born, on + timedelta(days=1)) - years in (0, 1)
    assert abs((on - born).days - years * 365.2425) < 368


def test_who_was_born_on_a_leap_day_comes_of_age_on_the_first_of_march() -> None:
    assert delegation.age(date(2016, 2, 29), date(2034, 2, 28)) == 17
    assert delegation.age(date(2016, 2, 29), date(2034, 3, 1)) == 18


@pytest.mark.parametrize(
    ("relation", "born", "kind"),
    [
        ("self", None, "self"),
        ("child", date(2016, 2, 29), "legal_representative"),
        ("ward", date(2016, 2, 29), "legal_representative"),
        ("child", date(2000, 1, 1), "carer"),
        ("child", None, "carer"),
        ("parent", date(1940, 1, 1), "carer"),
    ],
)
def test_relation_says_in_which_kind_one_acts(relation: str, born: date | None, kind: str) -> None:
    assert delegation.kind_for(relation, born, NOW) == kind


def test_parent_acts_for_a_child_until_majority(app: Flask, paul: str) -> None:
    with app.app_context():
        zoe = _zoe(paul)
        assert delegation.may_act(paul, zoe, NOW + timedelta(days=1))
        assert delegation.may_act(paul, zoe, datetime(2034, 2, 28, 23, tzinfo=UTC))
        assert not delegation.may_act(paul, zoe, datetime(2034, 3, 1, 1, tzinfo=UTC))
        assert delegation.list_accounts(zoe, NOW + timedelta(days=1)) == [paul]
        assert delegation.list_accounts(zoe, datetime(2034, 3, 1, 1, tzinfo=UTC)) == []


def test_stranger_cannot_act_for_a_profile(app: Flask, alice: str, paul: str) -> None:
    with app.app_context():
        later = datetime.now(UTC) + timedelta(days=1)
        assert not delegation.may_act(alice, _zoe(paul), later)
        assert not delegation.may_act(paul, "0" * 32, later)


def test_delegation_counts_only_between_its_ends(app: Flask, paul: str) -> None:
    with app.app_context():
        zoe, now = _zoe(paul), datetime.now(UTC)
        assert not delegation.may_act(paul, zoe, now - timedelta(days=1))
        with db.unit_of_work() as session:
            session.execute(update(Delegation).where(Delegation.profile_id == zoe).values(until_at=now))
        assert not delegation.may_act(paul, zoe, now + timedelta(seconds=1))
        assert [card.is_self for card in profiles.list_for(paul)] == [True]


def test_carer_cannot_look_after_a_sixth_person(enrol: Callable[..., str]) -> None:
    def people(count: int) -> list[dict[str, str]]:
        parents = [{"given_name": f"Parent {n}", "family_name": "Durand", "relation": "parent"} for n in range(count)]
        return FAMILY + parents

    enrol(PAUL, profiles=people(5))
    with pytest.raises(delegation.TooManyPeople):
        enrol(PAUL, identifier="paul.durand2", profiles=people(6))


def test_person_cannot_have_a_fourth_carer(app: Flask, enrol: Callable[..., str], alice: str) -> None:
    others = [enrol(PAUL, identifier=f"carer.number{n}", profiles=[]) for n in range(4)]
    with app.app_context():
        hers, now = profiles.find_own(alice), datetime.now(UTC)
        assert hers
        for other in others[:3]:
            with db.unit_of_work():
                delegation.add(other, hers, kind="carer", relation="parent", now=now)
        with pytest.raises(delegation.TooManyPeople), db.unit_of_work():
            delegation.add(others[3], hers, kind="carer", relation="parent", now=now)
        assert delegation.list_accounts(hers, now)[0] == alice
