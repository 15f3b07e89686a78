"""Consent that was not given: forged fields, another's profile, words of the app that pretend to be ours, guessing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from authz import clock as server_clock
from authz.identity.models import Delegation
from authz.pairing import pairings
from tests.actors import Forms, Partner, Person
from tests.cast import register
from tests.standing import unit_in


def granted(person: Person, profile_id: str | None = None) -> list[str]:
    """List what the newest link of a space allows; empty without a link."""
    with unit_in(person.app):
        found = pairings.list_of_profile(profile_id or person.profile_id())
        return found[0].granted.split() if found else []


@pytest.mark.parametrize(
    "forged",
    [["measures.steps.write"], ["openid"], ["*"], ["measures.read measures.steps.write"], ["MEASURES.READ"], ["email"]],
)
def test_only_what_was_asked_can_be_allowed(alice: Person, glucoapp: Partner, forged: list[str]) -> None:
    page = alice.arrives_at_consent(glucoapp, scope="openid measures.glucose.write measures.read")
    alice.decides(page, consents=forged)
    assert granted(alice) == ["measures.glucose.write"]


def test_everything_means_everything_asked(alice: Person, glucoapp: Partner) -> None:
    page = alice.arrives_at_consent(glucoapp, scope="openid measures.glucose.write measures.read")
    alice.submit(page, "consent", decision="allow", all_scopes="1", profile=alice.profile_id(), until="13")
    assert granted(alice) == ["measures.glucose.write", "measures.read"]


@pytest.mark.parametrize("decision", ["", "yes", "ALLOW", "deny"])
def test_whatever_is_not_a_yes_is_a_no(alice: Person, glucoapp: Partner, decision: str) -> None:
    page = alice.arrives_at_consent(glucoapp)
    alice.decides(page, decision=decision)
    assert granted(alice) == []


def test_space_that_one_may_no_longer_act_for_cannot_be_linked(paul: Person, glucoapp: Partner) -> None:
    """The delegation ends while the consent page is open."""
    zoe = paul.profile_id("Zoé")
    page = paul.arrives_at_consent(glucoapp)
    with unit_in(paul.app) as session:
        ended = server_clock.now() - timedelta(seconds=1)
        session.execute(update(Delegation).where(Delegation.profile_id == zoe).values(until_at=ended))
    assert paul.decides(page, profile=zoe).status_code == 403
    assert granted(paul, zoe) == []


@pytest.mark.parametrize("profile", ["", "0" * 32, "' OR 1=1 --", "%", "\u0663", "../" * 20])
def test_space_that_does_not_exist_cannot_be_linked(alice: Person, glucoapp: Partner, profile: str) -> None:
    page = alice.arrives_at_consent(glucoapp)
    form = {"decision": "allow", "profile": profile, "until": "13", "scope": "measures.read"}
    assert alice.submit(page, "consent", **form).status_code in (400, 403)
    assert granted(alice) == []


@pytest.mark.parametrize("until", ["0", "-1", "14", "99999", "13.5", "1e3", "\u0661\u0663", ""])
def test_link_cannot_be_longer_than_offered(alice: Person, glucoapp: Partner, until: str) -> None:
    page = alice.arrives_at_consent(glucoapp)
    form = {"decision": "allow", "profile": alice.profile_id(), "until": until, "scope": "measures.read"}
    alice.submit(page, "consent", **form)
    with unit_in(alice.app):
        latest = server_clock.now() + timedelta(days=396)
        assert all(link.ends_at < latest for link in pairings.list_of_profile(alice.profile_id()))


def test_words_of_the_app_stay_words(alice: Person, glucoapp: Partner) -> None:
    """Markup is shown as text; marks that turn or hide text around them are dropped."""
    trick = "<script>alert(1)</script>\u202e)tnaitneserper\u200b\u2066"
    page = alice.arrives_at_consent(glucoapp, app_account=trick, app_account_name="</dd><h1>Vérifié</h1>\x1b[2J")
    assert "<script>alert" not in page.text
    assert "<h1>Vérifié" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;)tnaitneserper" in page.text
    assert not re.search("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\x1b]", page.text)


def test_words_of_an_object_stay_words_too(alice: Person, app: Flask) -> None:
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    object_ = register(
        app, profile="device", token_endpoint_auth_method="none", redirect_uris=[], grant_types=[grant],
        client_name="Balance",
    )  # fmt: skip
    trick = "a\u202eb\u200b\x07c<i>"
    codes = object_.post("/device_authorization", scope="measures.weight.write", app_account=trick).json
    page = alice.submit(alice.passes_sign_in(alice.get(f"/device?user_code={codes['user_code']}")), "device")
    assert "abc&lt;i&gt;" in page.text


def test_guesser_learns_nothing_from_the_answer(alice: Person, mallory: Person) -> None:
    """Unknown identifier, wrong password, nonsense: the same page, word for word."""
    said = []
    for identifier in (alice.identifier, "nobody.here", "x", "é" * 20, "a' OR 1=1 --"):
        mallory.new_browser()
        page = mallory.submit(mallory.get("/login"), "login", identifier=identifier, password="un mot de passe faux")
        assert page.status_code == 400
        assert "••" not in page.text
        text = re.sub(r'(name="csrf_token" value|id="identifier"[^>]* value)="[^"]*"', "", page.text)
        text = re.sub(r"challenge&#34;: &#34;[\w-]+&#34;", "", text)  # drawn anew for each page; no key is named in it
        said.append(re.sub(r"(/pair/|request=)[0-9a-f]{32}|lang=\w\w", "", text))
    assert len(set(said)) == 1


def test_guesser_does_not_get_new_tries_by_claiming_other_addresses(alice: Person, mallory: Person) -> None:
    """Without a trusted proxy, X-Forwarded-For is a claim of the guesser's."""
    alice.signs_in()
    answers = []
    for number in range(12):
        page = mallory.get("/login")
        form = {name: values[0] for name, values in Forms(page.text).found["login"].items()}
        form |= {"identifier": alice.identifier, "password": "un mot de passe faux"}
        headers = {"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": f"for=203.0.113.{number}"}
        answers.append(mallory.browser.post(page.request.path, data=form, headers=headers).status_code)
    assert answers == [400] * 10 + [429] * 2
    alice.browser.delete_cookie("session")
    assert alice.signs_in().request.path == "/home/measures"  # on the same network, from a browser known for her
