"""Adding a measure at the FHIR base, as an app does that knows FHIR and SMART and nothing of the French interface."""

from __future__ import annotations

from typing import Any

import pytest

from tests.actors import Partner, Person
from tests.protocol.smart.conftest import FHIR, OBSERVATION_CATEGORY, VITAL, Launched, launch
from tests.spec import spec
from tests.unit.records import samples

SMART = "SMART App Launch"
WRITES = ["measures.weight.write", "measures.read"]
SCOPE = f"launch/patient patient/Observation.rs patient/Observation.c?category={VITAL}"


def weight(patient: str, **changes: Any) -> dict[str, Any]:
    """Return a weight in plain FHIR R4."""
    found = {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": OBSERVATION_CATEGORY, "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": "2026-03-18T08:10:00+01:00",
        "valueQuantity": {"value": 64.2, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    }
    return {name: value for name, value in (found | changes).items() if value is not None}


def added(launched: Launched, resource: Any, **headers: str) -> Any:
    sent = {name.replace("_", "-"): text for name, text in headers.items()}
    token = launched.tokens["access_token"]
    return launched.partner.call("POST", "/fhir/Observation", token, json=resource, headers=sent)


@pytest.fixture
def launched(alice: Person, smartapp: Partner) -> Launched:
    """Give a launch that adds vital signs and reads."""
    return Launched(smartapp, launch(smartapp, alice, SCOPE, consents=WRITES))


@spec(SMART, "scopes", "c adds a resource, which is read at the address told")
def test_app_adds_a_weight_and_reads_it_back(launched: Launched) -> None:
    answer = added(launched, weight(launched.patient))
    assert answer.status_code == 201, answer.text
    place = answer.headers["Location"].removeprefix(FHIR + "/")
    assert launched.get(place).json == answer.json
    assert answer.json["subject"]["reference"] == f"Patient/{launched.patient}"
    again = added(launched, weight(launched.patient, subject={"reference": f"{FHIR}/Patient/{launched.patient}"}))
    assert (again.status_code, again.json["id"]) == (201, answer.json["id"])


def test_repeat_of_a_key_with_another_body_is_refused(launched: Launched) -> None:
    assert added(launched, weight(launched.patient), Idempotency_Key="one").status_code == 201
    other = weight(launched.patient, effectiveDateTime="2026-03-19T08:10:00+01:00")
    assert added(launched, other, Idempotency_Key="one").status_code >= 400


@spec(SMART, "scopes", "c adds within its query and the patient's consent only")
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"category": [{"coding": [{"system": OBSERVATION_CATEGORY, "code": "laboratory"}]}]}, 403),
        ({"code": {"coding": [{"system": "http://loinc.org", "code": "8302-2"}]}}, 422),
        ({"subject": {"reference": "Patient/somebody-else"}}, 403),
        ({"subject": {"reference": "Group/1"}}, 403),
        ({"subject": None}, 422),
        ({"subject": {"identifier": {"system": samples.AUTHORITY, "value": "somebody-else"}}}, 403),
        ({"device": {"reference": "Device/1"}}, 422),
        ({"resourceType": "Condition"}, 422),
        ({"code": None}, 422),
        ({"valueQuantity": None}, 422),
    ],
)
def test_what_may_not_be_added_is_refused(launched: Launched, changes: dict[str, Any], status: int) -> None:
    answer = added(launched, weight(launched.patient, **changes))
    assert (answer.status_code, answer.json["resourceType"]) == (status, "OperationOutcome"), answer.text
    assert launched.ids("Observation") == []


def test_measure_hidden_meanwhile_is_said_to_be_gone(launched: Launched, alice: Person) -> None:
    from connectors.records import sql
    from tests.standing import unit_in

    added(launched, weight(launched.patient))
    with unit_in(alice.app):
        (found,) = sql.search(alice.profile_id(), "29463-7").measures
        sql.hide_of_pairing(found.profile_id, found.pairing_id, at=found.created_at)
    assert added(launched, weight(launched.patient)).status_code == 404
