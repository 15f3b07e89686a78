"""The life of a link after pairing: amended, paused, resumed, reminded of, ended, taken back; and what the app sees."""

from __future__ import annotations

from datetime import timedelta

import pytest

from authz import clock as server_clock
from authz.cli import working
from authz.interaction import flow
from authz.notifications import worker
from authz.pairing import consents, holdings, pairings, renewal
from authz.pairing.models import Pairing
from authz.tokens import purging
from authz.tokens.models import RefreshToken, TokenFamily
from tests.actors import Partner, Person
from tests.clock import Clock
from tests.mailbox import Mailbox
from tests.minting import mint_tokens
from tests.standing import unit_in


def link_of(person: Person) -> Pairing:
    """Return the person's one link, in the unit at work."""
    (pairing,) = pairings.list_of_profile(person.profile_id())
    return pairing


def test_pause_stops_everything_until_its_date(alice: Person, glucoapp: Partner, clock: Clock) -> None:
    tokens = mint_tokens(glucoapp, alice)
    with unit_in(glucoapp.app):
        pairings.pause(link_of(alice), server_clock.now() + timedelta(minutes=5), by=alice.account_id)
    refused = glucoapp.call("GET", "/userinfo", tokens["access_token"])
    assert refused.status_code == 403
    assert refused.json["error"] == "pairing_paused"
    assert glucoapp.post("/introspect", token=tokens["access_token"]).json == {"active": False}
    assert glucoapp.refresh(tokens["refresh_token"]).status_code == 200
    clock.advance(minutes=6)
    assert glucoapp.call("GET", "/userinfo", tokens["access_token"]).status_code == 200


def test_pause_ends_early(alice: Person, glucoapp: Partner) -> None:
    tokens = mint_tokens(glucoapp, alice)
    with unit_in(glucoapp.app):
        pairings.pause(link_of(alice), server_clock.now() + timedelta(days=5), by=alice.account_id)
    with unit_in(glucoapp.app):
        pairings.resume(link_of(alice), by=alice.account_id)
        with pytest.raises(pairings.PairingOver):
            pairings.resume(link_of(alice), by=alice.account_id)
    assert glucoapp.call("GET", "/userinfo", tokens["access_token"]).status_code == 200


def test_link_past_its_end_is_expired(alice: Person, glucoapp: Partner, clock: Clock) -> None:
    mint_tokens(glucoapp, alice)
    clock.advance(days=396)
    tokens = mint_tokens(glucoapp, alice)
    assert glucoapp.call("GET", "/userinfo", tokens["access_token"]).status_code == 200
    with unit_in(glucoapp.app):
        link_of(alice).ends_at = server_clock.now() - timedelta(seconds=1)
    refused = glucoapp.call("GET", "/userinfo", tokens["access_token"])
    assert refused.json["error"] == "pairing_expired"
    assert refused.json["pairing_state"] == "expired"


def test_end_counts_at_once_and_can_be_taken_back(alice: Person, glucoapp: Partner, mailbox: Mailbox) -> None:
    tokens = mint_tokens(glucoapp, alice)
    with unit_in(glucoapp.app):
        pairings.end(link_of(alice), by=alice.account_id)
    with unit_in(glucoapp.app):
        pairings.end(link_of(alice), by=alice.account_id)
        with pytest.raises(pairings.PairingOver):
            pairings.pause(link_of(alice), server_clock.now(), by=alice.account_id)
    assert glucoapp.call("GET", "/userinfo", tokens["access_token"]).json["error"] == "pairing_ended"
    assert [m["subject"] for m in mailbox.messages(alice.email)].count(
        "GlucoApp n’est plus reliée à Mon dossier santé"
    ) == 1
    with unit_in(glucoapp.app):
        pairings.undo_end(link_of(alice), by=alice.account_id)
    assert glucoapp.call("GET", "/userinfo", tokens["access_token"]).status_code == 200


def test_end_cannot_be_taken_back_after_a_week_or_a_new_link(alice: Person, glucoapp: Partner, clock: Clock) -> None:
    mint_tokens(glucoapp, alice)
    with unit_in(glucoapp.app):
        pairings.end(link_of(alice), by=alice.account_id)
    mint_tokens(glucoapp, alice)
    with unit_in(glucoapp.app):
        old = next(link for link in pairings.list_of_profile(alice.profile_id()) if link.state == "ended")
        with pytest.raises(pairings.PairingOver):
            pairings.undo_end(old, by=alice.account_id)
        pairings.end(pairings.list_of_profile(alice.profile_id())[0], by=alice.account_id)
    clock.advance(days=8)
    with unit_in(glucoapp.app):
        assert not any(
            pairings.may_undo(link, server_clock.now()) for link in pairings.list_of_profile(alice.profile_id())
        )


