"""Journal gaps: whatever is read, written, tried or opened leaves a line in the space it concerns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from authz import audit
from authz.identity import sessions
from authz.pairing import consents, pairings
from tests.actors import Partner, Person
from tests.minting import mint_tokens
from tests.standing import unit_in
from tests.unit.records import samples

EXPORT = Path(__file__).parents[2] / "data/cgm/synthetic-14d.libreview-fr-mgdl.csv"
ALL = "openid profile email measures.glucose.write documents.summary.write measures.read measures.weight.write"
FHIR = {"Content-Type": "application/fhir+json"}


def lines(person: Person, profile_id: str | None = None) -> list[str]:
    """List the tags of a space's journal, oldest first."""
    with unit_in(person.app):
        rows = audit.list_of_profile(profile_id or person.profile_id(), limit=500)
        return [row.tag for row in reversed(rows)]


def calls(partner: Partner, tokens: dict[str, Any]) -> list[tuple[str, Any]]:
    """Use every door once, and name the line that each must leave."""
    token, subject = tokens["access_token"], tokens["subject"]
    bundle = json.dumps(samples.bundle(samples.observation(subject))).encode()
    document = json.dumps(samples.document(subject)).encode()
    search = {"code": "MED-969", "subject.identifier": f"{samples.AUTHORITY}|{subject}"}
    pushed = partner.call("POST", "/measures/fhir", token, data=bundle, headers=FHIR)
    measure = pushed.json["entry"][0]["response"]["location"]
    deposited = partner.call("POST", "/fhir/DocumentReference", token, data=document, headers=FHIR)
    file = deposited.json["id"]
    return [
        ("record:measure:add", pushed),
        ("record:document:add", deposited),
        ("identity:read", partner.call("GET", "/userinfo", token)),
        ("record:measure:read", partner.call("GET", f"/fhir/{measure}", token)),
        ("record:measure:read", partner.call("GET", "/fhir/Observation", token, query_string=search)),
        ("record:measure:read", partner.call("GET", "/measures/fhir/Observation", token, query_string=search)),
        ("record:document:read", partner.call("GET", f"/fhir/DocumentReference/{file}", token)),
        ("record:document:read", partner.call("GET", f"/fhir/Binary/{file}", token)),
        ("record:measure:repeat", partner.call("POST", "/measures/fhir", token, data=bundle, headers=FHIR)),
        ("record:document:repeat", partner.call("POST", "/fhir/DocumentReference", token, data=document, headers=FHIR)),
    ]


def test_every_access_of_an_app_leaves_its_line(alice: Person, glucoapp: Partner) -> None:
    tokens = mint_tokens(glucoapp, alice, scope=ALL)
    before = len(lines(alice))
    done = calls(glucoapp, tokens)
    assert [answer.status_code for _tag, answer in done if answer.status_code >= 300] == []
    assert lines(alice)[before:] == [tag for tag, _answer in done]


def test_export_leaves_a_line_for_each_thing_kept(alice: Person, glucoapp: Partner) -> None:
    tokens = mint_tokens(glucoapp, alice, scope=ALL)
    csv = {"Content-Type": "text/csv"}
    answer = glucoapp.call("POST", "/connectors/cgm", tokens["access_token"], data=EXPORT.read_bytes(), headers=csv)
    assert answer.status_code == 200
    assert lines(alice)[-3:] == ["record:measure:add", "record:measure:add", "record:document:add"]


@pytest.mark.parametrize("door", ["measures", "documents", "connector", "search"])
def test_what_an_app_tries_without_consent_is_seen_too(alice: Person, glucoapp: Partner, door: str) -> None:
    tokens = mint_tokens(glucoapp, alice, scope=ALL)
    with unit_in(glucoapp.app):
        pairing = pairings.list_of_profile(alice.profile_id())[0]
        off = dict.fromkeys(["measures.glucose.write", "documents.summary.write", "measures.read"], False)
        consents.amend(pairing, off, by=alice.account_id, lang="fr")
    token, subject = tokens["access_token"], tokens["subject"]
    search = {"code": "MED-969", "subject.identifier": f"{samples.AUTHORITY}|{subject}"}
    bundle = json.dumps(samples.bundle(samples.observation(subject))).encode()
    document = json.dumps(samples.document(subject)).encode()
    refused = {
        "measures": lambda: glucoapp.call("POST", "/measures/fhir", token, data=bundle, headers=FHIR),
        "documents": lambda: glucoapp.call("POST", "/fhir/DocumentReference", token, data=document, headers=FHIR),
        "connector": lambda: glucoapp.call("POST", "/connectors/cgm", token, data=EXPORT.read_bytes()),
        "search": lambda: glucoapp.call("GET", "/fhir/Observation", token, query_string=search),
    }[door]()
    assert refused.status_code == 403
    assert lines(alice)[-1].startswith("record:")
    assert lines(alice)[-1].endswith(":refuse")


def test_space_opened_by_a_parent_says_so_in_the_childs_journal(paul: Person) -> None:
    page = paul.signs_in()
    zoe = paul.profile_id("Zoé")
    page = paul.submit(page, "profiles", profile=zoe)
    paul.submit(page, "profiles", profile=zoe)
    assert lines(paul, zoe) == ["family:join", "profile:open"]  # the first when the operator entered him as her parent
    assert "profile:open" not in lines(paul)
    assert "a été ouvert" in paul.get("/home/activity?kind=access").text


def test_space_of_somebody_else_is_neither_opened_nor_noted(alice: Person, mallory: Person) -> None:
    page = mallory.signs_in()
    form = {"profile": alice.profile_id()}
    assert mallory.submit(page, "logout", to="/home/profile/open", **form).status_code == 403
    assert lines(alice) == []
    with alice.app.test_request_context(), pytest.raises(sessions.NoSuchSession):
        sessions.open_profile(alice.profile_id())


def test_download_leaves_a_line_with_who_took_it(alice: Person, glucoapp: Partner) -> None:
    tokens = mint_tokens(glucoapp, alice, scope=ALL)
    csv = {"Content-Type": "text/csv"}
    glucoapp.call("POST", "/connectors/cgm", tokens["access_token"], data=EXPORT.read_bytes(), headers=csv)
    alice.signs_in()
    address = alice.get("/home/documents").text.split('<h2><a href="')[1].split('"')[0]
    assert alice.get(f"{address}/file").mimetype == "application/pdf"
    assert lines(alice)[-1] == "record:download"
    page = alice.get("/home/activity?kind=data").text
    assert "Un document a été téléchargé" in page
    assert alice.get(f"{address}x/file").status_code == 404
    assert lines(alice)[-1] == "record:download"
    assert lines(alice).count("record:download") == 1
