"""Reload, back, second tab, other browser, expiry: never a dead end, never a double effect."""

from __future__ import annotations

from authz.pairing import pairings
from tests.actors import Partner, Person, params_of
from tests.clock import Clock
from tests.standing import unit_in


def interaction_of(page_path: str) -> str:
    """Return the id in a page's address."""
    return page_path.split("/")[2]


def test_reload_of_every_step_shows_it_again(alice: Person, glucoapp: Partner) -> None:
    page = alice.get(glucoapp.address())
    assert alice.get(page.request.path).status_code == 200
    page = alice.submit(page, "arrival")
    assert alice.get(page.request.path).request.path == page.request.path
    page = alice.passes_sign_in(page)
    assert alice.get(page.request.path).status_code == 200


def test_back_to_an_earlier_step_leads_on(alice: Person, glucoapp: Partner) -> None:
    page = alice.arrives_at_consent(glucoapp)
    interaction_id = interaction_of(page.request.path)
    for step in ("arrival", "login", "second-factor"):
        assert alice.get(f"/pair/{interaction_id}/{step}").request.path.endswith("/consent")


def test_jump_ahead_leads_back(alice: Person, glucoapp: Partner) -> None:
    page = alice.get(glucoapp.address())
    interaction_id = interaction_of(page.request.path)
    for step in ("second-factor", "consent", "done"):
        assert alice.get(f"/pair/{interaction_id}/{step}").request.path.endswith("/arrival")
    assert alice.get(f"/authorize/{interaction_id}").request.path.endswith("/arrival")


def test_consent_posted_twice_acts_once(alice: Person, glucoapp: Partner) -> None:
    page = alice.arrives_at_consent(glucoapp)
    chosen = {"profile": alice.profile_id(), "until": "13", "decision": "allow"}
    first = alice.submit(page, "consent", scope=["measures.read"], **chosen)
    assert first.request.path.endswith("/done")
    second = alice.submit(page, "consent", scope=[], **chosen)
    assert second.request.path.endswith("/done")
    with unit_in(glucoapp.app):
        (pairing,) = pairings.list_of_profile(alice.profile_id())
        assert pairing.granted == "measures.glucose.write measures.read"


def test_deny_after_allow_changes_nothing(alice: Person, glucoapp: Partner) -> None:
    page = alice.arrives_at_consent(glucoapp)
    alice.decides(page)
    late = alice.submit(page, "consent", decision="deny")
    assert late.status_code < 500
    with unit_in(glucoapp.app):
        assert pairings.list_of_profile(alice.profile_id())[0].state == "pending"


def test_way_home_pressed_twice_gives_the_same_code_then_explains(
    alice: Person, glucoapp: Partner, clock: Clock
) -> None:
    home = alice.decides(alice.arrives_at_consent(glucoapp))
    interaction_id = home.request.path.split("/")[2]
    again = alice.get(f"/authorize/{interaction_id}")
    assert params_of(again) == params_of(home)
    clock.advance(minutes=1)
    late = alice.get(f"/authorize/{interaction_id}")
    assert late.status_code == 410
    assert "<h1" in late.text


def test_second_tab_finishes_and_the_first_follows(alice: Person, glucoapp: Partner) -> None:
    first = alice.get(glucoapp.address())
    second = alice.arrives_at_consent(glucoapp)
    assert second.request.path.endswith("/consent")
    assert alice.get(first.request.path).request.path.endswith("/consent")


def test_expired_request_explains_and_names_the_way_on(alice: Person, glucoapp: Partner, clock: Clock) -> None:
    page = alice.get(glucoapp.address())
    clock.advance(minutes=31)
    late = alice.get(page.request.path)
    assert late.status_code == 410
    assert "GlucoApp" in late.text
    posted = alice.browser.post(page.request.path)
    assert posted.status_code in (303, 400, 410)


def test_stranger_cannot_take_over_a_request(alice: Person, mallory: Person, glucoapp: Partner) -> None:
    page = alice.arrives_at_consent(glucoapp)
    mallory.signs_in()
    stolen = mallory.get(page.request.path)
    assert stolen.status_code == 404
    assert alice.get(page.request.path).status_code == 200


def test_stranger_profile_cannot_be_chosen(alice: Person, mallory: Person, glucoapp: Partner) -> None:
    page = alice.arrives_at_consent(glucoapp)
    refused = alice.submit(page, "consent", profile=mallory.profile_id(), until="13", decision="allow")
    assert refused.status_code in (403, 404)
    with unit_in(glucoapp.app):
        assert pairings.list_of_profile(mallory.profile_id()) == []


def test_choice_left_out_keeps_what_was_chosen(paul: Person, glucoapp: Partner) -> None:
    page = paul.arrives_at_consent(glucoapp)
    again = paul.submit(page, "consent", scope=["measures.read"], until="6", decision="allow")
    assert again.status_code == 400
    assert 'value="measures.read"' in again.text
    done = paul.submit(again, "consent", profile=paul.profile_id("Zoé"), decision="allow")
    assert done.request.path.endswith("/done")


def test_cancelled_request_goes_home_refused(alice: Person, glucoapp: Partner) -> None:
    page = alice.submit(alice.get(glucoapp.address()), "arrival")
    home = alice.submit(page, "login", to="cancel")
    assert params_of(home)["error"] == "access_denied"
    assert "iss" in params_of(home)
