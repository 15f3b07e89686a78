"""A prepared space opened by a provider that vouches for the civil identity, and by no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from authz.identity import accounts, activation, pivot, upstream_identities
from authz.identity.civil_models import Activation
from authz.settings import Settings
from tests import standing
from tests.actors import Forms
from tests.clock import Clock
from tests.conftest import mailbox_of
from tests.fakes.openid_provider import ALICE, Upstream
from tests.flows.newcomer import NIR, Newcomer, prepare
from tests.flows.upstream.visits import Visitor


def _prepared(space: Flask, facts: dict[str, str] | None = None, *, number: int = 1) -> str:
    """Prepare a space for who Alice is at the provider, in another writing."""
    alice = ALICE | {"given_name": "ALICE ELODIE"} | (facts or {})
    with space.app_context():
        digest = pivot.digest(pivot.read(alice))
    return prepare(space, number, pivot="{}", pivot_digest=digest, birthdate=alice["birthdate"])


@pytest.fixture
def newcomer(space: Flask, settings: Settings) -> Newcomer:
    """Give somebody with an identity at the provider and nothing here."""
    return Newcomer(space, mailbox_of(space, Path(settings.data_dir)), "")


def _arrives(newcomer: Newcomer, upstream: Upstream) -> Any:
    interaction_id = newcomer.get("/login").request.path.split("/")[2]
    location = newcomer.browser.get(f"/pair/{interaction_id}/provider?name={upstream.name}").headers["Location"]
    return newcomer.get(upstream.lets_in(location))


def _request_of(space: Flask, page: Any) -> str:
    """Return the request in which an opening was begun."""
    with standing.unit_in(space) as session:
        opening = session.get(Activation, page.request.path.split("/")[2])
        assert opening is not None
        return str(opening.interaction_id)


def _linked(space: Flask) -> list[Any]:
    with space.app_context():
        card = accounts.find_card("jeanne.1958")
        return list(upstream_identities.list_of_account(card.id)) if card else []


def test_newcomer_opens_the_space_by_the_provider_and_it_is_linked(
    space: Flask, newcomer: Newcomer, upstream: Upstream, clock: Clock
) -> None:
    _prepared(space)
    page = _arrives(newcomer, upstream)
    assert page.request.path.endswith("/access")
    clock.advance(minutes=20)  # choosing takes its time
    page = newcomer.gives_email(newcomer.chooses(page))
    page = newcomer.submit(page, "address-form", skip="1")
    assert page.request.path == "/home/measures"
    assert [one.label for one in _linked(space)] == ["FranceConnect"]
    newcomer.browser = space.test_client()
    assert _arrives(newcomer, upstream).request.path.endswith("/second-factor")


@pytest.mark.parametrize(
    "facts",
    [{"gender": "male"}, {"birthdate": "1984-05-04"}, {"given_name": "Alice"}, {"birthplace": "69381"}],
    ids=str,
)
def test_space_of_somebody_else_is_not_opened(
    space: Flask, newcomer: Newcomer, upstream: Upstream, facts: dict[str, str]
) -> None:
    _prepared(space, facts)
    assert _arrives(newcomer, upstream).request.path.endswith("/login")


def test_provider_that_vouches_for_nobody_opens_nothing(
    space: Flask, newcomer: Newcomer, other_upstream: Upstream
) -> None:
    """There Mallory has written down that she is Alice."""
    _prepared(space)
    other_upstream.is_signed = False
    assert _arrives(newcomer, other_upstream).request.path.endswith("/login")


def test_of_two_spaces_for_one_identity_none_is_opened(space: Flask, newcomer: Newcomer, upstream: Upstream) -> None:
    _prepared(space)
    _prepared(space, number=2)
    assert _arrives(newcomer, upstream).request.path.endswith("/login")


def test_minor_does_not_open_a_space_alone(space: Flask, newcomer: Newcomer, upstream: Upstream) -> None:
    upstream.person["birthdate"] = "2015-05-03"
    _prepared(space, {"birthdate": "2015-05-03"})
    assert _arrives(newcomer, upstream).status_code in (400, 403, 409)
    assert _linked(space) == []


def test_identity_that_was_linked_meanwhile_is_not_taken_away(
    space: Flask, newcomer: Newcomer, visitor: Callable[..., Visitor], upstream: Upstream
) -> None:
    _prepared(space)
    page = _arrives(newcomer, upstream)
    her = visitor("alice.martin")
    her.links(upstream)
    page = newcomer.gives_email(newcomer.chooses(page))
    assert newcomer.submit(page, "address-form", skip="1").status_code == 200
    assert _linked(space) == []
    assert len(her.linked) == 1


def test_space_opened_by_its_letter_links_nothing(space: Flask, newcomer: Newcomer, upstream: Upstream) -> None:
    newcomer.code = prepare(space)
    assert newcomer.opens().request.path == "/home/measures"
    with standing.unit_in(space):
        assert _linked(space) == []


def test_whoever_signs_in_meanwhile_in_the_same_browser_is_not_linked(
    space: Flask, newcomer: Newcomer, upstream: Upstream, other_upstream: Upstream
) -> None:
    """The opening was begun by Alice's identity: who else proves something there gets no way into her space."""
    _prepared(space)
    page = _arrives(newcomer, upstream)
    interaction_id = _request_of(space, page)
    other_upstream.is_signed = False
    other_upstream.person["sub"] = "mallory"
    location = newcomer.browser.get(f"/pair/{interaction_id}/provider?name={other_upstream.name}").headers["Location"]
    newcomer.get(other_upstream.lets_in(location))
    page = newcomer.gives_email(newcomer.chooses(page))
    page = newcomer.submit(page, "address-form", skip="1")
    assert page.request.path.endswith("/link"), "it is asked"
    assert _linked(space) == []


