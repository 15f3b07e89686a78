"""Glycélia, the sample partner, linked for real: what its user sends, and what the patient allows, narrows and ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from connectors.sample_app import app as sample
from connectors.sample_app.config import SCOPES, Config
from tests import cast, standing
from tests.actors import Person
from tests.peers.served import Space, serving
from tests.peers.walk import walking
from tests.unit.sample_app.conftest import Browser

CALLBACK = "http://localhost:8001/callback"
WEIGHT, SUMMARY, READ = "measures.weight.write", "documents.summary.write", "measures.read"


@pytest.fixture
def space(make_app: Callable[..., Flask]) -> Iterator[Space]:
    with serving(lambda issuer: make_app(issuer=issuer)) as served:
        yield served


@pytest.fixture
def glycelia(space: Space, app: Flask, tmp_path: Path) -> Iterator[Browser]:
    """Give the browser of Glycélia's one user; Glycélia is registered as the demonstration does."""
    client = cast.register(app, cast.GLUCO_ENTRY, redirect_uris=[CALLBACK], scope=SCOPES)
    public_url = CALLBACK.removesuffix("/callback")
    secret = client.secret or ""
    config = Config(
        port=8001,
        issuer=space.issuer,
        client_id=client.client_id,
        client_secret=secret,
        public_url=public_url,
        scopes=SCOPES,
        space_name="Mon dossier santé",
        data=tmp_path,
    )
    started = sample.create_app(config)
    yield Browser(started.test_client())
    started.extensions["partner"].wire.pool.close()


def links(glycelia: Browser, person: Person, space: Space, *consents: str, profile: str | None = None) -> str:
    """Press connect, walk the pages, come back; returns the page one comes back to."""
    address = glycelia.send("/connected-apps", "/connect").location
    with walking(person, space.issuer) as walker:
        back = walker.allows(address, consents=consents, profile=profile)
    return glycelia.open(back.removeprefix("http://localhost:8001"))


def ends(person: Person, profile_id: str) -> None:
    """End the link as the home pages do."""
    from authz.pairing import pairings

    with standing.unit_in(person.app):
        pairings.end(pairings.list_of_profile(profile_id)[0], by=person.account_id)


def test_parent_links_a_child_sends_an_export_is_refused_a_weight_and_ends(
    glycelia: Browser, space: Space, paul: Person
) -> None:
    zoe = paul.profile_id("Zoé")
    assert "C’est relié" in links(glycelia, paul, space, SUMMARY, profile=zoe)
    glycelia.told("/", "/import/example")
    page = glycelia.told("/", "/send/")
    assert page.count("Ajouté") == 4
    assert "Glucose moyen" in page
    assert 'action="/weight"' not in glycelia.open("/"), "what was refused is not offered"
    ends(paul, zoe)
    assert "Le lien a pris fin" in glycelia.told("/", "/send/")
    assert "Connecter à nouveau" in glycelia.open("/connected-apps")


def test_user_whose_patient_closes_an_authorisation_reads_so(glycelia: Browser, space: Space, alice: Person) -> None:
    from authz.pairing import consents, pairings

    links(glycelia, alice, space, WEIGHT)
    with standing.unit_in(alice.app):
        link = pairings.list_of_profile(alice.profile_id())[0]
        consents.amend(link, {WEIGHT: False}, by=alice.account_id, lang="fr")
    assert "Vous n’avez pas autorisé cet échange" in glycelia.told("/", "/weight", kg="62,4")
    assert "Consent not given, access refused." in glycelia.open("/log")


def test_user_whose_patient_takes_the_end_back_goes_on_at_once(glycelia: Browser, space: Space, alice: Person) -> None:
    from authz.pairing import pairings

    links(glycelia, alice, space, WEIGHT)
    ends(alice, alice.profile_id())
    assert "Le lien a pris fin" in glycelia.told("/", "/weight", kg="62,4")
    with standing.unit_in(alice.app):
        pairings.undo_end(pairings.list_of_profile(alice.profile_id())[0], by=alice.account_id)
    assert "fonctionne de nouveau" in glycelia.told("/connected-apps", "/check")
    assert "L’envoi est terminé" in glycelia.told("/", "/weight", kg="62,4")


def test_user_sends_a_weight_and_reads_it_back(glycelia: Browser, space: Space, alice: Person) -> None:
    links(glycelia, alice, space, WEIGHT, READ)
    assert "L’envoi est terminé" in glycelia.told("/", "/weight", kg="62,4")
    assert "62,4 kg" in glycelia.told("/", "/read-weight")


def test_same_export_twice_is_there_once(glycelia: Browser, space: Space, alice: Person) -> None:
    links(glycelia, alice, space, SUMMARY)
    glycelia.told("/", "/import/example")
    glycelia.told("/", "/send/")
    assert glycelia.told("/", "/send/").count("Déjà présent") == 3


def test_user_who_refuses_stays_unlinked(glycelia: Browser, space: Space, alice: Person) -> None:
    address = glycelia.send("/connected-apps", "/connect").location
    with walking(alice, space.issuer) as walker:
        back = walker.refuses(address)
    assert "Vous avez refusé" in glycelia.open(back.removeprefix("http://localhost:8001"))


def test_user_whose_link_is_paused_reads_so(glycelia: Browser, space: Space, alice: Person) -> None:
    from authz.pairing import pairings

    links(glycelia, alice, space, WEIGHT)
    with standing.unit_in(alice.app):
        link = pairings.list_of_profile(alice.profile_id())[0]
        pairings.pause(link, datetime.now(UTC) + timedelta(days=2), by=alice.account_id)
    assert "est en pause" in glycelia.told("/", "/weight", kg="62")


def test_user_disconnects_in_the_app_and_may_connect_again(glycelia: Browser, space: Space, alice: Person) -> None:
    links(glycelia, alice, space, WEIGHT)
    assert "en a été informé" in glycelia.told("/connected-apps", "/disconnect")
    assert "C’est relié" in links(glycelia, alice, space, WEIGHT)
    assert "L’envoi est terminé" in glycelia.told("/", "/weight", kg="62,4")
    assert all(secret not in glycelia.open("/log") for secret in ("apa_", "apr_", "aps_"))
