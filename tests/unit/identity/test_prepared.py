"""Spaces made ready: written once for each person, opened by one code once, and sealed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from authz import clock, db, entropy
from authz.identity import civil, prepared, upkeep
from authz.identity.civil_models import Activation, CivilIdentity, PreparedSpace
from authz.identity.models import Profile
from tests.clock import Clock

Unit = Callable[[], AbstractContextManager[Session]]
NIR, OTHER_NIR, CARD = "258046999900114", "185052A99900110", "12345678901"
JEANNE = prepared.Space(
    prepared.Person("Jeanne", "Lefèvre", "1958-04-12"), NIR, CARD, "a pivot", "p" * 64, "jeanne@example.org", lang="fr"
)
ZOE = prepared.Space(prepared.Person("Zoé", "Lefèvre", "2017-09-02"), OTHER_NIR, representatives=(NIR,))


@pytest.fixture
def prepare(unit: Unit) -> Callable[..., list[str | None]]:
    """Prepare spaces; returns their codes."""

    def make(*spaces: prepared.Space) -> list[str | None]:
        with unit():
            return prepared.prepare(spaces, now=clock.now())

    return make


def _profile() -> str:
    profile_id = entropy.new_id()
    db.session().add(Profile(id=profile_id, person_sealed="x", created_at=clock.now()))
    return profile_id


def test_operator_prepares_a_space_that_its_code_finds(prepare: Callable[..., list[str | None]], app: Flask) -> None:
    [code, child] = prepare(JEANNE, ZOE)
    assert code
    assert child
    assert len(code.replace("-", "")) == 12
    with app.app_context():
        row = prepared.find_by_code(f" {code.lower()} ".replace("-", " "))
        assert row is not None
        assert prepared.person_of(row) == JEANNE.person
        assert prepared.reach_of(row) == {"email": "jeanne@example.org", "phone": ""}
        assert prepared.representatives_of(row) == []
        assert row.expires_at - row.created_at == prepared.CODE_TTL
        assert prepared.find_by_code("BCDF-GHJK-LMNP") is None
        zoe = prepared.find_by_code(child)
        assert zoe is not None
        assert list(prepared.representatives_of(zoe)) == [NIR]
        assert prepared.reach_of(zoe) == {"email": "", "phone": ""}
        assert prepared.find(zoe.id) == zoe


def test_what_is_kept_of_a_space_tells_nothing(prepare: Callable[..., list[str | None]], app: Flask) -> None:
    [code] = prepare(JEANNE)
    assert code
    with app.app_context(), db.reading() as connection:
        kept = str(connection.execute(select(PreparedSpace.__table__)).mappings().one())
    for told in (NIR, CARD, "Jeanne", "Lef", "1958", "jeanne", code, code.replace("-", ""), "a pivot"):
        assert told not in kept


def test_preparing_somebody_twice_makes_one_space(prepare: Callable[..., list[str | None]], unit: Unit) -> None:
    [code] = prepare(JEANNE)
    assert prepare(JEANNE, ZOE, ZOE)[0] is None
    assert prepare(ZOE) == [None]
    with unit() as session:
        assert len(session.scalars(select(PreparedSpace)).all()) == 2
        assert prepared.find_by_code(str(code)) is not None


def test_nobody_with_a_space_is_prepared_another(prepare: Callable[..., list[str | None]], unit: Unit) -> None:
    with unit():
        assert civil.keep(_profile(), civil.sealed(nir=NIR), now=clock.now())
    assert prepare(JEANNE) == [None]


def test_one_of_many_claims_a_space(prepare: Callable[..., list[str | None]], app: Flask, unit: Unit) -> None:
    [code] = prepare(JEANNE)
    won: list[bool] = []
    ready = threading.Barrier(8)

    def take() -> None:
        with app.app_context():
            row = prepared.find_by_code(str(code))
            ready.wait()
            with db.unit_of_work():
                won.append(prepared.claim(row, now=clock.now()))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 7 + [True]
    with unit():
        row = prepared.find_by_code(str(code))
        assert row is not None
        assert row.reach_sealed is None
        assert prepared.renew(NIR, now=clock.now()) is None


def test_a_new_code_ends_the_old_one_and_what_it_began(
    prepare: Callable[..., list[str | None]], unit: Unit, clock: Clock
) -> None:
    [code] = prepare(JEANNE)
    clock.advance(weeks=7)
    with unit() as session:
        old = prepared.find_by_code(str(code))
        assert old is not None
        begun: dict[str, Any] = {"id": entropy.new_id(), "prepared_id": old.id, "browser_digest": "b", "origin": "code"}
        session.add(Activation(**begun, tries=0, created_at=clock.now(), expires_at=clock.now()))
    with unit() as session:
        new = prepared.renew(NIR, now=clock.now())
        assert new
    with unit() as session:
        row = prepared.find_by_code(new)
        assert row is not None
        assert row.expires_at > clock.now() + prepared.CODE_TTL - timedelta(minutes=1)
        assert prepared.find_by_code(str(code)) is None
        assert session.scalars(select(Activation)).all() == []
        assert not prepared.claim(old, now=clock.now())
        assert prepared.claim(row, now=clock.now())
        assert prepared.renew(OTHER_NIR, now=clock.now()) is None


def test_a_pivot_identity_finds_the_one_unused_space_of_it(
    prepare: Callable[..., list[str | None]], unit: Unit
) -> None:
    prepare(JEANNE)
    with unit():
        row = prepared.find_by_pivot("p" * 64)
        assert row is not None
        assert prepared.find_by_pivot("q" * 64) is None
    prepare(prepared.Space(JEANNE.person, OTHER_NIR, CARD, "a pivot", "p" * 64))
    with unit():
        assert prepared.find_by_pivot("p" * 64) is None, "two of them: neither is meant"


def test_spaces_are_forgotten_when_their_time_is_over(
    prepare: Callable[..., list[str | None]], unit: Unit, clock: Clock
) -> None:
    [code, _child] = prepare(JEANNE, ZOE)
    with unit():
        assert prepared.claim(prepared.find_by_code(str(code)), now=clock.now())
    clock.advance(weeks=6, days=29)
    with unit():
        assert upkeep.purge(clock.now())["prepared_spaces"] == 0
    clock.advance(days=2)
    with unit():
        assert prepared.purge(clock.now()) == 1
    clock.advance(days=365)
    with unit():
        assert prepared.purge(clock.now()) == 1


def test_a_civil_identity_is_found_by_what_is_known_of_it(unit: Unit) -> None:
    with unit() as session:
        first, second = _profile(), _profile()
        session.flush()
        facts = civil.sealed(nir=NIR, card=CARD, pivot="a pivot", pivot_digest="p" * 64)
        assert civil.keep(first, facts, now=clock.now())
        assert not civil.keep(second, civil.sealed(nir=NIR), now=clock.now()), "a number is one person's"
        assert civil.keep(second, civil.sealed(pivot="a pivot", pivot_digest="p" * 64), now=clock.now())
    with unit() as session:
        assert civil.find_by_nir(NIR) == first
        assert civil.find_by_nir(OTHER_NIR) is None
        assert civil.list_by_pivot("p" * 64) == sorted([first, second])
        assert civil.has_one_of(first, [OTHER_NIR, NIR])
        assert not civil.has_one_of(first, [OTHER_NIR])
        assert not civil.has_one_of(second, [NIR])
        assert not civil.has_one_of("nobody", [NIR])
        row = session.get(CivilIdentity, first)
        assert row is not None
        assert NIR not in str(vars(row))
        civil.forget(first)
    with unit():
        assert civil.find_by_nir(NIR) is None
