"""Refreshing when it can go wrong: several workers at once, answers that get lost, workers that die."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests

from connectors.kit import (
    NotPaired,
    PairingOver,
    Partner,
    Refused,
    TokenSet,
    Unreachable,
    Wire,
    current,
    doors,
    refresh,
)
from connectors.kit.stores import Held
from tests.unit.kit.door import DROP, Door

Link = Callable[..., TokenSet]


def stale() -> dict[str, Any]:
    return {"expires_at": doors.now()}


def stored(partner: Partner) -> Held:
    held = partner.store.find("alice")
    assert held is not None
    return held


def test_partner_uses_a_fresh_token_without_asking(partner: Partner, door: Door, link: Link) -> None:
    held = link()
    assert current(partner, "alice") == held
    assert door.asked == []


def test_partner_refreshes_a_stale_token_and_keeps_who_it_is_about(partner: Partner, door: Door, link: Link) -> None:
    link(**stale())
    held = current(partner, "alice")
    assert (held.access_token, held.refresh_token) == ("access-r+", "r+")
    assert (held.subject, held.scopes) == ("alice-for-glucoapp", frozenset({"measures.glucose.write"}))
    assert stored(partner).tokens == held


def test_partner_without_rotation_keeps_its_refresh_token(partner: Partner, door: Door, link: Link) -> None:
    link(**stale())
    door.answers("/token", 200, {"access_token": "a2", "token_type": "Bearer", "expires_in": 600, "scope": "x y"})
    held = current(partner, "alice")
    assert (held.refresh_token, held.scopes) == ("r", frozenset({"x", "y"}))


def test_eight_workers_refresh_once(partner: Partner, door: Door, link: Link) -> None:
    link(**stale())
    together = threading.Barrier(8)

    def work(_: int) -> TokenSet:
        together.wait(5)
        with requests.Session() as pool:
            own = replace(partner, wire=Wire(partner.wire.policy, pool=pool), remembered={})
            return current(own, "alice")

    with ThreadPoolExecutor(8) as workers:
        held = list(workers.map(work, range(8)))
    assert {tokens.access_token for tokens in held} == {"access-r+"}
    assert len(door.of("/token")) == 1


def test_partner_asks_again_with_the_same_token_after_a_lost_answer(partner: Partner, door: Door, link: Link) -> None:
    link(**stale())
    door.successors["r"] = "r+"
    door.answers("/token", DROP)
    door.answers("/token", 502)
    assert current(partner, "alice").refresh_token == "r+"
    assert [asked.form["refresh_token"] for asked in door.of("/token")] == ["r", "r", "r"]


def test_survivor_takes_over_from_a_dead_worker_within_the_grace(partner: Partner, door: Door, link: Link) -> None:
    link(**stale())
    died_at = doors.now() - refresh.LEASE
    assert partner.store.claim("alice", stored(partner).version, holder="dead", now=died_at, lease=refresh.LEASE)
    door.successors["r"] = "r+"
    assert current(partner, "alice").refresh_token == "r+"
    assert timedelta(seconds=refresh.INSIST_SECONDS + refresh.ANSWER_SECONDS) <= refresh.LEASE
    assert refresh.LEASE + timedelta(seconds=refresh.INSIST_SECONDS + refresh.ANSWER_SECONDS) < timedelta(seconds=60)


def test_worker_waits_for_the_one_that_refreshes(partner: Partner, link: Link) -> None:
    link(**stale())
    version = stored(partner).version
    assert partner.store.claim("alice", version, holder="other", now=doors.now(), lease=refresh.LEASE)
    with ThreadPoolExecutor(1) as workers:
        waiting = workers.submit(current, partner, "alice")
        successor = replace(stored(partner).tokens, access_token="a2", expires_at=doors.now() + timedelta(hours=1))
        assert partner.store.replace("alice", version, successor)
        assert waiting.result(10).access_token == "a2"


def test_worker_gives_up_on_a_refresh_that_never_ends(
    partner: Partner, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    link(**stale())
    monkeypatch.setattr(refresh, "PATIENCE_SECONDS", 0.1)
    assert partner.store.claim("alice", stored(partner).version, holder="other", now=doors.now(), lease=refresh.LEASE)
    with pytest.raises(Unreachable, match="too long"):
        current(partner, "alice")


def test_late_worker_takes_what_another_one_stored(partner: Partner, door: Door, link: Link) -> None:
    link(**stale())
    partner.store.claim("alice", stored(partner).version, holder="late", now=doors.now(), lease=refresh.LEASE)
    before = stored(partner)
    quick = replace(before.tokens, access_token="quick", expires_at=doors.now() + timedelta(hours=1))
    partner.store.replace("alice", before.version, quick)
    assert refresh._renewed(partner, "alice", before, "late").access_token == "quick"


def test_partner_learns_that_the_link_is_over_and_never_asks_again(partner: Partner, door: Door, link: Link) -> None:
    link(**stale())
    refusal = {"error": "invalid_grant", "error_description": "The patient ended this link."}
    door.answers("/token", 400, refusal)
    for _ in range(2):
        with pytest.raises(PairingOver) as over:
            current(partner, "alice")
        assert over.value.state == "ended"
    assert len(door.of("/token")) == 1
    assert over.value.is_remembered


def test_person_who_presses_a_button_has_the_server_asked_about_a_link_that_is_over(
    partner: Partner, door: Door, link: Link
) -> None:
    link()
    partner.store.mark("alice", stored(partner).version, over="ended", now=doors.now())
    door.answers("/token", 400, {"error": "invalid_grant", "error_description": "The patient ended this link."})
    with pytest.raises(PairingOver) as over:
        current(partner, "alice", anew=True)
    assert not over.value.is_remembered, "this is the server's word"
    assert stored(partner).over == "ended"
    assert current(partner, "alice", anew=True).refresh_token == "r+", "not the token from before the end"
    assert stored(partner).over is None
    assert current(partner, "alice").access_token == "access-r+"


def test_link_that_is_over_stays_so_when_the_server_does_not_answer(partner: Partner, door: Door, link: Link) -> None:
    link()
    partner.store.mark("alice", stored(partner).version, over="ended", now=doors.now())
    for _ in range(6):
        door.answers("/token", 503, Retry_After="100")
    with pytest.raises(Unreachable):
        current(partner, "alice", anew=True)
    assert stored(partner).over == "ended"


def test_partner_asks_again_after_an_hour_in_case_the_end_was_taken_back(
    partner: Partner, door: Door, link: Link
) -> None:
    link(**stale())
    partner.store.mark("alice", stored(partner).version, over="ended", now=doors.now() - refresh.QUIET)
    assert current(partner, "alice").refresh_token == "r+"
    assert stored(partner).over is None


@pytest.mark.parametrize(
    ("description", "state"),
    [
        ("The link is paused.", "paused"),
        ("The refresh token was already used; the link is suspended.", "suspended"),
        ("The refresh token was revoked.", "ended"),
    ],
)
def test_partner_reads_the_state_in_the_sentence(
    partner: Partner, door: Door, link: Link, *, description: str, state: str
) -> None:
    link(**stale())
    door.answers("/token", 400, {"error": "invalid_grant", "error_description": description})
    with pytest.raises(PairingOver) as over:
        current(partner, "alice")
    assert over.value.state == state


def test_partner_learns_that_the_link_is_paused_and_may_ask_again(partner: Partner, door: Door, link: Link) -> None:
    link(**stale())
    door.answers("/token", 400, {"error": "invalid_grant", "pairing_state": "paused"})
    with pytest.raises(PairingOver) as over:
        current(partner, "alice")
    assert over.value.state == "paused"
    assert current(partner, "alice").refresh_token == "r+"


def test_partner_whose_secret_is_wrong_keeps_the_link(partner: Partner, door: Door, link: Link) -> None:
    link(**stale())
    door.answers("/token", 401, {"error": "invalid_client", "error_description": "Client authentication failed."})
    with pytest.raises(Refused, match="Client authentication failed"):
        current(partner, "alice")
    assert current(partner, "alice").refresh_token == "r+"


def test_link_without_refresh_token_expires(partner: Partner, door: Door, link: Link) -> None:
    link(**stale(), refresh_token=None)
    for _ in range(2):
        with pytest.raises(PairingOver) as over:
            current(partner, "alice")
        assert over.value.state == "expired"
    assert door.of("/token") == []


def test_partner_without_link_is_told_to_pair(partner: Partner) -> None:
    with pytest.raises(NotPaired):
        current(partner, "alice")
