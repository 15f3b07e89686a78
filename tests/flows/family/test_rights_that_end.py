"""A right that ends counts at the next request: requests on their way, links, and what apps are told of who acted."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from authz import clock
from authz.cli import working
from authz.identity import delegation, family
from authz.notifications import worker
from authz.pairing import pairings
from tests.actors import Partner, Person, claims_of, params_of
from tests.cast import GLUCO_ENTRY, enrol, register
from tests.flows.family.conftest import Inviting, answers, opens
from tests.mailbox import Mailbox
from tests.spec import spec
from tests.standing import unit_in

WRITES = "openid measures.glucose.write"


def stops(person: Person, profile_id: str) -> None:
    """End what right a person has in somebody else's space, as they would by themselves."""
    with unit_in(person.app):
        mine = family.find_of(person.account_id, profile_id)
        assert mine
        family.leave(mine)


def state(person: Person, profile_id: str) -> str:
    """Return the state of the space's one link, as kept."""
    with unit_in(person.app):
        (pairing,) = pairings.list_of_profile(profile_id)
        return pairing.state


def test_consent_page_that_was_open_is_refused(alice: Person, carer: Person, glucoapp: Partner) -> None:
    hers = alice.profile_id()
    page = carer.arrives_at_consent(glucoapp)
    assert hers in page.text
    stops(carer, hers)
    answer = carer.submit(page, "consent", decision="allow", profile=hers, scope=[], until="13")
    assert answer.status_code == 403
    assert hers not in answer.text
    with unit_in(alice.app):
        assert pairings.list_of_profile(hers) == []


def test_decision_that_was_not_brought_home_brings_nothing(alice: Person, carer: Person, glucoapp: Partner) -> None:
    """She said yes, and stopped acting before going back to the app."""
    hers = alice.profile_id()
    page = carer.arrives_at_consent(glucoapp)
    done = carer.submit(page, "consent", decision="allow", profile=hers, scope=[], until="13")
    assert done.request.path.endswith("/done")
    stops(carer, hers)
    back = carer.browser.get(f"/authorize/{done.request.path.split('/')[2]}")
    assert params_of(back)["error"] == "access_denied"
    assert "code" not in params_of(back)


def test_code_that_was_not_redeemed_opens_nothing(alice: Person, carer: Person, glucoapp: Partner) -> None:
    hers = alice.profile_id()
    page = carer.decides(carer.arrives_at_consent(glucoapp), consents=["measures.read"], profile=hers)
    stops(carer, hers)
    tokens = glucoapp.redeem(params_of(page)["code"]).json
    assert glucoapp.call("GET", "/fhir/Observation", tokens["access_token"]).status_code == 403
    assert state(alice, hers) == "paused"


def test_link_that_reads_is_held_at_once_and_who_remains_decides(
    alice: Person, carer: Person, glucoapp: Partner
) -> None:
    """What it reads may be seen in the carer's own account with the app."""
    hers = alice.profile_id()
    tokens = carer.pairs(glucoapp, consents=["measures.read"], profile=hers)
    assert glucoapp.call("GET", "/fhir/Observation", tokens["access_token"]).status_code == 200
    stops(carer, hers)
    assert glucoapp.call("GET", "/fhir/Observation", tokens["access_token"]).status_code == 403
    page = alice.get(f"/home/services/{tokens['pairing_id']}")
    alice.submit(page, "resume")
    assert glucoapp.call("GET", "/fhir/Observation", tokens["access_token"]).status_code == 200
    works(alice.app)
    assert state(alice, hers) == "active"


def works(app: Flask) -> None:
    """Let the worker do its dated jobs of families."""
    worker.run(app, once=True, jobs=[job for job in working.JOBS if job.name in ("birthdays", "hold")])


