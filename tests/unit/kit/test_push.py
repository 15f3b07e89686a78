"""Pushes: the same thing twice is one thing, refusals say what to do, tokens cut short are replaced."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.kit import (
    ConsentMissing,
    PairingOver,
    Partner,
    Refused,
    TokenSet,
    Unreachable,
    Untrusted,
    documents,
    last_measure,
    push_document,
    push_export,
    push_measure,
)
from tests.unit.kit.door import DROP, Door

Link = Callable[..., TokenSet]
CREATED = {"resourceType": "Bundle", "type": "transaction-response"}


def outcome(text: str) -> dict[str, Any]:
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "forbidden", "diagnostics": text}],
    }


def test_partner_repeats_a_lost_push_under_the_same_key(partner: Partner, door: Door, link: Link) -> None:
    held = link()
    door.answers("/measures/fhir", DROP)
    door.answers("/measures/fhir", 200, CREATED)
    assert push_measure(partner, "alice", {"resourceType": "Bundle"}) == CREATED
    first, second = door.of("/measures/fhir")
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert first.body == second.body
    assert first.headers["Authorization"] == f"Bearer {held.access_token}"


def test_same_content_has_the_same_key_and_other_content_another(partner: Partner, door: Door, link: Link) -> None:
    link()
    for bundle in ({"a": 1}, {"a": 1}, {"a": 2}):
        push_measure(partner, "alice", bundle)
    one, same, other = [asked.headers["Idempotency-Key"] for asked in door.of("/measures/fhir")]
    assert one == same != other


def test_partner_sends_an_export_as_its_file(partner: Partner, door: Door, link: Link) -> None:
    link()
    door.answers("/connectors/cgm", 200, {"items": []})
    assert push_export(partner, "alice", b"\xef\xbb\xbfDonn", zone="Europe/Paris", language="en") == {"items": []}
    asked = door.of("/connectors/cgm")[0]
    assert parse_qs(urlsplit(asked.path).query) == {"zone": ["Europe/Paris"], "lang": ["en"]}
    assert (asked.body, asked.headers["Content-Type"]) == (b"\xef\xbb\xbfDonn", "text/csv")


def test_export_has_one_key_for_the_retries_of_a_call_and_another_for_the_next(
    partner: Partner, door: Door, link: Link
) -> None:
    link()
    door.answers("/connectors/cgm", DROP)
    push_export(partner, "alice", b"a,b", zone="Europe/Paris")
    push_export(partner, "alice", b"a,b", zone="Europe/Paris")
    first, retried, later = (asked.headers["Idempotency-Key"] for asked in door.of("/connectors/cgm"))
    assert first == retried != later


def test_partner_deposits_a_document(partner: Partner, door: Door, link: Link) -> None:
    held = link()
    file = documents.File("Rapport", "application/pdf", b"%PDF-1.7", datetime(2026, 2, 16, tzinfo=UTC))
    written = documents.reference(file, subject=held.subject, subject_system=held.subject_system, author="GlucoApp")
    push_document(partner, "alice", written)
    asked = door.of("/fhir/DocumentReference")[0]
    assert b'"data":"JVBERi0xLjc="' in asked.body
    assert written == documents.reference(
        file, subject=held.subject, subject_system=held.subject_system, author="GlucoApp"
    )


def test_partner_reads_the_latest_measure(partner: Partner, door: Door, link: Link) -> None:
    link()
    last_measure(partner, "alice", "29463-7")
    query = parse_qs(urlsplit(door.asked[0].path).query)
    assert query["subject.identifier"] == ["urn:oid:1.2.250.1.999.1.1|alice-for-glucoapp"]
    assert (query["_sort"], query["_count"], query["code"]) == (["-date"], ["1"], ["29463-7"])


def test_partner_replaces_a_token_that_was_cut_short_once(partner: Partner, door: Door, link: Link) -> None:
    link()
    door.answers("/measures/fhir", 401, WWW_Authenticate='Bearer error="invalid_token"')
    door.answers("/measures/fhir", 200, CREATED)
    push_measure(partner, "alice", {})
    assert door.of("/measures/fhir")[1].headers["Authorization"] == "Bearer access-r+"


def test_partner_is_told_when_even_a_new_token_is_refused(partner: Partner, door: Door, link: Link) -> None:
    link()
    challenge = 'Bearer error="invalid_token", error_description="The token is over."'
    for _ in range(2):
        door.answers("/measures/fhir", 401, WWW_Authenticate=challenge)
    with pytest.raises(Refused, match="The token is over") as refusal:
        push_measure(partner, "alice", {})
    assert (refusal.value.code, refusal.value.status) == ("invalid_token", 401)
    assert len(door.of("/measures/fhir")) == 2


def test_partner_whose_link_has_ended_learns_it_from_the_push(partner: Partner, door: Door, link: Link) -> None:
    link()
    door.answers("/measures/fhir", 401)
    door.answers("/token", 400, {"error": "invalid_grant"})
    with pytest.raises(PairingOver):
        push_measure(partner, "alice", {})


def test_partner_whose_service_is_suspended_reads_so_and_may_come_back(
    partner: Partner, door: Door, link: Link
) -> None:
    link()
    door.answers("/measures/fhir", 403, outcome("This service is suspended by the operator."))
    with pytest.raises(PairingOver) as over:
        push_measure(partner, "alice", {})
    assert over.value.state == "suspended"
    push_measure(partner, "alice", {})


def test_partner_stops_sending_once_the_link_is_over(partner: Partner, door: Door, link: Link) -> None:
    link()
    door.answers("/measures/fhir", 403, outcome("The link is ended."))
    for _ in range(2):
        with pytest.raises(PairingOver) as over:
            push_measure(partner, "alice", {})
        assert over.value.state == "ended"
    assert len(door.of("/measures/fhir")) == 1
    link()
    push_measure(partner, "alice", {})


@pytest.mark.parametrize("state", ["paused", "suspended", "ended", "expired"])
def test_partner_is_told_the_state_of_the_link(partner: Partner, door: Door, link: Link, state: str) -> None:
    link()
    door.answers("/measures/fhir", 403, {"error": f"pairing_{state}", "error_description": "Not now."})
    with pytest.raises(PairingOver, match="Not now") as over:
        push_measure(partner, "alice", {})
    assert over.value.state == state


def test_partner_is_told_that_this_consent_is_missing(partner: Partner, door: Door, link: Link) -> None:
    link()
    door.answers("/measures/fhir", 403, outcome("Consent not given, access refused."))
    with pytest.raises(ConsentMissing, match="Consent not given, access refused") as missing:
        push_measure(partner, "alice", {})
    assert missing.value.code == "forbidden"
    assert len(door.of("/measures/fhir")) == 1


@pytest.mark.parametrize(
    ("status", "content", "text", "code"),
    [
        (422, outcome("BMI cannot be created"), "BMI cannot be created", "forbidden"),
        (422, {"issue": [{"details": {"text": "From details"}}]}, "From details", ""),
        (422, {"issue": ["odd", {"details": []}]}, "The server answered 422.", ""),
        (404, b"<html>", "The server answered 404.", "http_404"),
        (409, [], "The server answered 409.", "http_409"),
        (413, {"error": "too_large"}, "The server answered 413.", "too_large"),
    ],
)
def test_partner_is_never_made_to_repeat_a_refusal(
    partner: Partner, door: Door, link: Link, status: int, content: Any, text: str, code: str
) -> None:
    link()
    door.answers("/measures/fhir", status, content)
    with pytest.raises(Refused) as refusal:
        push_measure(partner, "alice", {})
    assert (refusal.value.text, refusal.value.code, refusal.value.status) == (text, code, status)
    assert len(door.of("/measures/fhir")) == 1


def test_partner_waits_as_long_as_it_is_asked_to(partner: Partner, door: Door, link: Link) -> None:
    link()
    door.answers("/measures/fhir", 429, Retry_After="1")
    door.answers("/measures/fhir", 200, CREATED)
    assert push_measure(partner, "alice", {}) == CREATED


def test_partner_is_told_to_come_back_later_than_it_would_wait(partner: Partner, door: Door, link: Link) -> None:
    link()
    door.answers("/measures/fhir", 503, Retry_After="3600")
    with pytest.raises(Unreachable, match="503") as later:
        push_measure(partner, "alice", {})
    assert later.value.retry_after == 3600.0
    assert len(door.of("/measures/fhir")) == 1


def test_partner_gives_up_after_its_tries(partner: Partner, door: Door, link: Link) -> None:
    link()
    for _ in range(3):
        door.answers("/measures/fhir", 503, Retry_After="soon")
    with pytest.raises(Unreachable):
        push_measure(partner, "alice", {})
    assert len(door.of("/measures/fhir")) == 3


def test_partner_drops_an_answer_that_is_not_json(partner: Partner, door: Door, link: Link) -> None:
    link()
    door.answers("/measures/fhir", 200, b"<html>")
    with pytest.raises(Untrusted, match="200"):
        push_measure(partner, "alice", {})
