"""A closed space: nothing that was begun before, held by somebody else or kept aside opens it again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from authz import clock as server_clock
from authz.identity import closures, delegation, family, invitations, recovery_cases
from authz.identity.accounts import NoSuchAccount
from authz.identity.models import BrowserSession, Delegation
from authz.pairing import closing, erasing, pairings
from tests.actors import PASSWORD, Partner, Person
from tests.clock import Clock
from tests.flows import way_back
from tests.minting import mint_code, mint_tokens
from tests.standing import unit_in
from tests.statements import heard

Unit = Callable[[], AbstractContextManager[Session]]


def closed(person: Person, *, erase: bool = False) -> None:
    """Close somebody's space, as from their page."""
    with unit_in(person.app):
        closing.close(person.account_id, by=closures.HOLDER, erase=erase)


def test_code_and_tokens_from_before_are_dead(alice: Person, glucoapp: Partner, otherapp: Partner) -> None:
    tokens, code = mint_tokens(glucoapp, alice), mint_code(otherapp, alice)
    verifier = otherapp.verifier
    closed(alice)
    assert glucoapp.refresh(tokens["refresh_token"]).status_code == 400
    assert glucoapp.call("GET", "/userinfo", tokens["access_token"]).status_code in (401, 403)
    assert otherapp.redeem(code, code_verifier=verifier).status_code == 400
    active = glucoapp.post("/introspect", token=tokens["access_token"])
    assert active.json == {"active": False}


def test_session_from_before_opens_nothing_and_asks_for_nothing_silently(alice: Person, glucoapp: Partner) -> None:
    alice.pairs(glucoapp, consents=["measures.glucose.write"])
    closed(alice)
    assert alice.get("/home/measures").request.path.endswith("/login")
    silent = alice.get(glucoapp.address(prompt="none"))
    assert "error=login_required" in silent.headers["Location"]


def test_request_in_the_middle_goes_no_further(alice: Person, glucoapp: Partner) -> None:
    """The consent page lies open, or the password was right and the code comes after the closing."""
    page = alice.arrives_at_consent(glucoapp)
    closed(alice)
    after = alice.submit(page, "consent", decision="allow", profile=alice.profile_id(), scope=[], until="13")
    assert after.request.path.endswith(("/login", "/second-factor"))
    with unit_in(alice.app):
        assert pairings.list_of_profile(alice.profile_id()) == []


def test_code_typed_after_the_closing_only_offers_to_open_again(alice: Person) -> None:
    page = alice.submit(alice.get("/login"), "login", identifier=alice.identifier, password=PASSWORD)
    page = alice.submit(page, "second-factor", method="email")
    closed(alice)
    page = alice.submit(page, "second-factor", code=alice.mailbox.code_for(alice.email))
    assert page.request.path == "/home/close/reopen"
    for address in ("/home/measures", "/home/documents", "/home/security", "/home/profile", "/home/close"):
        assert alice.get(address).request.path.endswith("/login"), address


def test_session_written_at_the_same_moment_opens_nothing(alice: Person, unit: Unit) -> None:
    """It is looked at with its account each time: whichever was first, the closing wins."""
    alice.signs_in()
    closed(alice)
    with unit() as session:
        session.scalars(select(BrowserSession)).one().ended_at = None
    assert alice.get("/home/measures").request.path.endswith("/login")


def test_recovery_leads_nowhere(alice: Person, unit: Unit) -> None:
    closed(alice)
    before = len(alice.mailbox.messages(alice.email))
    way_back.begins(alice)
    assert len(alice.mailbox.messages(alice.email)) == before
    with unit(), pytest.raises(NoSuchAccount):
        recovery_cases.open_case(alice.identifier, by="olga")


def test_stranger_opens_nothing_again(alice: Person, mallory: Person) -> None:
    """Neither signed in as somebody else, nor without both factors, nor with the page of another's browser."""
    closed(alice)
    mallory.signs_in()
    assert mallory.get("/home/close/reopen").request.path != "/home/close/reopen"
    mallory.new_browser()
    page = mallory.submit(mallory.get("/login"), "login", identifier=alice.identifier, password=PASSWORD)
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    mallory.browser.post("/home/close/reopen", data={"csrf_token": token})
    with unit_in(alice.app):
        assert not closures.find(alice.account_id).erasing_at  # type: ignore[union-attr]


def test_carer_closes_nothing_of_another_and_loses_the_way_in(alice: Person, mallory: Person, unit: Unit) -> None:
    """With Alice's space open, a carer is offered their own; once Alice closes hers, they are out."""
    with unit() as session:
        session.add(
            Delegation(
                profile_id=alice.profile_id(), id="c" * 32, account_id=mallory.account_id, kind=delegation.CARER,
                relation="relative", from_at=session.scalars(select(Delegation.from_at)).first(),
            )
        )  # fmt: skip
    mallory.signs_in()
    page = mallory.get("/home/close")
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    mallory.browser.post("/home/profile/open", data={"profile": alice.profile_id(), "csrf_token": token})
    mallory.browser.post("/home/close", data={"csrf_token": token, "password": PASSWORD, "after": "erase"})
    with unit():
        assert closures.find(alice.account_id) is None
        assert closures.find(mallory.account_id) is None
    closed(alice)
    with unit():
        assert delegation.list_accounts(alice.profile_id(), server_clock.now()) == [alice.account_id]
    letters = mallory.mailbox.messages(mallory.email)
    assert any("Alice" in letter["text"] for letter in letters)