def test_identity_of_somebody_else_at_the_same_provider_is_not_linked(
    space: Flask, newcomer: Newcomer, upstream: Upstream
) -> None:
    _prepared(space)
    page = _arrives(newcomer, upstream)
    interaction_id = _request_of(space, page)
    upstream.person |= {"sub": "pairwise-mallory", "given_name": "Mallory"}
    location = newcomer.browser.get(f"/pair/{interaction_id}/provider?name={upstream.name}").headers["Location"]
    newcomer.get(upstream.lets_in(location))
    page = newcomer.gives_email(newcomer.chooses(page))
    page = newcomer.submit(page, "address-form", skip="1")
    assert page.request.path.endswith("/link"), "it is asked"
    assert _linked(space) == []


def test_who_takes_long_opens_the_space_all_the_same(
    space: Flask, newcomer: Newcomer, upstream: Upstream, clock: Clock
) -> None:
    """Each step gives the opening its hour again; what was proven at the provider is not as patient."""
    _prepared(space)
    page = newcomer.chooses(_arrives(newcomer, upstream))
    clock.advance(minutes=50)
    page = newcomer.gives_email(page)
    clock.advance(minutes=50)
    page = newcomer.submit(page, "address-form", skip="1")
    assert page.request.path == "/home/measures"
    assert _linked(space) == []


def test_whose_account_has_the_number_already_signs_in_and_links(
    space: Flask, newcomer: Newcomer, visitor: Callable[..., Visitor], upstream: Upstream
) -> None:
    """A space was prepared for somebody who came in another way meanwhile: none is opened a second time."""
    _prepared(space)
    visitor("alice.martin", nir=NIR)
    assert _arrives(newcomer, upstream).request.path.endswith("/login")


def _is_offered(page: Any) -> bool:
    return 'id="open-prepared"' in page.text


def _back_to_the_request(space: Flask, newcomer: Newcomer, page: Any) -> Any:
    """Close the page on which the space is opened, and go back to the sign-in."""
    return newcomer.get(f"/pair/{_request_of(space, page)}/login")


def test_newcomer_who_left_the_opening_comes_back_to_it_and_is_linked(
    space: Flask, newcomer: Newcomer, upstream: Upstream
) -> None:
    _prepared(space)
    sign_in = _back_to_the_request(space, newcomer, _arrives(newcomer, upstream))
    assert _is_offered(sign_in)
    page = newcomer.submit(sign_in, "open-prepared")
    assert page.request.path.endswith("/access")
    page = newcomer.gives_email(newcomer.chooses(page))
    assert newcomer.submit(page, "address-form", skip="1").request.path == "/home/measures"
    assert [one.label for one in _linked(space)] == ["FranceConnect"]


def test_page_offers_the_same_whether_a_space_waits_or_not(
    space: Flask, newcomer: Newcomer, upstream: Upstream, other_upstream: Upstream
) -> None:
    """Whoever is not vouched for is offered nothing, and asking all the same tells nothing."""
    none_waits = _arrives(newcomer, upstream)
    assert _is_offered(none_waits)
    told = newcomer.submit(none_waits, "open-prepared")
    assert told.status_code == 404
    assert "Aucun espace" in told.text
    _prepared(space)
    other_upstream.is_signed = False
    newcomer.browser = space.test_client()
    page = _arrives(newcomer, other_upstream)
    assert not _is_offered(page)
    forged = newcomer.browser.post(
        page.request.path.replace("/login", "/provider/open"), data=dict(Forms(page.text).found["login"])
    )
    assert forged.status_code == 404


def test_opening_by_an_identity_has_a_budget_that_is_told_to_who_asks(
    space: Flask, newcomer: Newcomer, upstream: Upstream, clock: Clock
) -> None:
    _prepared(space)
    sign_in = _back_to_the_request(space, newcomer, _arrives(newcomer, upstream))
    answers = [newcomer.submit(sign_in, "open-prepared").status_code for _ in range(activation.IDENTITY[0])]
    assert answers == [200] * (activation.IDENTITY[0] - 1) + [429]
    newcomer.browser = space.test_client()
    assert _arrives(newcomer, upstream).request.path.endswith("/login"), "signing in goes on"
    clock.advance(minutes=7)
    newcomer.browser = space.test_client()
    assert _arrives(newcomer, upstream).request.path.endswith("/access")


def test_space_is_not_opened_by_who_was_proven_long_ago_or_by_nobody(
    space: Flask, newcomer: Newcomer, upstream: Upstream, clock: Clock
) -> None:
    _prepared(space)
    sign_in = _back_to_the_request(space, newcomer, _arrives(newcomer, upstream))
    clock.advance(minutes=10)
    page = newcomer.submit(sign_in, "open-prepared")
    assert "Trop de temps a passé" in page.text
    assert not _is_offered(page)
    assert "/provider?name=" in page.text
    stranger = Newcomer(space, newcomer.mailbox, "")
    page = stranger.get("/login")
    assert not _is_offered(page)
    address = page.request.path.replace("/login", "/provider/open")
    answer = stranger.browser.post(address, data=dict(Forms(page.text).found["login"]))
    assert answer.headers["Location"].endswith("/login")
    with standing.unit_in(space) as session:
        assert len(session.scalars(select(Activation)).all()) == 1
