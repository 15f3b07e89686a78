"""Observations as partners send them: what is kept, and every reason for which one is refused."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.records import codes, outcomes
from connectors.records.codes import CISIS, LOINC, TAASIP
from connectors.records.fhir_mapping.observations import read_observation
from connectors.records.outcomes import Invalid
from tests.spec import spec
from tests.unit.records import samples

MES = "French measures interface V1.5.2"


def read(resource: dict[str, Any]) -> Any:
    """Read as the app whose root OID is the samples'."""
    return read_observation(resource, now=samples.NOW, oid=samples.OID)


def complaints(resource: dict[str, Any]) -> list[str]:
    """Return the sentences for which a resource is refused."""
    with pytest.raises(Invalid) as refused:
        read(resource)
    assert refused.value.family == outcomes.OBSERVATION
    assert refused.value.status == 422
    return [issue.text for issue in refused.value.issues]


@spec(MES, "2.2", "a measure keeps its value, instant, days and source")
def test_app_sends_a_mean_glucose_that_is_kept_whole() -> None:
    found = read(samples.observation(meta={"profile": [samples.PROFILE + "glucose"], "source": f"{samples.OID}.4"}))
    assert (found.code, found.value, found.days, found.days_code) == (codes.INTERSTITIAL, 97.0, 14, "GEN-276")
    assert found.effective_at.isoformat() == "2026-03-18T07:10:00+00:00"
    assert (found.effective_text, found.offset_minutes) == ("2026-03-18T08:10:00+01:00", 60)
    assert found.source == f"{samples.OID}.4"
    assert found.identifier is None
    assert "subject" not in found.resource


def test_app_sends_more_than_a_measure_needs_and_only_the_measure_is_kept() -> None:
    found = read(samples.observation(performer=[{"display": "Dr X"}], contained=[{"resourceType": "Patient"}], text={}))
    assert not {"performer", "contained", "text"} & set(found.resource)


@spec(MES, "2.3", "each measure has its code and unit")
@pytest.mark.parametrize(
    ("key", "value"),
    [("weight", 64.2), ("height", 171), ("waist", 80), ("temperature", 37.2), ("hba1c", 6.8), ("pain", 3),
     ("heart_rate", 62), ("steps", 7412), ("head", 55)],
)  # fmt: skip
def test_app_sends_each_simple_measure(key: str, value: float) -> None:
    found = read(samples.simple(key, value))
    assert (found.value, codes.get_kind(found.code).key) == (float(value), key)


@spec(MES, "2.3", "blood pressure has two components and no value")
def test_app_sends_a_blood_pressure() -> None:
    found = read(samples.pressure())
    assert found.components == {codes.SYSTOLIC: 118.0, codes.DIASTOLIC: 76.0}
    assert found.value is None


@spec(MES, "2.4", "blood glucose has its moment")
def test_app_sends_a_blood_glucose_with_its_moment_and_comment() -> None:
    extensions = [samples.moment("A05"), samples.comment("après le sport")]
    found = read(samples.simple("blood_glucose", 68, extension=extensions))
    assert (found.moment, found.comment) == ("A05", "après le sport")


@spec(MES, "2.3", "both spellings of a code are one measure")
@pytest.mark.parametrize(
    ("system", "code", "kept"),
    [(TAASIP, "MED-969", codes.INTERSTITIAL), (CISIS, "MED-969", codes.INTERSTITIAL), (LOINC, "99504-3", "MED-969"),
     (CISIS, "MED-972", codes.GMI), ("urn:oid:1.2.250.1.213.1.1.4.322", "MED-972", codes.GMI)],
)  # fmt: skip
def test_app_spells_a_code_as_any_version_does(system: str, code: str, kept: str) -> None:
    unit = "%" if kept == codes.GMI else "mg/dL"
    quantity = {"value": 97 if unit == "mg/dL" else 5.6, "code": unit}
    found = read(samples.observation(code={"coding": [{"system": system, "code": code}]}, valueQuantity=quantity))
    assert found.code == kept


