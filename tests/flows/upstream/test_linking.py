"""Linking an identity to an account: with proof of both, agreed to, told of, to one account only, and undone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from authz import clock as clocks
from authz.identity import civil, pivot, recovery_cases, upstream_identities
from authz.identity.federation import Proven
from authz.identity.upstream_models import UpstreamIdentity
from authz.identity.upstream_refusals import UpstreamTaken
from tests.clock import Clock
from tests.fakes.openid_provider import ALICE, Upstream
from tests.flows.upstream.visits import Visitor, asked
from tests.standing import unit_in


def _proven(upstream: Upstream, subject: str = "pairwise-alice") -> Proven:
    return Proven("fc", upstream.url, subject, "eidas1", {}, "id-token", clocks.epoch())


def _subjects(visitor: Visitor) -> list[str]:
    return [str(message["subject"]) for message in visitor.person.mailbox.messages(visitor.person.email)]


def test_patient_links_from_security_and_unlinks(her: Visitor, upstream: Upstream) -> None:
    page = her.links(upstream)
    assert page.request.path == "/home/security"
    assert "FranceConnect est relié" in page.text
    assert "FranceConnect relié à Mon dossier santé" in _subjects(her)
    page = her.person.get(f"/home/security/identities/{her.linked[0].id}")
    assert "Alice Élodie MARTIN" in page.text
    page = her.person.submit(page, "unlink")
    assert page.request.path == "/home/security"
    assert her.linked == []
    assert "FranceConnect n’est plus relié à Mon dossier santé" in _subjects(her)
    her.starts_over()
    assert her.goes(upstream).request.path.endswith("/login")


def test_link_asks_for_a_new_sign_in_at_both(her: Visitor, other_upstream: Upstream, clock: Clock) -> None:
    """Ten minutes after the second factor the way there is closed, and there nobody is taken as signed in already."""
    her.person.signs_in()
    params = asked(her.begins_to_link(other_upstream))
    assert (params["prompt"], params["max_age"]) == ("login", "0")
    clock.advance(minutes=10)
    answer = her.person.browser.get("/home/security/identities/new/mallory")
    assert answer.headers["Location"].startswith("/home/confirm?")


def test_second_factor_that_has_grown_old_meanwhile_is_asked_for_again(
    her: Visitor, upstream: Upstream, clock: Clock
) -> None:
    her.person.signs_in()
    clock.advance(minutes=6)
    page = her.person.get(upstream.lets_in(her.begins_to_link(upstream)))
    clock.advance(minutes=5)
    page = her.person.submit(page, "link", decision="link")
    assert page.request.path == "/home/confirm"
    assert her.linked == []
    page = her.person.submit(page, "second-factor", method="email")
    page = her.person.submit(page, "second-factor", code=her.person.mailbox.code_for(her.person.email))
    assert page.request.path.endswith("/link")
    her.person.submit(page, "link", decision="link")
    assert len(her.linked) == 1


def test_identity_that_is_linked_already_stays_as_it_is(her: Visitor, upstream: Upstream) -> None:
    her.links(upstream)
    first = her.linked
    page = her.person.get(upstream.lets_in(her.begins_to_link(upstream)))
    assert page.request.path == "/home/security"
    assert her.linked == first


def test_identity_of_one_account_is_not_linked_to_another(
    her: Visitor, visitor: Callable[..., Visitor], upstream: Upstream
) -> None:
    her.links(upstream)
    mallory = visitor("mallory.stranger")
    mallory.person.signs_in()
    page = mallory.person.get(upstream.lets_in(mallory.begins_to_link(upstream)))
    assert page.status_code == 409
    assert her.person.identifier not in page.text
    assert mallory.linked == []


def test_second_identity_of_a_provider_is_not_linked(her: Visitor, upstream: Upstream) -> None:
    her.links(upstream)
    upstream.person["sub"] = "pairwise-twin"
    page = her.person.get(upstream.lets_in(her.begins_to_link(upstream)))
    assert her.person.submit(page, "link", decision="link").status_code == 409
    assert len(her.linked) == 1


def test_same_address_or_name_links_nothing(her: Visitor, visitor: Callable[..., Visitor], upstream: Upstream) -> None:
    """Mallory's provider account bears Alice's address and name: it is nobody's here."""
    upstream.person |= {"email": her.person.email, "email_verified": True, "given_name": "Alice"}
    mallory = visitor("mallory.stranger")
    assert mallory.goes(upstream).request.path.endswith("/login")
    assert her.linked == []


