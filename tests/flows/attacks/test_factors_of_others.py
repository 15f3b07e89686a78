"""Recovery codes and code apps attacked: guessed, replayed, raced, made or read by somebody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select

from authz import db
from authz.identity import attempts, otp, recovery_codes
from authz.identity.models import Account, RecoveryCode
from tests.actors import Person
from tests.clock import Clock
from tests.flows.pages.test_factors import codes_of, confirms_with, turns_on
from tests.standing import unit_in


def test_guesser_of_recovery_codes_runs_out_of_tries_and_the_patient_does_not(alice: Person, mallory: Person) -> None:
    """Whoever knows the password has twenty tries an hour; a known device keeps its own."""
    alice.signs_in()
    codes, device = codes_of(alice), alice.browser.get_cookie("device")
    thief = Person(alice.app, alice.mailbox, alice.identifier, alice.email, alice.account_id)
    answers = [confirms_with(thief, "recovery", "BBBBB-BBBBB").status_code for _ in range(attempts.CODE.limit)]
    assert answers == [400] * (attempts.CODE.limit - 1) + [429]  # Alice's own code was one from this network
    assert device is not None
    alice.new_browser()
    alice.browser.set_cookie("device", device.value)
    page = alice.submit(alice.get("/login"), "login", identifier=alice.identifier, password=alice.password)
    page = alice.submit(page, "second-factor", method="recovery")
    assert alice.submit(page, "second-factor", code=codes[0]).request.path == "/home/measures"


def test_of_many_who_use_one_code_at_once_one_does(alice: Person) -> None:
    alice.signs_in()
    code = codes_of(alice)[0]

    def use(_: int) -> bool:
        with unit_in(alice.app):
            return recovery_codes.spend(alice.account_id, code)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(8))) == 1


def test_of_many_who_make_codes_at_once_one_does(alice: Person) -> None:
    def make(_: int) -> int:
        with unit_in(alice.app):
            return len(recovery_codes.make(alice.account_id, instead_of=""))

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(make, range(6))) == [0] * 5 + [10]
    with unit_in(alice.app):
        assert recovery_codes.count_left(alice.account_id) == recovery_codes.COUNT


def test_code_of_one_is_nothing_for_another(alice: Person, mallory: Person) -> None:
    alice.signs_in()
    mallory.signs_in()
    code, _ = codes_of(mallory)[0], codes_of(alice)
    assert confirms_with(alice, "recovery", code).status_code == 400


@pytest.mark.parametrize("code", ["", " ", "BBBBB", "\x00" * 10, "é" * 10, "0" * 10, "%" * 10, "B" * 100])
def test_nonsense_is_not_a_code(alice: Person, code: str) -> None:
    alice.signs_in()
    codes_of(alice)
    assert confirms_with(alice, "recovery", code).status_code == 400


def test_who_sits_at_an_open_browser_makes_and_turns_off_nothing(alice: Person, clock: Clock) -> None:
    alice.signs_in()
    turns_on(alice)
    codes, off = alice.get("/home/security/recovery-codes"), alice.get("/home/security")
    clock.advance(minutes=11)
    for address in ("code-app", "recovery-codes"):
        assert alice.get(f"/home/security/{address}").request.path == "/home/confirm"
    assert alice.submit(codes, "codes").request.path == "/home/confirm"
    assert alice.submit(off, "code-app-off").request.path == "/home/confirm"
    with unit_in(alice.app):
        assert recovery_codes.count_left(alice.account_id) == 0
        assert [method.kind for method in otp.methods(alice.account_id)] == ["email", "totp"]


def test_no_code_or_secret_is_stored_as_it_is(alice: Person, app: Flask) -> None:
    alice.signs_in()
    secret, codes = turns_on(alice), codes_of(alice)
    with app.app_context(), db.reading() as connection:
        rows = str(
            [*connection.execute(select(RecoveryCode.__table__)), *connection.execute(select(Account.__table__))]
        )
    assert secret not in rows
    assert not any(code in rows or code.replace("-", "") in rows for code in codes)
