"""The bundles of the French dialect, held to its published shape."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from connectors.kit import Misconfigured, measures
from connectors.kit.measures import Device, Taken

AT = datetime(2026, 2, 15, 23, 55, tzinfo=timezone(timedelta(hours=1)))
TAKEN = Taken("alice-for-glucoapp", "urn:oid:1.2.250.1.999.1.1", AT)
SENSOR = Device("1.2.250.1.999.9.1", "SYNTH-14D", measures.CGM, manufacturer="Abbott", model="FreeStyle Libre 3")
# The published pattern allows these two parts.
IF_NONE_EXIST = re.compile(r"identifier=urn:oid:[0-9.]+\|[a-zA-Z0-9-]+")


def observation(bundle: measures.Bundle) -> dict[str, Any]:
    resource: dict[str, Any] = bundle["entry"][0]["resource"]
    return resource


def test_mean_glucose_carries_its_days_and_its_sensor() -> None:
    taken = Taken(TAKEN.subject, TAKEN.subject_system, AT, SENSOR, "After the flu", "1.2.250.1.999.9.2")
    bundle = measures.mean_glucose(taken, mg_dl=145, days=14)
    written, device = (entry["resource"] for entry in bundle["entry"])
    assert (bundle["type"], len(bundle["entry"])) == ("transaction", 2)
    assert written["meta"] == {"profile": [f"{measures.PROFILE}glucose"], "source": "1.2.250.1.999.9.2"}
    assert written["code"]["coding"][0]["code"] == "MED-969"
    assert written["valueQuantity"] == {"value": 145, "unit": "mg/dL", "system": measures.UCUM, "code": "mg/dL"}
    assert written["effectiveDateTime"] == "2026-02-15T23:55:00+01:00"
    comment, days = written["extension"]
    assert comment["valueString"] == "After the flu"
    assert days["valueCodeableConcept"]["coding"][0]["code"] == "GEN-276"
    assert written["device"] == {"reference": f"Device/{device['id']}"}
    assert device["specialization"][0]["systemType"]["coding"][0]["code"] == "528409"
    assert IF_NONE_EXIST.fullmatch(bundle["entry"][1]["request"]["ifNoneExist"])


@pytest.mark.parametrize(("days", "code"), [(7, "GEN-275"), (30, "GEN-277"), (90, "GEN-278"), (11, "GEN-092")])
def test_gmi_names_its_days_by_code(days: int, code: str) -> None:
    written = observation(measures.gmi(TAKEN, percent=6.8, days=days))
    assert written["code"]["coding"][0]["code"] == "MED-972"
    assert written["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] == code
    assert written["valueQuantity"]["code"] == "%"


def test_other_measures_have_no_extension() -> None:
    weight = observation(measures.weight(TAKEN, kg=62.4))
    pressure = observation(measures.blood_pressure(TAKEN, systolic=121, diastolic=78))
    steps = observation(measures.steps(TAKEN, count=8042))
    assert all("extension" not in written for written in (weight, pressure, steps))
    assert weight["code"]["coding"][0]["code"] == "29463-7"
    assert [part["valueQuantity"]["value"] for part in pressure["component"]] == [121, 78]
    assert "valueQuantity" not in pressure
    assert steps["valueQuantity"] == {"value": 8042, "unit": "steps/day", "system": measures.UCUM, "code": "1/(24.h)"}


def test_same_measure_is_the_same_bundle() -> None:
    assert measures.weight(TAKEN, kg=62.4) == measures.weight(TAKEN, kg=62.4)
    assert measures.weight(TAKEN, kg=62.4) != measures.weight(TAKEN, kg=62.5)


@pytest.mark.parametrize(
    "taken",
    [
        Taken("alice", "urn:oid:1.2", AT.replace(tzinfo=None)),
        Taken("", "urn:oid:1.2", datetime(2026, 2, 15, tzinfo=UTC)),
        Taken("alice", "", datetime(2026, 2, 15, tzinfo=UTC)),
    ],
)
def test_measure_of_nobody_or_of_no_instant_is_not_written(taken: Taken) -> None:
    with pytest.raises(Misconfigured):
        measures.weight(taken, kg=62.4)
