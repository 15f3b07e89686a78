"""How far back an authorization reaches (`history_days` of the type `pairing`), held at every door."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask

from authz import audit
from tests.actors import Partner, Person
from tests.minting import mint_tokens
from tests.protocol.oauth.test_details import days_ago, granted_to
from tests.spec import spec
from tests.standing import unit_in
from tests.unit.records import samples

SCOPE = "openid measures.read measures.weight.write measures.glucose.write documents.summary.write"
JSON = "application/fhir+json"


def before(days: int) -> str:
    """Return an instant of some days ago, as a resource writes it."""
    return (datetime.now(UTC) - timedelta(days=days)).replace(microsecond=0).isoformat()


def weight(partner: Partner, tokens: dict[str, Any], days: int) -> int:
    """Push a weight that was taken so many days ago."""
    bundle = samples.bundle(samples.simple("weight", 70, tokens["subject"], effectiveDateTime=before(days)))
    sent: dict[str, Any] = {"data": json.dumps(bundle), "content_type": JSON}
    return int(partner.call("POST", "/measures/fhir", tokens["access_token"], **sent).status_code)


def with_device(partner: Partner, tokens: dict[str, Any], days: int) -> str:
    """Push a weight that an object measured so many days ago; return the object's path."""
    resource = samples.simple("weight", 70, tokens["subject"], effectiveDateTime=before(days))
    body = json.dumps(samples.bundle(resource, with_device=True))
    sent: dict[str, Any] = {"data": body, "content_type": JSON}
    assert partner.call("POST", "/measures/fhir", tokens["access_token"], **sent).status_code == 200
    newest = found(partner, tokens)[0]
    measure = partner.call("GET", f"/fhir/Observation/{newest}", tokens["access_token"]).json
    return f"/fhir/{measure['device']['reference']}"


def document(partner: Partner, tokens: dict[str, Any], days: int) -> Any:
    """Deposit a document that was made so many days ago."""
    content = samples.document(tokens["subject"])
    content["content"][0]["attachment"]["creation"] = before(days)
    sent: dict[str, Any] = {"data": json.dumps(content), "content_type": JSON}
    return partner.call("POST", "/fhir/DocumentReference", tokens["access_token"], **sent)


def found(partner: Partner, tokens: dict[str, Any], *dates: str) -> list[str]:
    """Return the ids of the weights that a search finds, the newest first."""
    query: dict[str, Any] = {"code": "29463-7", "subject.identifier": f"{samples.AUTHORITY}|{tokens['subject']}"}
    query |= {"date": list(dates)} if dates else {}
    answer = partner.call("GET", "/fhir/Observation", tokens["access_token"], query_string=query)
    assert answer.status_code == 200, answer.text
    return [entry["resource"]["id"] for entry in answer.json.get("entry", [])]


def listed(partner: Partner, path: str, tokens: dict[str, Any]) -> set[str]:
    """Return the ids of what a search of the FHIR base finds."""
    answer = partner.call("GET", f"/fhir/{path}", tokens["access_token"])
    assert answer.status_code == 200, answer.text
    return {entry["resource"]["id"] for entry in answer.json.get("entry", [])}


def short_and_whole(partner: Partner, person: Person) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the tokens of two authorizations: one that reaches thirty days back, one without a limit."""
    granted = {"type": "pairing", "history_days": 30, "history_from": days_ago(30)}
    return granted_to(partner, person, granted, scope=SCOPE), mint_tokens(partner, person, scope=SCOPE)


def reads(partner: Partner, path: str, tokens: dict[str, Any]) -> int:
    """Return how a resource answers."""
    return int(partner.call("GET", path, tokens["access_token"]).status_code)


@spec("RFC 9396", "9", "resources are held to what was granted in detail")
def test_app_reads_no_older_measures_than_was_granted(glucoapp: Partner, alice: Person) -> None:
    short, whole = short_and_whole(glucoapp, alice)
    assert [weight(glucoapp, whole, days) for days in (40, 2)] == [200, 200]
    recent, old = found(glucoapp, whole)
    assert found(glucoapp, short) == [recent]
    assert found(glucoapp, short, f"ge{days_ago(400)}", f"le{days_ago(0)}") == [recent]
    assert found(glucoapp, short, f"ge{days_ago(1)}", f"le{days_ago(0)}") == []
    path = f"/fhir/Observation/{old}"
    assert (reads(glucoapp, path, whole), reads(glucoapp, path, short)) == (200, 404)
    for tokens, expected in ((whole, {recent, old}), (short, {recent})):
        assert listed(glucoapp, f"Observation?_id={old},{recent}", tokens) == expected


def test_app_adds_no_older_measures_than_was_granted(glucoapp: Partner, alice: Person, app: Flask) -> None:
    short, whole = short_and_whole(glucoapp, alice)
    assert [weight(glucoapp, short, days) for days in (20, 31)] == [200, 403]
    with unit_in(app):
        assert audit.list_of_profile(alice.profile_id())[0].tag == "record:measure:refuse"
    assert len(found(glucoapp, whole)) == 1


def test_app_reads_no_object_that_measured_only_before(glucoapp: Partner, alice: Person) -> None:
    short, whole = short_and_whole(glucoapp, alice)
    path = with_device(glucoapp, whole, 40)
    assert (reads(glucoapp, path, whole), reads(glucoapp, path, short)) == (200, 404)
    assert with_device(glucoapp, whole, 2) == path
    assert reads(glucoapp, path, short) == 200


def test_app_reaches_no_older_documents_than_was_granted(glucoapp: Partner, alice: Person, app: Flask) -> None:
    short, whole = short_and_whole(glucoapp, alice)
    old = document(glucoapp, whole, 40)
    for kind in ("DocumentReference", "Binary"):
        path = f"/fhir/{kind}/{old.json['id']}"
        assert (reads(glucoapp, path, whole), reads(glucoapp, path, short)) == (200, 404)
    assert listed(glucoapp, "DocumentReference", whole) == {old.json["id"]}
    assert listed(glucoapp, "DocumentReference", short) == set()
    assert document(glucoapp, short, 41).status_code == 403
    with unit_in(app):
        assert audit.list_of_profile(alice.profile_id())[0].tag == "record:document:refuse"
    assert document(glucoapp, short, 20).status_code == 201


def test_token_that_was_narrowed_later_is_held_to_that(glucoapp: Partner, alice: Person) -> None:
    short, _whole = short_and_whole(glucoapp, alice)
    assert weight(glucoapp, short, 20) == 200
    asked = json.dumps([{"type": "pairing", "history_days": 7}])
    shorter = glucoapp.refresh(short["refresh_token"], authorization_details=asked).json
    assert (len(found(glucoapp, short)), found(glucoapp, shorter)) == (1, [])
    assert weight(glucoapp, shorter, 20) == 403
