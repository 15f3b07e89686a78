"""The transaction bundle of the French measures interface: its shape, the link of its parts, and every refusal."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.measures_api.dialect import read_bundle
from connectors.records.outcomes import BUNDLE, DEVICE, LINK, Invalid
from tests.spec import spec
from tests.unit.records import samples
from tests.unit.records.test_observations import json_values

MES = "French measures interface V1.5.2"
Spoil = Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], object]
TYPE = "The resource type is not supported: only Observation and Device are."
CONDITION = "ifNoneExist must be identifier=urn:oid:<OID>|<identifier>."
NOT_ID = "Observation.device.reference is not the id of the Device."
NO_DEVICE = "The Observation names a device that is not in the bundle."
MOST = "At most one Observation and one Device are accepted."

SPOILT: list[tuple[str, str, Spoil]] = [
    (BUNDLE, "resourceType must be Bundle.", lambda whole, one, two: whole.update(resourceType="Observation")),
    (BUNDLE, "type must be transaction.", lambda whole, one, two: whole.update(type="batch")),
    (BUNDLE, "No Observation POST.", lambda whole, one, two: whole.update(entry=[two])),
    (BUNDLE, "No Observation POST.", lambda whole, one, two: whole.update(entry=[])),
    (BUNDLE, "No Observation POST.", lambda whole, one, two: whole.pop("entry")),
    (BUNDLE, MOST, lambda whole, one, two: whole.update(entry=[one, one])),
    (BUNDLE, MOST, lambda whole, one, two: whole.update(entry=[one, 7])),
    (BUNDLE, TYPE, lambda whole, one, two: one["request"].update(url="Patient")),
    (BUNDLE, TYPE, lambda whole, one, two: one["resource"].update(resourceType="Device")),
    (BUNDLE, "The method is not supported: only POST is.", lambda whole, one, two: one["request"].update(method="PUT")),
    (BUNDLE, "fullUrl is missing on the Observation.", lambda whole, one, two: one.pop("fullUrl")),
    (BUNDLE, "ifNoneExist is missing on the Device.", lambda whole, one, two: two["request"].pop("ifNoneExist")),
    (BUNDLE, CONDITION, lambda whole, one, two: two["request"].update(ifNoneExist="identifier=urn:oid:1.2.3")),
    (BUNDLE, CONDITION, lambda whole, one, two: two["request"].update(ifNoneExist="identifier=urn:oid:1|x" * 40)),
    (LINK, "Observation.device.reference is missing.", lambda whole, one, two: one["resource"].pop("device")),
    (LINK, NOT_ID, lambda whole, one, two: two["resource"].update(id="x")),
    (LINK, NOT_ID, lambda whole, one, two: two["resource"].pop("id")),
    (LINK, NO_DEVICE, lambda whole, one, two: whole["entry"].remove(two)),
    (DEVICE, "meta.profile is missing.", lambda whole, one, two: two["resource"].pop("meta")),
]  # fmt: skip


@spec(MES, "2.6", "the families of 422 and their reasons")
@pytest.mark.parametrize(("family", "text", "spoil"), SPOILT, ids=[text for _family, text, _spoil in SPOILT])
def test_app_sends_a_wrong_bundle_and_learns_why(family: str, text: str, spoil: Spoil) -> None:
    whole = samples.bundle(with_device=True)
    one, two = whole["entry"]
    spoil(whole, one, two)
    with pytest.raises(Invalid) as refused:
        read_bundle(whole)
    assert refused.value.family == family
    assert text in [issue.text for issue in refused.value.issues]


@spec(MES, "2.2", "ifNoneExist names the device by OID and identifier")
@pytest.mark.parametrize("bar", ["|", "%7C", "%7c"])
def test_app_names_its_device_by_oid_and_identifier(bar: str) -> None:
    whole = samples.bundle(with_device=True)
    whole["entry"][1]["request"]["ifNoneExist"] = f"identifier=urn:oid:1.2.3{bar}SN-1-2"
    device = read_bundle(whole).device
    assert device is not None
    assert (device.system, device.value) == ("urn:oid:1.2.3", "SN-1-2")


def test_app_refers_to_its_device_by_full_url() -> None:
    whole = samples.bundle(with_device=True)
    whole["entry"][0]["resource"]["device"] = {"reference": whole["entry"][1]["fullUrl"]}
    assert read_bundle(whole).device is not None


bundle_places = st.sampled_from(["resourceType", "type", "entry"])
entry_places = st.sampled_from(["fullUrl", "resource", "request"])


@given(
    st.dictionaries(bundle_places, json_values, max_size=2),
    st.dictionaries(entry_places, json_values, max_size=2),
    st.dictionaries(entry_places, json_values, max_size=2),
)
def test_any_json_in_a_bundle_is_read_or_refused_but_never_faults(
    spoiled: dict[str, Any], one: dict[str, Any], two: dict[str, Any]
) -> None:
    whole = samples.bundle(with_device=True)
    whole["entry"][0] |= one
    whole["entry"][1] |= two
    with suppress(Invalid):
        read_bundle(whole | spoiled)
