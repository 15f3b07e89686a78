"""Documents as partners send them: what is kept, what is refused, and what is written back."""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.records.contract import Document, NewDocument
from connectors.records.fhir_mapping.documents import DocumentTooLarge, document_reference, read_document
from connectors.records.outcomes import Invalid
from tests.unit.records import samples
from tests.unit.records.test_observations import json_values

LIMIT = 5000


def read(resource: dict[str, Any]) -> NewDocument:
    """Read with a limit small enough to be reached."""
    return read_document(resource, now=samples.NOW, max_bytes=LIMIT)


def test_app_sends_a_report_that_is_kept_whole() -> None:
    found = read(samples.document(type={"coding": [{"system": "http://loinc.org", "code": "11503-0"}]}))
    assert (found.title, found.category, found.mime, found.content) == (
        "Rapport de glucose", "SYNTHESE", "application/pdf", samples.PDF,
    )  # fmt: skip
    assert found.effective_at == datetime(2026, 3, 18, 7, 10, tzinfo=UTC)
    assert (found.identifier, found.confidentiality) == ("urn:ietf:rfc:3986|report-1", ("N",))
    assert found.type_code == "11503-0"


def test_app_sends_the_least_it_can() -> None:
    file = samples.attachment(size=None, hash=None, title=None, creation=None)
    found = read(samples.document(file=file, masterIdentifier=None, description="Bilan", securityLabel=None))
    assert (found.title, found.identifier, found.effective_at) == ("Bilan", None, samples.NOW)


def test_app_hides_a_document_from_professionals() -> None:
    found = read(samples.document(securityLabel=[{"coding": [{"code": "MASQUE_PS"}]}]))
    assert found.confidentiality == ("N", "MASQUE_PS")


def test_app_identifies_a_document_by_an_identifier() -> None:
    found = read(samples.document(masterIdentifier=None, identifier=[{"system": "urn:x", "value": "7"}]))
    assert found.identifier == "urn:x|7"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"resourceType": "Patient"}, "resourceType must be DocumentReference."),
    ({"status": "superseded"}, "status must be current."),
    ({"content": []}, "content must hold exactly one attachment."),
    ({"category": None}, "category names no category of the space."),
    ({"category": [{"coding": [{"code": "X"}]}]}, "category names no category of the space."),
    ({"securityLabel": [{"coding": [{"code": "INVISIBLE_PATIENT"}]}]}, "securityLabel may be N or MASQUE_PS."),
]
WRONG_FILES: list[tuple[dict[str, Any], str]] = [
    ({"data": None}, "content.attachment.data is missing: the file travels inline."),
    (
        {"data": None, "url": "https://example.org/x.pdf"},
        "content.attachment.data is missing: the file travels inline.",
    ),
    ({"data": "%%%"}, "content.attachment.data is not base64."),
    ({"data": "é"}, "content.attachment.data is not base64."),
    ({"hash": "AAAA"}, "content.attachment.hash is not the SHA-1 of the data."),
    ({"size": 1}, "content.attachment.size is not the size of the data."),
    ({"contentType": "text/html"}, "content.attachment.contentType is not one the space takes."),
    ({"contentType": "image/jpeg"}, "content.attachment.data is not what contentType says."),
    ({"title": None}, "content.attachment.title must have 1 to 255 characters."),
    ({"title": "a\nb"}, "content.attachment.title must have 1 to 255 characters."),
    ({"title": "a" * 256}, "content.attachment.title must have 1 to 255 characters."),
    ({"creation": "2030-01-01"}, "content.attachment.creation is in the future."),
]


@pytest.mark.parametrize(("changes", "text"), WRONG)
def test_app_sends_a_wrong_document_and_learns_why(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(samples.document(**changes))
    assert refused.value.issues[0].text == text


@pytest.mark.parametrize(("changes", "text"), WRONG_FILES)
def test_app_sends_a_wrong_file_and_learns_why(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(samples.document(file=samples.attachment(**changes)))
    assert refused.value.issues[0].text == text


@pytest.mark.parametrize("size", [LIMIT + 1, LIMIT * 2])
def test_app_sends_too_large_a_file(size: int) -> None:
    with pytest.raises(DocumentTooLarge):
        read(samples.document(file=samples.attachment(b"a" * size, "text/plain")))


def test_app_sends_a_file_of_the_largest_size() -> None:
    assert len(read(samples.document(file=samples.attachment(b"a" * LIMIT, "text/plain"))).content) == LIMIT


@pytest.mark.parametrize("identifier", ["urn:x|7", "|7", None])
def test_document_is_written_back_with_the_address_of_its_bytes(identifier: str | None) -> None:
    sha1 = hashlib.sha1(samples.PDF, usedforsecurity=False)
    kept = Document(
        "a" * 32, "p", "SYNTHESE", "Rapport", "application/pdf", 12, "s", sha1.hexdigest(), ("N", "MASQUE_PS"), {},
        samples.NOW, "c", "l", samples.NOW, None, identifier,
    )  # fmt: skip
    written = document_reference(kept, {"system": "s", "value": "v"}, base="https://x/fhir")
    file = written["content"][0]["attachment"]
    assert file["url"] == "https://x/fhir/Binary/aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
    assert base64.b64decode(file["hash"]) == sha1.digest()
    assert "data" not in file
    assert ("masterIdentifier" in written) is (identifier is not None)
    assert kept.is_hidden_from_professionals


places = st.sampled_from(["resourceType", "status", "category", "content", "securityLabel", "masterIdentifier", "type"])
file_places = st.sampled_from(["data", "size", "hash", "title", "creation", "contentType"])


@given(st.dictionaries(places, json_values), st.dictionaries(file_places, json_values))
def test_any_json_in_a_document_is_kept_or_refused_but_never_faults(
    spoiled: dict[str, Any], file: dict[str, Any]
) -> None:
    with suppress(Invalid, DocumentTooLarge):
        read(samples.document(**{"file": samples.attachment(**file), **spoiled}))
