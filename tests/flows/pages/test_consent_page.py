"""The consent page: what it shows, what it refuses to take, and what it never does by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from authz.interaction import decision
from tests.actors import Forms, Partner, Person
from tests.clock import Clock


def test_nothing_optional_is_on_and_nobody_is_chosen_for_a_parent(paul: Person, glucoapp: Partner) -> None:
    page = paul.arrives_at_consent(glucoapp)
    form = Forms(page.text).found["consent"]
    assert "scope" not in form
    assert "profile" not in form
    assert "all_scopes" not in form
    assert "votre enfant, 9\u00a0ans" in page.text
    assert page.text.count('name="decision"') == 2
    assert "c.moreau@example.org" in page.text


def test_single_profile_is_the_one_chosen(alice: Person, glucoapp: Partner) -> None:
    page = alice.arrives_at_consent(glucoapp)
    assert Forms(page.text).found["consent"]["profile"] == [alice.profile_id()]


def test_parent_who_chooses_nobody_keeps_the_other_choices(paul: Person, glucoapp: Partner) -> None:
    page = paul.arrives_at_consent(glucoapp)
    again = paul.submit(page, "consent", decision="allow", scope=["measures.read"], until="6")
    assert again.status_code == 400
    assert "Choisissez pour qui relier" in again.text
    assert Forms(again.text).found["consent"]["scope"] == ["measures.read"]
    assert '<option value="6" selected>' in again.text


def test_duration_that_was_not_offered_is_refused(alice: Person, glucoapp: Partner) -> None:
    page = alice.arrives_at_consent(glucoapp)
    again = alice.submit(page, "consent", decision="allow", until="1200")
    assert "Choisissez une des durées" in again.text


def test_patient_who_allows_nothing_is_asked_for_one_thing(alice: Person, otherapp: Partner) -> None:
    otherapp.scope = "openid measures.weight.write measures.steps.write"
    page = alice.arrives_at_consent(otherapp)
    again = alice.submit(page, "consent", decision="allow", until="13")
    assert "Autorisez au moins une chose" in again.text


def test_stranger_s_profile_is_refused(alice: Person, mallory: Person, glucoapp: Partner) -> None:
    page = mallory.arrives_at_consent(glucoapp)
    again = mallory.submit(page, "consent", decision="allow", profile=alice.profile_id(), until="13")
    assert again.status_code == 403
    assert 'id="consent"' in again.text


def test_master_switch_without_script_means_everything(alice: Person, glucoapp: Partner) -> None:
    page = alice.arrives_at_consent(glucoapp)
    done = alice.submit(page, "consent", decision="allow", all_scopes="1", until="13")
    assert done.text.count('<svg class="ic"') > 4
    assert "autorisation reste" not in done.text
    assert "Lire les mesures" in done.text


def test_done_page_says_what_stays_closed_and_goes_back(alice: Person, glucoapp: Partner) -> None:
    page = alice.arrives_at_consent(glucoapp)
    done = alice.submit(page, "consent", decision="allow", scope=["measures.read"], until="1")
    assert "Les 2 autres autorisations restent fermées" in done.text
    assert "dossier d’Alice" in done.text
    home = alice.submit(done, "done")
    assert "code=" in home.headers["Location"]


def test_second_link_of_the_same_profile_is_announced(alice: Person, glucoapp: Partner) -> None:
    alice.pairs(glucoapp)
    page = alice.arrives_at_consent(glucoapp)
    assert "Déjà un lien avec GlucoApp" in page.text


def test_browser_may_follow_the_form_home_and_on_from_there(alice: Person, glucoapp: Partner) -> None:
    login = alice.submit(alice.get(glucoapp.address()), "arrival")
    assert "form-action 'self' https://glucoapp.example;" in login.headers["Content-Security-Policy"]
    page = alice.arrives_at_consent(glucoapp)
    policy = page.headers["Content-Security-Policy"]
    assert "form-action 'self' https://glucoapp.example https:;" in policy
    assert "unsafe" not in policy
    home = alice.get("/home/measures")
    assert "form-action 'self';" in home.headers["Content-Security-Policy"]


def test_request_left_open_too_long_explains_how_to_start_again(alice: Person, glucoapp: Partner, clock: Clock) -> None:
    page = alice.arrives_at_consent(glucoapp)
    clock.advance(minutes=31)
    late = alice.get(page.request.path)
    assert late.status_code == 410
    assert "Retournez dans GlucoApp" in late.text


def test_app_without_catalogue_entry_is_shown_for_what_it_is(alice: Person, clinic: Partner) -> None:
    clinic.scope = "openid profile"
    page = alice.arrives_at_consent(clinic)
    assert "savoir qui vous êtes" in page.text
    assert "non précisé" in page.text
    assert "clinic.example" in page.text


def test_app_that_does_not_say_how_long_it_keeps_data_is_told_apart(alice: Person, glucoapp: Partner) -> None:
    page = alice.arrives_at_consent(glucoapp)
    assert "GlucoApp ne le dit pas" in page.text


def test_patient_refuses_as_easily_as_accepts(alice: Person, glucoapp: Partner) -> None:
    page = alice.arrives_at_consent(glucoapp)
    home = alice.submit(page, "consent", decision="deny")
    assert "error=access_denied" in home.headers["Location"]


def test_app_that_only_reads_says_so(alice: Person, otherapp: Partner) -> None:
    otherapp.scope = "openid measures.read"
    assert "demande à lire des données" in alice.arrives_at_consent(otherapp).text


@pytest.mark.parametrize(
    ("longest", "offered"), [(24, [24, 6, 1]), (13, [13, 6, 1]), (12, [12, 6, 1]), (6, [6, 1]), (3, [3, 1]), (1, [1])]
)
def test_longest_link_that_the_operator_allows_is_always_offered(
    make_app: Callable[..., Flask], *, longest: int, offered: list[int]
) -> None:
    with make_app(pairing_months=longest).app_context():
        assert decision.month_choices() == offered


def test_patient_reads_when_the_reminders_come(alice: Person, glucoapp: Partner) -> None:
    page = alice.arrives_at_consent(glucoapp)
    assert "30 jours et 7 jours avant" in page.text.replace("\u00a0", " ")
    assert "pour un lien d’un mois, 7 jours avant" in page.text.replace("\u00a0", " ")