@spec(MES, "2.3", "three families of profile addresses are accepted")
@pytest.mark.parametrize(
    "profile",
    ["https://fhir.monespacesante.fr/ref/mesure/StructureDefinition/mes-observation-glucose|1.5.2",
     "http://esante.gouv.fr/ci-sis/fhir/StructureDefinition/ENS_ObservationGlucose",
     "https://interop.esante.gouv.fr/ig/fhir/mesures/StructureDefinition/mesures-observation-glucose"],
)  # fmt: skip
def test_app_names_a_profile_of_any_family(profile: str) -> None:
    assert read(samples.observation(meta={"profile": [profile]})).resource["meta"] == {"profile": [profile]}


@spec(MES, "2.4", "other numbers of days travel beside the code for other")
@pytest.mark.parametrize(
    ("code", "text", "found"),
    [("GEN-275", "", 7), ("GEN-277", "", 30), ("GEN-278", "", 90), ("GEN-092", "10", 10),
     ("GEN-092.08.05", "21 jours", 21), ("GEN-092", "", None), ("GEN-092", "0", None), ("GEN-092", "1000", None)],
)  # fmt: skip
def test_app_says_over_how_many_days(code: str, text: str, found: int | None) -> None:
    assert read(samples.observation(extension=[samples.days(code, text)])).days == found


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"meta": None}, "meta.profile is missing."),
    ({"meta": {"profile": ["https://example.org/other"]}}, "meta.profile names no profile known here."),
    ({"meta": {"profile": [samples.PROFILE + "bodyweight"]}}, "meta.profile is not the one of this code."),
    ({"status": None}, "status is missing or not one that can be kept."),
    ({"status": "entered-in-error"}, "status is missing or not one that can be kept."),
    ({"category": None}, "category.coding.system and code are missing."),
    ({"category": [{"coding": [{"code": "vital-signs"}]}]}, "category.coding.system and code are missing."),
    ({"code": None}, "code.coding.system and code are missing."),
    ({"code": {"coding": [{"system": LOINC, "code": "1-8"}]}}, "code is not a measure of this interface."),
    ({"code": {"coding": [{"system": "urn:x", "code": "MED-969"}]}}, "code is not a measure of this interface."),
    ({"subject": None}, "subject.identifier is missing."),
    ({"subject": {"reference": "Patient/1"}}, "subject.identifier is missing."),
    ({"effectiveDateTime": None}, "effectiveDateTime must be a date-time with an offset, or a day (YYYY-MM-DD)."),
    ({"valueQuantity": None}, "valueQuantity is missing for MED-969."),
    ({"valueQuantity": {"value": "97", "code": "mg/dL"}}, "valueQuantity is missing for MED-969."),
    ({"valueQuantity": {"value": True, "code": "mg/dL"}}, "valueQuantity is missing for MED-969."),
    ({"valueQuantity": {"value": 5.4, "code": "mmol/L"}}, "The unit of MED-969 must be mg/dL."),
    ({"valueQuantity": {"value": 97}}, "The unit of MED-969 must be mg/dL."),
    ({"valueQuantity": {"value": 97, "code": "mg/dL", "comparator": "<"}}, "A value with a comparator cannot be kept."),
    ({"valueQuantity": {"value": 5.4, "code": "mg/dL"}},
     "The value is outside 40 to 500 mg/dL, the bounds for MED-969."),
    ({"valueQuantity": {"value": 10**400, "code": "mg/dL"}}, "valueQuantity is missing for MED-969."),
    ({"valueString": "97"}, "value[x] is not of the kind this code has."),
    ({"extension": None}, "extension.numberOfDays is mandatory for this code."),
    ({"extension": [samples.days(), samples.moment()]}, "extension.moment is not allowed for this code."),
    ({"extension": [samples.days(), samples.days()]}, "The extension for days is given twice."),
    ({"extension": [samples.days("GEN-1")]}, "extension.numberOfDays has no known code."),
]  # fmt: skip