def test_link_that_only_adds_goes_on_and_is_shown(alice: Person, carer: Person) -> None:
    entry = GLUCO_ENTRY | {"scopes": [{"scope": "measures.glucose.write", "required": True}]}
    sensor = register(alice.app, entry, scope=WRITES)
    sensor.scope = WRITES
    hers = alice.profile_id()
    tokens = carer.pairs(sensor, profile=hers)
    stops(carer, hers)
    works(alice.app)
    assert state(alice, hers) == "active"
    assert sensor.refresh(tokens["refresh_token"]).status_code == 200
    assert "GlucoApp" in alice.get("/home/services").text
    assert tokens["pairing_id"] not in carer.get("/home/services").text


def test_nothing_is_answered_from_memory_for_somebody_else(paul: Person, glucoapp: Partner) -> None:
    """Paul linked Zoé; a silent request is about Paul, who is not linked."""
    paul.pairs(glucoapp, profile=paul.profile_id("Zoé"))
    answer = paul.browser.get(glucoapp.address(prompt="none"))
    assert params_of(answer)["error"] in ("consent_required", "interaction_required")


@spec("RFC 8693", "4.1", "tokens say the subject, and by act who acts for it, in the client's own names")
def test_every_answer_says_who_acts(paul: Person, otherapp: Partner, glucoapp: Partner) -> None:
    zoe = paul.profile_id("Zoé")
    tokens = paul.pairs(glucoapp, consents=["measures.read"], profile=zoe)
    told = claims_of(tokens["id_token"])
    seen = glucoapp.post("/introspect", token=tokens["access_token"]).json
    shown = glucoapp.call("GET", "/userinfo", tokens["access_token"]).json
    assert told["sub"] == seen["sub"] == shown["sub"]
    assert told["act"] == seen["act"] == shown["act"]
    assert set(told["act"]) == {"sub"}
    assert told["act"]["sub"] not in (told["sub"], paul.account_id, zoe, paul.profile_id())
    assert "Paul" not in str([told, seen, shown])
    elsewhere = claims_of(paul.pairs(otherapp, consents=[], profile=zoe)["id_token"])
    assert elsewhere["act"]["sub"] != told["act"]["sub"]  # two apps cannot compare
    # Where Paul acts for himself the same name is the subject, and nobody else is named.
    glucoapp.scope = WRITES
    own = paul.pairs(glucoapp, profile=paul.profile_id())
    assert "act" not in claims_of(own["id_token"])
    assert "act" not in glucoapp.post("/introspect", token=own["access_token"]).json
    assert claims_of(own["id_token"])["sub"] == told["act"]["sub"]


@spec("RFC 9068", "2.2", "a signed access token says by act who acts for its subject")
def test_signed_access_token_says_who_acts(paul: Person) -> None:
    outside = register(paul.app, GLUCO_ENTRY, access_token_format="jwt")
    claims = claims_of(paul.pairs(outside, profile=paul.profile_id("Zoé"))["access_token"])
    assert set(claims["act"]) == {"sub"}
    assert claims["act"]["sub"] != claims["sub"]


def test_carer_without_a_space_of_her_own_is_somebody_else_too(
    app: Flask, alice: Person, mailbox: Mailbox, glucoapp: Partner
) -> None:
    helper = enrol(app, mailbox, "helper.only", own_profile=False)
    alice.signs_in()
    helper.signs_in()
    answers(helper, Inviting(alice).sends(helper))
    claims: dict[str, Any] = claims_of(helper.pairs(glucoapp, profile=alice.profile_id())["id_token"])
    assert claims["act"]["sub"] != claims["sub"]


def test_last_representative_of_a_child_is_not_let_go(paul: Person) -> None:
    with unit_in(paul.app), pytest.raises(family.LastOne):
        mine = family.find_of(paul.account_id, paul.profile_id("Zoé"))
        assert mine
        family.leave(mine)


def test_carer_may_link_and_no_more(alice: Person, carer: Person) -> None:
    """The table of acts, as the carer meets it."""
    opens(carer, "Alice")
    with carer.app.app_context():
        may = {
            act for act in delegation.ACTS
            if delegation.may_act(carer.account_id, alice.profile_id(), clock.now(), act)
        }  # fmt: skip
    assert may == {"see", "link"}
