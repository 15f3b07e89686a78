"""The main job in a real browser: a parent links a glucose app for a child, figures arrive, and the link ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

from connectors import kit
from connectors.kit import doors, measures
from connectors.sample_app import desk
from connectors.sample_app.app import create_app
from connectors.sample_app.config import SCOPES, Config
from tests import cast
from tests.browser import seeds
from tests.browser.conftest import Site, free_port

EXPORT = resources.files("connectors.sample_app").joinpath("data", "synthetic-14d.libreview-fr-mgdl.csv")


@dataclass(frozen=True)
class Glycelia:
    """The sample partner, served."""

    url: str
    app: Flask
    partner: kit.Partner


@pytest.fixture
def glycelia(site: Site, tmp_path: Path) -> Iterator[Glycelia]:
    url = f"http://localhost:{free_port()}"
    client = cast.register(
        site.app, seeds.GLYCELIA, client_name="Glycélia", redirect_uris=[f"{url}/callback"], scope=SCOPES
    )
    config = Config(
        port=int(url.rpartition(":")[2]),
        issuer=site.url,
        client_id=client.client_id,
        client_secret=client.secret or "",
        public_url=url,
        scopes=SCOPES,
        space_name="Mon dossier santé",
        data=tmp_path,
    )
    app = create_app(config)
    server = make_server("127.0.0.1", config.port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    partner: kit.Partner = app.extensions["partner"]
    yield Glycelia(url, app, partner)
    server.shutdown()
    thread.join()
    server.server_close()
    partner.wire.pool.close()


def connects_for_zoe(page: Page, site: Site, glycelia: Glycelia) -> None:
    """Go from Glycélia's page of connected apps through the space and back, refusing the weight."""
    paul = cast.enrol(
        site.app,
        site.mailbox,
        "paul.martin",
        profiles=[
            {"given_name": "Paul", "family_name": "Martin", "birthdate": "1980-01-15", "relation": "self"},
            {"given_name": "Zoé", "family_name": "Martin", "birthdate": "2017-09-02", "relation": "child"},
        ],
    )
    page.goto(f"{glycelia.url}/connected-apps")
    page.click("#connect button")
    page.locator("#arrival button").first.click()
    page.fill("#identifier", paul.identifier)
    page.fill("#password", paul.password)
    page.locator("#login .btn").first.click()
    page.check("#m-email")
    page.locator("#second-factor .btn").first.click()
    page.fill("#code", site.mailbox.code_for(paul.email))
    page.locator("#second-factor .btn").first.click()
    assert page.get_by_text("Camille Moreau · c.moreau@example.org").is_visible()
    page.get_by_label("Zoé").check()
    page.check("#s-documents-summary-write")
    page.check("#s-measures-read")
    page.locator('button[name="decision"][value="allow"]').click()
    page.locator("#done button").click()
    page.wait_for_url(f"{glycelia.url}/connected-apps")


def test_parent_links_a_glucose_app_for_a_child_and_ends_it(
    page: Page, site: Site, glycelia: Glycelia, axe: Callable[[Page], list[str]]
) -> None:
    connects_for_zoe(page, site, glycelia)
    assert page.get_by_text("C’est relié").is_visible()
    assert axe(page) == []

    page.goto(f"{glycelia.url}/")
    page.set_input_files("#export", files={"name": "export.csv", "mimeType": "text/csv", "buffer": EXPORT.read_bytes()})
    page.click("#import button")
    page.locator('form[action^="/send/"] button').click()
    page.get_by_text("L’envoi est terminé").wait_for()
    assert axe(page) == []

    page.goto(f"{site.url}/home/measures")
    page.locator(".who summary").click()
    page.locator('.who button[name="profile"]', has_text="Zoé").click()
    page.goto(f"{site.url}/home/measures")
    assert "145 mg/dL" in words(page)
    assert "6,8 %" in words(page)
    page.goto(f"{site.url}/home/documents")
    page.locator("article h2 a").first.click()
    assert "82 %" in words(page)

    page.goto(f"{glycelia.url}/")
    assert page.locator("#weigh").count() == 0, "what was refused is not offered"
    with pytest.raises(kit.ConsentMissing, match="Consent not given, access refused"):
        pushes_a_weight(glycelia)
    page.goto(f"{glycelia.url}/log")
    assert page.locator("summary", has_text="/measures/fhir").first.locator(".state").inner_text() == "403"

    page.goto(f"{site.url}/home/services")
    page.locator("article h2 a", has_text="Glycélia").click()
    page.locator(".btn-end-2").click()
    page.locator('button[name="decision"][value="end"]').click()

    with pytest.raises(kit.PairingOver, match="The link is ended"):
        pushes_a_weight(glycelia)
    page.goto(f"{glycelia.url}/connected-apps")
    page.click("#check button")
    assert page.get_by_text("Le lien a pris fin").is_visible()
    assert axe(page) == []
    assert refresh_refused(glycelia) == "invalid_grant"


def pushes_a_weight(glycelia: Glycelia) -> None:
    """Push what the patient did not agree to, as no page of Glycélia would."""
    held = kit.current(glycelia.partner, desk.KEY)
    taken = measures.Taken(held.subject, held.subject_system, doors.now())
    kit.push_measure(glycelia.partner, desk.KEY, measures.weight(taken, kg=31.5))


def words(page: Page) -> str:
    """Return what the page says, with ordinary spaces."""
    return page.inner_text("main").replace("\u00a0", " ")


def refresh_refused(glycelia: Glycelia) -> str:
    """Let Glycélia ask for new tokens with what it holds, and return the code it is refused with."""
    found = glycelia.partner.store.find(desk.KEY)
    assert found is not None
    glycelia.partner.store.save(desk.KEY, replace(found.tokens, expires_at=doors.now()))
    with pytest.raises(kit.PairingOver) as over:
        kit.current(glycelia.partner, desk.KEY)
    return over.value.code