def test_answer_to_a_link_that_another_began_links_nothing(
    her: Visitor, visitor: Callable[..., Visitor], upstream: Upstream
) -> None:
    """Mallory begins to link an identity of his and has Alice's browser finish it."""
    mallory = visitor("mallory.stranger")
    mallory.person.signs_in()
    upstream.person["sub"] = "pairwise-mallory"
    answer = upstream.lets_in(mallory.begins_to_link(upstream))
    her.person.signs_in()
    assert her.person.browser.get(answer).status_code == 400
    assert her.linked == []


def test_link_page_of_somebody_else_is_not_to_be_had(
    her: Visitor, visitor: Callable[..., Visitor], upstream: Upstream
) -> None:
    her.person.signs_in()
    page = her.person.get(upstream.lets_in(her.begins_to_link(upstream)))
    mallory = visitor("mallory.stranger")
    mallory.person.signs_in()
    assert mallory.person.browser.get(page.request.path).status_code == 404
    assert mallory.person.browser.get(f"/home/security/identities/{'0' * 32}").status_code == 404


def test_identity_of_another_account_cannot_be_unlinked(
    her: Visitor, visitor: Callable[..., Visitor], upstream: Upstream
) -> None:
    her.links(upstream)
    mallory = visitor("mallory.stranger")
    mallory.person.signs_in()
    own = mallory.person.get("/home/security")
    path = f"/home/security/identities/{her.linked[0].id}/unlink"
    assert mallory.person.submit(own, next(iter(_forms(own.text))), to=path).status_code == 404
    assert len(her.linked) == 1


def _forms(text: str) -> list[str]:
    from tests.actors import Forms

    return list(Forms(text).found)


def test_unlinking_needs_a_recent_second_factor(her: Visitor, upstream: Upstream, clock: Clock) -> None:
    her.links(upstream)
    page = her.person.get(f"/home/security/identities/{her.linked[0].id}")
    clock.advance(minutes=11)
    assert her.person.submit(page, "unlink").request.path == "/home/confirm"
    assert len(her.linked) == 1


def test_of_two_accounts_that_link_one_identity_at_once_one_does(
    her: Visitor, visitor: Callable[..., Visitor], upstream: Upstream
) -> None:
    others = [her, *(visitor(f"twin.number{number}") for number in range(5))]

    def link(one: Visitor) -> bool:
        try:
            with unit_in(her.person.app):
                upstream_identities.link(one.person.account_id, _proven(upstream))
        except UpstreamTaken:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(link, others)) == 1
    assert sum(len(one.linked) for one in others) == 1


def test_of_two_identities_that_one_account_links_at_once_one_is(her: Visitor, upstream: Upstream) -> None:
    def link(number: int) -> bool:
        try:
            with unit_in(her.person.app):
                upstream_identities.link(her.person.account_id, _proven(upstream, f"subject-{number}"))
        except UpstreamTaken:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(link, range(6))) == 1


def test_what_is_kept_of_an_identity_is_sealed(her: Visitor, upstream: Upstream) -> None:
    her.links(upstream)
    with unit_in(her.person.app) as session:
        row = session.execute(select(UpstreamIdentity.__table__)).one()
    kept = " ".join(map(str, row))
    assert not any(value in kept for name, value in ALICE.items() if name not in ("gender", "birthcountry"))


def test_provider_that_is_set_no_more_is_shown_by_its_address(her: Visitor, upstream: Upstream, space: Flask) -> None:
    her.links(upstream)
    settings = space.extensions["settings"]
    space.extensions["settings"] = replace(settings, upstream=settings.upstream[1:])
    assert her.linked[0].label == upstream.url


