"""The rules of the sign-in identifier."""

from __future__ import annotations

import pytest

from authz.identity.identifiers import IdentifierRefused, as_identifier, is_well_formed


@pytest.mark.parametrize("text", ["alice.martin", "A-lice_1958", "  Zoe.Durand-2016 ", "12345678", "fr7630006000011"])
def test_patient_chooses_an_identifier_in_one_spelling(text: str) -> None:
    assert as_identifier(text) == text.strip().lower()


@pytest.mark.parametrize(
    "text",
    [
        "alice",
        "alice@example.org",
        "élise.martin",
        "alice martin",
        "a" * 65,
        "",
        "alice\x00martin",
        "alice.martin\n\n.",
    ],
)
def test_patient_cannot_choose_an_ill_formed_identifier(text: str) -> None:
    with pytest.raises(IdentifierRefused) as refused:
        as_identifier(text)
    assert refused.value.params == {"rule": "shape"}


@pytest.mark.parametrize(
    "text",
    ["258046912345678", "2580469123456", "2-58-04-69-123-456", "258042a123456", "FR1420041010050500013M02606"],
)
def test_patient_cannot_choose_a_personal_number(text: str) -> None:
    with pytest.raises(IdentifierRefused) as refused:
        as_identifier(text)
    assert refused.value.params == {"rule": "number"}


def test_what_is_not_well_formed_is_never_looked_up() -> None:
    assert is_well_formed("alice.martin")
    assert not is_well_formed("alice.martin\n")
    assert not is_well_formed("\x00" * 8)
