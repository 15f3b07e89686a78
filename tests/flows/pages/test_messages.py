"""What people are told of their links, by e-mail and on the bell: what happened, how to undo it, and where."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from authz import clock as product_clock
from authz.pairing import pairings, renewal
from tests.actors import ISSUER, Forms, Person
from tests.clock import Clock
from tests.flows.pages.conftest import Linked
from tests.standing import unit_in


def last_letter(person: Person, subject: str) -> str:
    """Return the newest e-mail whose subject holds some words."""
    letters = [one for one in person.mailbox.messages(person.email) if subject in one["subject"]]
    text: str = letters[-1]["text"]
    return text.replace("\u00a0", " ")


def address_in(text: str) -> str:
    """Return the one address in a letter, as a path of this server."""
    (found,) = re.findall(rf"^{ISSUER}(/.*)$", text, re.MULTILINE)
    path: str = found
    return path


def test_patient_who_stops_a_link_is_told_until_when_and_where_to_undo_it(linked: Linked, clock: Clock) -> None:
    alice = linked.person
    alice.submit(alice.get(f"{linked.address}/end"), f"pairing-{linked.pairing_id}", after="hide")
    letter = last_letter(alice, "n’est plus reliée")
    told = re.search(r"annuler jusqu’au (\S+ \S+ \S+), ici", letter)
    assert told is not None
    path, _, place = address_in(letter).partition("#")
    page = alice.get(path)
    assert f'id="{place}"' in page.text
    assert told.group(1) in page.text.replace("\u00a0", " "), "the page says the same day"
    alice.submit(page, "undo")
    letter = last_letter(alice, "de nouveau reliée")
    assert alice.get(address_in(letter)).request.path == linked.address


def test_link_that_cannot_be_restored_is_not_said_to_be(linked: Linked) -> None:
    with unit_in(linked.partner.app):
        pairings.end(pairings.get(linked.person.profile_id(), linked.pairing_id), by=None, reason="operator")
    letter = last_letter(linked.person, "n’est plus reliée")
    assert "annuler" not in letter
    assert linked.person.get(address_in(letter)).request.path == linked.address


@pytest.mark.parametrize(
    ("lang", "subject", "written"),
    [("fr", "s’arrête bientôt", r"le (1er|\d+) \S+ 20\d\d\."), ("en", "ends soon", r"on \d+ \S+ 20\d\d\.")],
)
def test_dates_in_letters_are_written_as_people_do(linked: Linked, *, lang: str, subject: str, written: str) -> None:
    from sqlalchemy import update

    from authz.notifications.models import Contact

    with unit_in(linked.partner.app) as session:
        session.execute(update(Contact).values(lang=lang))
        pairing, now = pairings.get(linked.person.profile_id(), linked.pairing_id), product_clock.now()
        pairing.opened_at, pairing.ends_at = now - timedelta(days=100), now + timedelta(days=20)
    with unit_in(linked.partner.app):
        assert renewal.remind() == 1
    assert re.search(written, last_letter(linked.person, subject))


def test_parent_follows_a_letter_into_the_child_s_space(paul: Person, link: Callable[..., Linked]) -> None:
    linked = link(paul, profile=paul.profile_id("Zoé"))
    path = address_in(last_letter(paul, "est reliée"))
    page = paul.get(path)
    assert "Cette page est dans un autre dossier" in page.text
    assert "dossier de Zoé" in page.text
    page = paul.submit(page, "elsewhere", profile=paul.profile_id("Zoé"))
    assert page.request.path == linked.address
    assert "Ce que vous autorisez" in page.text
    assert paul.get(path).request.path == linked.address, "once that space is open the letter leads straight there"


def test_letter_opens_after_sign_in_too(paul: Person, link: Callable[..., Linked]) -> None:
    linked = link(paul, profile=paul.profile_id("Zoé"))
    path = address_in(last_letter(paul, "est reliée"))
    paul.new_browser()
    page = paul.passes_sign_in(paul.get(path))
    assert paul.submit(page, "elsewhere", profile=paul.profile_id("Zoé")).request.path == linked.address


def test_stranger_s_space_is_not_even_said_to_be_there(linked: Linked, mallory: Person) -> None:
    mallory.signs_in()
    for of in (linked.person.profile_id(), "x", "0" * 32):
        page = mallory.get(f"{linked.address}?of={of}")
        assert page.status_code == 404
        assert "elsewhere" not in Forms(page.text).found


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:x"])
def test_opening_another_space_leads_to_no_other_server(paul: Person, wanted: str) -> None:
    paul.signs_in()
    token = Forms(paul.get("/home/profile").text).found["logout"]["csrf_token"][0]
    form = {"csrf_token": token, "profile": paul.profile_id("Zoé"), "next": wanted}
    assert paul.browser.post("/home/profile/open", data=form).headers["Location"] == "/"


def test_bell_says_the_same_with_a_link_instead_of_an_address(linked: Linked) -> None:
    page = linked.person.get("/home/notices")
    assert f'href="{linked.address}?of={linked.person.profile_id()}"' in page.text
    assert ISSUER not in page.text
    assert "Ouvrir la page" in page.text


def test_new_document_is_one_step_from_its_letter(sent: Linked) -> None:
    page = sent.person.get(address_in(last_letter(sent.person, "nouveau document")))
    assert "Profil de glucose ambulatoire" in page.text
    assert page.request.path.startswith("/home/documents/")
