"""Objects without a browser, set up by somebody whose right over the space ends while the object waits."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from authz.pairing import pairings
from tests.actors import Partner, Person
from tests.flows.family.test_rights_that_end import state, stops
from tests.protocol.oauth.test_device import asks, begun, scale, scans
from tests.spec import spec
from tests.standing import unit_in

__all__ = ["scale"]
CHOICE: dict[str, Any] = {"decision": "allow", "scope": ["measures.weight.write"], "until": "13"}


def arrives(person: Person, codes: dict[str, Any]) -> Any:
    """Come from the object's address to the question."""
    return person.submit(person.submit(scans(person, codes), "device"), "arrival")


def weighs(partner: Partner, token: str) -> int:
    """Push a measure, and say what the space answers."""
    answer = partner.call("POST", "/fhir/Observation", token, json={"resourceType": "Observation"})
    return int(answer.status_code)


@pytest.mark.usefixtures("app")
def test_question_that_was_open_is_refused_and_the_object_goes_on_waiting(
    alice: Person, carer: Person, scale: Partner
) -> None:
    hers, codes = alice.profile_id(), begun(scale)
    page = arrives(carer, codes)
    stops(carer, hers)
    assert carer.submit(page, "consent", profile=hers, **CHOICE).status_code == 403
    assert asks(scale, codes).json["error"] == "authorization_pending"
    with unit_in(alice.app):
        assert pairings.list_of_profile(hers) == []


@spec("RFC 8628", "3.5", "what was decided by somebody who may no longer decide gives the object nothing to use")
def test_object_that_asks_after_the_right_ended_adds_nothing(
    app: Flask, alice: Person, carer: Person, scale: Partner
) -> None:
    """She said yes, and stopped acting before the object asked: who remains decides whether the link goes on."""
    hers, codes = alice.profile_id(), begun(scale)
    carer.submit(arrives(carer, codes), "consent", profile=hers, **CHOICE)
    stops(carer, hers)
    assert state(alice, hers) == "paused"
    answer = asks(scale, codes)
    assert answer.status_code == 200
    assert weighs(scale, answer.json["access_token"]) == 403
    assert state(alice, hers) == "paused"
    with unit_in(app):
        (pairing,) = pairings.list_of_profile(hers)
        where = f"/home/services/{pairing.id}"
    alice.submit(alice.get(where), "resume")
    assert state(alice, hers) == "active"