@pytest.mark.parametrize("decision", ["leave", "", "yes"])
def test_nothing_is_linked_that_nobody_agreed_to(her: Visitor, upstream: Upstream, decision: str) -> None:
    her.person.signs_in()
    page = her.person.get(upstream.lets_in(her.begins_to_link(upstream)))
    assert her.person.submit(page, "link", decision=decision).request.path == "/home/security"
    assert her.linked == []


def test_proof_that_grew_old_while_the_page_was_open_links_nothing(
    her: Visitor, upstream: Upstream, clock: Clock
) -> None:
    her.person.signs_in()
    page = her.person.get(upstream.lets_in(her.begins_to_link(upstream)))
    clock.advance(minutes=11)
    assert her.person.submit(page, "link", decision="link").request.path == "/home/security"
    assert her.linked == []


@pytest.mark.parametrize(
    ("known", "is_linked"),
    [
        ({}, True),
        ({"given_name": "ALICE ELODIE"}, True),
        ({"family_name": "Durand"}, False),
        ({"gender": "male"}, False),
    ],
)
def test_identity_of_somebody_else_than_the_holder_is_not_linked(
    her: Visitor, upstream: Upstream, clock: Clock, known: dict[str, str], is_linked: bool
) -> None:
    """Where the holder's civil identity is known, another writing of it is the same person, another fact another."""
    with unit_in(her.person.app):
        digest = pivot.digest(pivot.read(ALICE | known))
        civil.keep(her.person.profile_id(), civil.sealed(pivot="{}", pivot_digest=digest), now=clock.now())
    page = her.links(upstream)
    assert page.status_code == (200 if is_linked else 403)
    assert len(her.linked) == is_linked


def test_provider_that_vouches_for_no_civil_identity_is_not_compared(
    her: Visitor, other_upstream: Upstream, clock: Clock
) -> None:
    """What people write down of themselves there neither opens nor closes anything here."""
    with unit_in(her.person.app):
        digest = pivot.digest(pivot.read(ALICE | {"gender": "male"}))
        civil.keep(her.person.profile_id(), civil.sealed(pivot="{}", pivot_digest=digest), now=clock.now())
    other_upstream.is_signed = False
    assert her.links(other_upstream).status_code == 200


def test_identity_that_tells_too_little_is_not_linked_where_more_is_known(
    her: Visitor, upstream: Upstream, clock: Clock
) -> None:
    with unit_in(her.person.app):
        digest = pivot.digest(pivot.read(ALICE))
        civil.keep(her.person.profile_id(), civil.sealed(pivot="{}", pivot_digest=digest), now=clock.now())
    del upstream.person["birthplace"]
    assert her.links(upstream).status_code == 403
    assert her.linked == []


def test_identity_that_is_unlinked_while_the_code_is_awaited_signs_in_no_more(her: Visitor, upstream: Upstream) -> None:
    """Whoever links theirs to a stolen account is not to come in by what lay open when it was taken from them."""
    her.links(upstream)
    her.starts_over()
    page = her.person.submit(her.goes(upstream), "second-factor", method="email")
    with unit_in(her.person.app):
        (one,) = upstream_identities.list_of_account(her.person.account_id)
        upstream_identities.unlink(her.person.account_id, one.id)
    code = her.person.mailbox.code_for(her.person.email)
    assert her.person.submit(page, "second-factor", code=code).request.path.endswith("/login")
    assert her.person.get("/home/measures").request.path.endswith("/login")


def test_recovery_by_people_unlinks_what_a_thief_may_have_linked(
    her: Visitor, upstream: Upstream, clock: Clock
) -> None:
    her.links(upstream)
    with unit_in(her.person.app):
        case = recovery_cases.open_case(her.person.identifier, by="olga", email="alice@nouvelle.example")
    clock.advance(hours=25)
    with unit_in(her.person.app):
        recovery_cases.approve(case["case"], by="otto")
    assert her.linked == []
    her.starts_over()
    assert her.goes(upstream).request.path.endswith("/login")
