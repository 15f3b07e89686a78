"""The tables of measures and bounds, identities and indexes worked out: small pure rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from authz.catalogue.scopes import SCOPES
from authz.errors import Refusal
from connectors.records import bmi, bounds, codes, identities, outcomes
from connectors.records.contract import Measure, NewDevice, NewDocument, NewMeasure, Origin
from connectors.records.fhir_mapping import shapes
from connectors.records.fhir_mapping.extensions import days_coding
from connectors.records.fhir_mapping.rendering import elements
from tests.unit.records.samples import NOW

ALICE = Origin("p" * 32, "glucoapp", "l" * 32)


def test_every_measure_has_bounds_with_a_source() -> None:
    for kind in codes.KINDS:
        for code in kind.parts or ([] if kind.code == codes.BMI else [kind.code]):
            bound = bounds.BOUNDS[code]
            assert bound.low < bound.high
            assert bound.source


def test_every_scope_of_a_measure_is_in_the_catalogue() -> None:
    named = {kind.scope for kind in codes.KINDS if kind.scope} | {codes.MEASURES_READ, codes.SUMMARY_WRITE}
    assert named <= set(SCOPES)


def test_code_without_a_consent_text_opens_nothing() -> None:
    assert codes.scope_for_code("MED-969") == "measures.glucose.write"
    assert codes.scope_for_code("8310-5") is None
    assert codes.scope_for_code("1-8") is None


def test_bounds_hold_their_ends_and_name_them() -> None:
    assert bounds.complaint(codes.INTERSTITIAL, 40) is None
    assert bounds.complaint(codes.INTERSTITIAL, 500) is None
    assert bounds.complaint("41950-7", 300_001) == (
        "The value is outside 0 to 300000 1/(24.h), the bounds for 41950-7."
    )


def measure(code: str, value: float, days_ago: int) -> Measure:
    """Return a kept measure."""
    at = NOW - timedelta(days=days_ago)
    unit = codes.get_kind(code).unit
    return Measure(
        identities.measure_id(ALICE, NewMeasure(code, at, "", value)), "p", code, value, unit, {}, at, at.isoformat(),
        0, None, None, "secret", "d", "c", "l", "s", at, {},
    )  # fmt: skip


def test_body_mass_index_takes_the_height_nearest_in_time() -> None:
    heights = [measure(codes.HEIGHT, 171, 1), measure(codes.HEIGHT, 110, 3000)]
    weights = [measure(codes.WEIGHT, 64.2, 2), measure(codes.WEIGHT, 19, 2900)]
    now, then = bmi.from_weights(weights, heights, source="urn:oid:1.2")
    assert (now.value, then.value) == (22.0, 15.7)
    assert (now.code, now.unit, now.is_computed, now.comment, now.source) == (
        codes.BMI, "kg/m2", True, None, "urn:oid:1.2",
    )  # fmt: skip
    assert now.id not in {weights[0].id, heights[0].id}
    assert now.resource["valueQuantity"]["value"] == 22.0
    assert bmi.from_weights(weights, [], source="") == []


def test_identity_is_the_apps_own_or_follows_from_the_content() -> None:
    new = NewMeasure(codes.WEIGHT, NOW, "", 64.2)
    first = identities.measure_id(ALICE, new)
    assert identities.measure_id(ALICE, replace(new, comment="x", source="y")) == first
    assert identities.measure_id(ALICE, replace(new, effective_at=NOW.astimezone())) == first
    others = [
        identities.measure_id(ALICE, replace(new, value=64.3)),
        identities.measure_id(ALICE, replace(new, device=NewDevice("s", "v"))),
        identities.measure_id(replace(ALICE, client_id="other"), new),
        identities.measure_id(replace(ALICE, profile_id="other"), new),
        identities.measure_id(ALICE, replace(new, identifier="a|1")),
        identities.document_id(ALICE, NewDocument("t", "c", "m", b"x", NOW)),
    ]
    assert len({first, *others}) == 7
    assert identities.measure_id(ALICE, replace(new, identifier="a|1", value=70)) == others[4]
    assert identities.measure_id(replace(ALICE, pairing_id="other"), new) == first


def test_ids_are_shown_as_uuids_and_read_back() -> None:
    row_id = identities.device_id(ALICE, NewDevice("s", "v"))
    shown = identities.shown(row_id)
    assert [len(part) for part in shown.split("-")] == [8, 4, 4, 4, 12]
    assert shown[14] == "8"
    assert shown[19] in "89ab"
    assert identities.read(shown.upper()) == row_id


@pytest.mark.parametrize(
    ("days", "code", "text"), [(14, "GEN-276", None), (10, "GEN-092", "10"), (None, "GEN-092", None)]
)
def test_number_of_days_is_written_as_the_interface_wants(days: int | None, code: str, text: str | None) -> None:
    concept = days_coding(days)
    assert concept["coding"][0]["code"] == code
    assert concept.get("text") == text


def test_elements_of_a_pressure_have_no_value() -> None:
    assert "valueQuantity" not in elements(NewMeasure("85354-9", NOW, "2026-03-18", components={}))


def test_refusals_are_shown_as_outcomes() -> None:
    shown = outcomes.outcome_of(outcomes.Invalid("Family.", [outcomes.Issue("Why.", "value", "X.y")]))
    assert shown["issue"] == [
        {"severity": "error", "code": "value", "diagnostics": "Family. Why.", "details": {"text": "Family."},
         "expression": ["X.y"]}
    ]  # fmt: skip
    plain = outcomes.outcome_of(outcomes.ConsentNotGiven())["issue"][0]
    assert plain["diagnostics"] == "Consent not given, access refused."
    assert outcomes.outcome_of(Refusal("Odd."))["issue"][0]["code"] == "invalid"


def test_looking_into_odd_shapes_finds_nothing() -> None:
    assert shapes.child([], "a") == {}
    assert shapes.children({"a": "x"}, "a") == []
    assert shapes.texts({"a": ["x", 1]}, "a") == ["x"]
    assert shapes.texts(None, "a") == []
    assert shapes.text({"a": "x" * 2000}, "a") == ""
    assert shapes.number({"a": float("inf")}, "a") is None
    assert shapes.first_identifier({"identifier": [{"system": "s"}]}) is None


def test_document_for_partners_has_every_code_and_bound() -> None:
    page = Path("docs/measures.md").read_text(encoding="utf-8")
    for kind in codes.KINDS:
        scope = f"`{kind.scope}`" if kind.scope else "none yet: refused"
        line = next(line for line in page.splitlines() if f"`{kind.code}`" in line and f"`{kind.profile}`" in line)
        assert f"`{kind.unit}`" in line
        assert (scope if kind.code != codes.BMI else "never") in line
        assert all(f"`{code}`" in line for _system, code in kind.aliases)
    for code, bound in bounds.BOUNDS.items():
        assert f"| `{code}` | {bound.low:g} | {bound.high:.6g} | {bound.source} |" in page
