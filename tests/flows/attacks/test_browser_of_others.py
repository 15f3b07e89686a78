"""A browser that somebody else used before or uses after: a planted cookie, a computer left alone."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.actors import Forms, Partner, Person, params_of
from tests.clock import Clock

AGREED: dict[str, Any] = {"scope": ["measures.glucose.write"], "until": "13", "decision": "allow"}


def agrees(person: Person, page: TestResponse) -> str:
    """Let the person agree, and stop at the closing page; returns the interaction's id."""
    page = person.submit(page, "consent", profile=person.profile_id(), **AGREED)
    assert page.request.path.endswith("/done")
    return page.request.path.split("/")[2]


def test_mallory_who_planted_the_cookie_does_not_get_the_answer(alice: Person, glucoapp: Partner) -> None:
    """Session fixation: her own request, begun in a browser whose cookie she kept, must not end in her hands."""
    planted = alice.app.test_client()
    first = planted.get(glucoapp.address()).headers["Location"]
    cookie = planted.get_cookie("session")
    assert cookie is not None
    alice.browser.set_cookie("session", cookie.value)
    page = alice.passes_sign_in(alice.submit(alice.get(first), "arrival"))
    interaction_id = agrees(alice, page)
    for path in (f"/authorize/{interaction_id}", f"/pair/{interaction_id}/done"):
        stolen = planted.get(path)
        assert stolen.status_code == 404
        assert "Location" not in stolen.headers
        assert "Alice" not in stolen.text
    assert "code" in params_of(alice.browser.get(f"/authorize/{interaction_id}"))


def test_next_user_of_a_browser_left_alone_sees_and_finishes_nothing(
    alice: Person, glucoapp: Partner, clock: Clock
) -> None:
    interaction_id = agrees(alice, alice.arrives_at_consent(glucoapp))
    clock.advance(minutes=31)
    for path in (f"/authorize/{interaction_id}", f"/pair/{interaction_id}/done"):
        late = alice.browser.get(path)
        assert late.status_code == 404
        assert "Alice" not in late.text


def test_next_user_who_signs_in_there_is_not_given_the_answer(
    alice: Person, mallory: Person, glucoapp: Partner, clock: Clock
) -> None:
    interaction_id = agrees(alice, alice.arrives_at_consent(glucoapp))
    clock.advance(minutes=31)
    mallory.browser = alice.browser
    mallory.signs_in()
    assert mallory.browser.get(f"/authorize/{interaction_id}").status_code == 404
    token = Forms(mallory.get("/home/measures").text).found["logout"]["csrf_token"]
    form = {"identifier": mallory.identifier, "password": mallory.password, "csrf_token": token}
    assert mallory.browser.post(f"/pair/{interaction_id}/login", data=form).status_code == 404


def test_signing_in_again_after_the_decision_does_not_hand_it_over(
    alice: Person, mallory: Person, glucoapp: Partner
) -> None:
    page = alice.arrives_at_consent(glucoapp)
    token = Forms(page.text).found["consent"]["csrf_token"]
    interaction_id = agrees(alice, page)
    form = {"identifier": mallory.identifier, "password": mallory.password, "csrf_token": token}
    alice.browser.post(f"/pair/{interaction_id}/login", data=form)
    assert "code" in params_of(alice.browser.get(f"/authorize/{interaction_id}"))


def test_refusal_goes_home_without_anyone_signed_in(alice: Person, glucoapp: Partner) -> None:
    page = alice.get(glucoapp.address())
    home = alice.submit(page, "arrival", to=page.request.path.replace("arrival", "cancel"))
    assert params_of(home)["error"] == "access_denied"


@pytest.mark.parametrize(
    "path", ["/authorize", "/logout?lang=en", "/home/profile/language?lang=en", "/nowhere?lang=en"]
)
def test_form_of_another_site_does_not_overwrite_the_cookie(alice: Person, glucoapp: Partner, path: str) -> None:
    """The form comes without the cookie (SameSite=Lax); an answer with one would replace it and sign Alice out."""
    query = glucoapp.address().partition("?")[2]
    stranger = alice.app.test_client(use_cookies=False)
    answer = stranger.post(
        path, data=query, content_type="application/x-www-form-urlencoded", headers={"Origin": "https://evil.example"}
    )
    assert "Set-Cookie" not in answer.headers


def test_app_that_posts_its_request_finds_its_patient_signed_in(alice: Person, glucoapp: Partner) -> None:
    alice.signs_in()
    query = glucoapp.address().partition("?")[2]
    stranger = alice.app.test_client(use_cookies=False)
    form = "application/x-www-form-urlencoded"
    answer = stranger.post("/authorize", data=query, content_type=form)
    assert answer.status_code == 303
    assert alice.get(answer.headers["Location"]).request.path.endswith("/consent")
    long = stranger.post("/authorize", data=query + "&x=" + "y" * 16_000, content_type=form)
    assert long.status_code == 413