@spec(MES, "2.6", "an invalid observation is refused with the family's text and the reason")
@pytest.mark.parametrize(("changes", "text"), WRONG, ids=[text[:40] for _changes, text in WRONG])
def test_app_sends_a_wrong_observation_and_learns_why(changes: dict[str, Any], text: str) -> None:
    assert complaints(samples.observation(**changes)) == [text]


def test_app_sends_several_wrongs_and_learns_all() -> None:
    found = complaints(samples.observation(status=None, subject=None, valueQuantity=None))
    assert len(found) == 3


@spec(MES, "2.6", "BMI cannot be created")
def test_app_cannot_create_a_body_mass_index() -> None:
    assert complaints(samples.simple("bmi", 22)) == ["BMI cannot be created."]


@spec(MES, "2.4", "HbA1c has neither moment nor days, blood glucose must have its moment")
def test_app_gives_extensions_that_the_glucose_family_forbids() -> None:
    assert complaints(samples.simple("hba1c", 6.8, extension=[samples.days()])) == [
        "extension.numberOfDays is not allowed for this code."
    ]
    assert complaints(samples.simple("blood_glucose", 90)) == ["extension.moment is mandatory for this code."]
    assert complaints(samples.simple("blood_glucose", 90, extension=[samples.moment("x")])) == [
        "extension.moment has no known code."
    ]


@spec(MES, "2.2", "meta.source starts with the OID of the authenticated solution")
@pytest.mark.parametrize("source", ["1.2.250.1.999.70", "urn:oid:1.2.3", "https://example.org"])
def test_app_names_a_source_that_is_not_its_own(source: str) -> None:
    meta = {"profile": [samples.PROFILE + "glucose"], "source": source}
    assert complaints(samples.observation(meta=meta)) == [
        "meta.source is outside the root OID registered for this solution."
    ]


def test_app_without_an_oid_cannot_name_a_source() -> None:
    meta = {"profile": [samples.PROFILE + "glucose"], "source": samples.OID}
    with pytest.raises(Invalid):
        read_observation(samples.observation(meta=meta), now=samples.NOW, oid="")


PRESSURES = [
    (samples.pressure(76, 118), "Systolic pressure must be above diastolic."),
    (samples.pressure(component=None), "component needs 8480-6 and 8462-4."),
    (samples.pressure(component=[]), "component needs 8480-6 and 8462-4."),
    (samples.pressure(component=[{"code": {"coding": [{"system": LOINC, "code": "1-8"}]}}]),
     "component has a code that is unknown here or given twice."),
    (samples.pressure(valueQuantity={"value": 1}), "value[x] is not of the kind this code has."),
    (samples.pressure(systolic=400), "The value is outside 30 to 300 mm[Hg], the bounds for 8480-6."),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "text"), PRESSURES)
def test_app_sends_a_wrong_blood_pressure(resource: dict[str, Any], text: str) -> None:
    assert complaints(resource) == [text]


def test_app_sends_half_a_step() -> None:
    assert complaints(samples.simple("steps", 10.5)) == ["The value of 41950-7 is a count and must be a whole number."]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
places = st.sampled_from(sorted(samples.observation(component=[], device={}, identifier=[])))


@given(spoiled=st.dictionaries(places, json_values, min_size=1, max_size=3))
def test_any_json_in_an_observation_is_kept_or_refused_but_never_faults(spoiled: dict[str, Any]) -> None:
    with suppress(Invalid):
        read(samples.observation(**spoiled))


@pytest.mark.parametrize("url", ["https://example.org/x", samples.EXTENSION + "diabetis-type"])
def test_app_sends_an_extension_that_no_rule_speaks_of(url: str) -> None:
    extra = {"url": url, "valueString": "x"}
    found = read(samples.observation(extension=[samples.days(), extra, extra]))
    assert (found.days, found.comment) == (14, None)