def test_parent_s_links_in_a_child_s_space_are_held(
    paul: Person, mallory: Person, glucoapp: Partner, unit: Unit
) -> None:
    """Somebody else represents Zoé too: her space goes on, and what Paul opened there waits for them."""
    zoe = paul.profile_id("Zoé")
    paul.pairs(glucoapp, consents=["measures.glucose.write"], profile=zoe)
    with unit() as session:
        session.add(
            Delegation(
                profile_id=zoe, id="d" * 32, account_id=mallory.account_id, kind=delegation.REPRESENTATIVE,
                relation="child", from_at=session.scalars(select(Delegation.from_at)).first(),
            )
        )  # fmt: skip
    closed(paul)
    with unit():
        (pairing,) = pairings.list_of_profile(zoe)
        assert (pairing.state, pairing.paused_until) == ("paused", None)


@pytest.mark.parametrize("number", [1, 5, 12, 20, 28])
def test_worker_that_dies_while_erasing_goes_on_afterwards(
    alice: Person, glucoapp: Partner, unit: Unit, clock: Clock, number: int
) -> None:
    """Whatever statement it dies before, nothing is half-done for ever."""
    mint_tokens(glucoapp, alice)
    closed(alice, erase=True)
    clock.advance(days=80)
    left = number

    class Death(BaseException):
        pass

    def die(statement: str) -> None:
        nonlocal left
        left -= statement.startswith(("DELETE", "UPDATE"))
        if left == 0:
            raise Death

    with unit():
        assert closures.list_due()
    with pytest.raises(Death), heard(die), unit():
        erasing.work()
        alice.mailbox.messages()
        erasing.work()
        clock.advance(days=2)
        erasing.work()
        raise Death
    for _ in range(2):
        clock.advance(days=2)
        with unit():
            erasing.work()
    with unit():
        row = closures.find(alice.account_id)
        assert row is not None
        assert row.erased_at is not None


def test_invitation_from_before_opens_no_closed_space(alice: Person, mallory: Person, unit: Unit) -> None:
    """The code is in a mailbox for a fortnight: closing takes it back, and opening again does not give it back."""
    with unit():
        guest = invitations.Guest("Une aide", mallory.email)
        card = invitations.send(alice.account_id, alice.profile_id(), kind=delegation.CARER, guest=guest)
    closed(alice)
    mallory.signs_in()
    for _ in range(2):
        assert mallory.get(f"/home/family/join?code={card.guest.written}").status_code == 404
        with unit_in(alice.app), suppress(closures.NotClosed):
            closing.reopen(alice.account_id)
    with unit():
        assert delegation.list_accounts(alice.profile_id(), server_clock.now()) == [alice.account_id]


def test_answer_that_comes_in_while_a_space_closes_does_not_last(alice: Person, mallory: Person, unit: Unit) -> None:
    """Whichever is written first, nobody acts for a closed space, and no closed account for anybody."""
    closed(alice)
    with unit():
        family.begin(mallory.account_id, alice.profile_id(), kind=delegation.CARER, relation="relative")
        family.begin(alice.account_id, mallory.profile_id(), kind=delegation.CARER, relation="relative")
    with unit():
        closing.end_late()
    with unit():
        for person in (alice, mallory):
            assert delegation.list_accounts(person.profile_id(), server_clock.now()) == [person.account_id]


def test_parents_who_close_at_once_do_not_leave_a_child_alone(paul: Person, mallory: Person, unit: Unit) -> None:
    zoe = paul.profile_id("Zoé")
    with unit():
        family.begin(mallory.account_id, zoe, kind=delegation.REPRESENTATIVE, relation="child")
    both = [paul.account_id, mallory.account_id]
    entered = Barrier(2)

    def closes(account_id: str) -> bool:
        try:
            with unit_in(paul.app):
                assert not closing.list_alone(account_id)
                entered.wait()
                closing.close(account_id, by=closures.HOLDER, erase=False)
        except closing.SoleRepresentative:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(closes, both)) == [False, True]
    with unit():
        (left,) = delegation.list_accounts(zoe, server_clock.now())
        assert closures.find(left) is None


def test_parents_who_leave_at_once_do_not_leave_a_child_alone(paul: Person, mallory: Person, unit: Unit) -> None:
    zoe = paul.profile_id("Zoé")
    with unit():
        family.begin(mallory.account_id, zoe, kind=delegation.REPRESENTATIVE, relation="child")
    with unit():
        actors = family.list_actors(zoe)
    entered = Barrier(2)

    def leaves(actor: family.Actor) -> bool:
        try:
            with unit_in(paul.app):
                entered.wait()
                family.leave(actor)
        except family.LastOne:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(leaves, actors)) == [False, True]


def test_case_that_waited_opens_no_closed_account(alice: Person, unit: Unit, clock: Clock) -> None:
    with unit():
        case = recovery_cases.open_case(alice.identifier, by="olga", email="mallory@example.org")
    closed(alice)
    clock.advance(days=2)
    with unit(), pytest.raises(recovery_cases.CaseRefused):
        recovery_cases.approve(case["case"], by="otto")