def test_consent_switched_off_counts_from_the_next_call(alice: Person, glucoapp: Partner) -> None:
    tokens = mint_tokens(glucoapp, alice, scope="openid profile measures.read")
    assert "name" in glucoapp.call("GET", "/userinfo", tokens["access_token"]).json
    with unit_in(glucoapp.app):
        assert consents.amend(link_of(alice), {"profile": False}, by=alice.account_id, lang="fr") == ["profile"]
        assert consents.amend(link_of(alice), {"profile": False}, by=alice.account_id, lang="fr") == []
    assert "name" not in glucoapp.call("GET", "/userinfo", tokens["access_token"]).json
    with unit_in(glucoapp.app):
        assert [row.is_granted for row in consents.history(link_of(alice)) if row.scope == "profile"] == [True, False]


def test_last_authorisation_cannot_be_switched_off_silently(alice: Person, glucoapp: Partner) -> None:
    mint_tokens(glucoapp, alice, scope="measures.read")
    with unit_in(glucoapp.app), pytest.raises(consents.NothingLeft):
        consents.amend(link_of(alice), {"measures.read": False}, by=alice.account_id, lang="fr")


def test_app_account_is_kept_sealed(alice: Person, glucoapp: Partner) -> None:
    alice.pairs(glucoapp)
    with unit_in(glucoapp.app):
        pairing = link_of(alice)
        assert pairings.app_account(pairing) == {"account": "c.moreau@example.org"}
        assert "moreau" not in str(pairing.app_account_sealed)
        assert pairings.find_live(alice.profile_id(), glucoapp.client_id) is pairing
        with pytest.raises(pairings.UnknownPairing):
            pairings.get(alice.profile_id(), "nothing")


def test_link_without_account_name_has_none(alice: Person, glucoapp: Partner) -> None:
    mint_tokens(glucoapp, alice)
    with unit_in(glucoapp.app):
        assert pairings.app_account(link_of(alice)) == {}


def test_patient_is_reminded_thirty_and_seven_days_before(
    alice: Person, glucoapp: Partner, clock: Clock, mailbox: Mailbox
) -> None:
    mint_tokens(glucoapp, alice)

    def reminders() -> int:
        worker.run(glucoapp.app, once=True, jobs=[job for job in working.JOBS if job.name == "remind"])
        return sum("s’arrête bientôt" in message["subject"] for message in mailbox.messages(alice.email))

    assert reminders() == 0
    clock.advance(days=366)
    assert reminders() == 1
    assert reminders() == 1
    clock.advance(days=24)
    assert reminders() == 2
    assert reminders() == 2


def test_short_link_is_not_reminded_of_at_once(alice: Person, glucoapp: Partner, mailbox: Mailbox) -> None:
    mint_tokens(glucoapp, alice)
    with unit_in(glucoapp.app):
        link_of(alice).ends_at = server_clock.now() + timedelta(days=20)
    with unit_in(glucoapp.app):
        assert renewal.remind() == 0


def test_what_is_over_is_forgotten(alice: Person, glucoapp: Partner, clock: Clock) -> None:
    tokens = mint_tokens(glucoapp, alice)
    glucoapp.refresh(tokens["refresh_token"])
    with unit_in(glucoapp.app):
        assert purging.purge() == 0
    alice.get(glucoapp.address())
    clock.advance(days=2)
    with unit_in(glucoapp.app):
        assert purging.purge() == 3  # a code and two access tokens
        assert flow.purge() >= 1
    clock.advance(days=500)
    with unit_in(glucoapp.app) as session:
        purging.purge()
        assert session.query(RefreshToken).count() == session.query(TokenFamily).count() == 0
    with glucoapp.app.app_context():
        assert holdings.find_refresh(tokens["refresh_token"]) is None


def test_suspended_service_is_refused_and_says_so(alice: Person, glucoapp: Partner) -> None:
    from authz.catalogue import entries
    from authz.clients import registry
    from tests.cast import GLUCO_ENTRY

    tokens = mint_tokens(glucoapp, alice)
    with unit_in(glucoapp.app):
        entries.put(GLUCO_ENTRY | {"status": "suspended"})
    assert glucoapp.call("GET", "/userinfo", tokens["access_token"]).json["error"] == "service_suspended"
    with unit_in(glucoapp.app):
        entries.put(GLUCO_ENTRY)
        registry.set_status(glucoapp.client_id, "suspended")
    assert glucoapp.call("GET", "/userinfo", tokens["access_token"]).json["error"] == "service_suspended"
    assert glucoapp.refresh(tokens["refresh_token"]).status_code == 401
