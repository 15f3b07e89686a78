"""Activity, notices, profile and security: what happened, what was said, who is signed in."""

from __future__ import annotations

from collections.abc import Callable

from authz import audit
from tests.actors import Forms, Partner, Person
from tests.clock import Clock
from tests.flows.pages.conftest import Linked
from tests.standing import unit_in


def test_patient_reads_every_sign_in_change_and_push_by_day(sent: Linked, clock: Clock) -> None:
    page = sent.person.get("/home/activity").text.replace("\u00a0", " ")
    assert "Aujourd’hui, " in page
    assert "Vous avez relié GlucoApp" in page
    assert "2 autorisations" in page
    assert "Avec un mot de passe et un code" in page
    assert "Un document a été ajouté" in page
    clock.advance(days=1)
    sent.person.signs_in()
    assert "Hier, " in sent.person.get("/home/activity").text
    clock.advance(days=400)
    sent.person.signs_in()
    assert "2026" not in sent.person.get("/home/activity").text.split("<main")[1]


def test_patient_filters_by_service_kind_and_period(sent: Linked) -> None:
    alice = sent.person
    data = alice.get("/home/activity?kind=data").text
    assert "Un document a été ajouté" in data
    assert "Vous avez relié" not in data
    links = alice.get(f"/home/activity?kind=links&app={sent.partner.client_id}").text
    assert "Vous avez relié GlucoApp" in links
    assert '<option value="links" selected>' in links
    none = alice.get("/home/activity?app=nobody").text
    assert "Choisissez une période plus longue" in none
    assert alice.get("/home/activity?days=8&before=%25&kind=x").status_code == 200


def test_long_journal_is_read_page_by_page(alice: Person) -> None:
    alice.signs_in()
    with unit_in(alice.app):
        for number in range(260):
            audit.record("record:measure:read", profile_id=alice.profile_id(), count=number)
    page = alice.get("/home/activity?kind=data")
    assert page.text.count("<h3>") == 50
    older = page.text.split('class="link" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "259" in page.text
    assert "209" in alice.get(older).text
    assert alice.get("/home/activity?app=nobody").status_code == 200


def test_what_an_app_did_is_told_as_the_app_s(alice: Person, linked: Linked) -> None:
    with unit_in(alice.app):
        known = {"client_id": linked.partner.client_id, "pairing_id": linked.pairing_id}
        mine = {"profile_id": alice.profile_id()} | known
        audit.record("record:measure:add", code="MED-969", **mine)
        audit.record("record:measure:read", code="MED-969", count=1, **mine)
        audit.record("record:measure:read", code="MED-969", **mine)
        audit.record("record:measure:refuse", code="MED-969", action="read", **mine)
        audit.record("record:document:refuse", category="SYNTHESE", **mine)
        audit.record("pairing:end", account_id=None, reason="operator", **mine)
        audit.record("pairing:end", account_id=alice.account_id, afterwards="delete", **mine)
        audit.record("pairing:end", account_id=alice.account_id, afterwards="hide", **mine)
        audit.record("pairing:consent:amend", account_id="somebody", scope="measures.read", granted=True, **mine)
        audit.record("pairing:consent:amend", account_id="somebody", scope="gone", granted=True, **mine)
        audit.record("something:new", account_id=alice.account_id, profile_id=alice.profile_id())
        audit.record("account:login", account_id=alice.account_id, amr=["pwd", "sms"])
        audit.record("account:login:refuse", account_id=alice.account_id, why="password")
        audit.record("record:measure:read", profile_id=alice.profile_id(), client_id="gone")
    page = alice.get("/home/activity").text.replace("\u00a0", " ")
    for sentence in (
        "Une mesure a été ajoutée",
        "Taux de glucose interstitiel moyen.",
        "Vous ne l’autorisez pas : rien n’a été ajouté.",
        "Vous ne l’autorisez pas : rien n’a été lu.",
        "1 mesure lue",
        "Des mesures ont été lues",
        "Vous n’en êtes pas à l’origine",
        "Les données ajoutées seront effacées",
        "Les données ajoutées sont masquées",
        "Ouverte : Lire",
        "Une autre personne qui gère ce dossier",
        "Une opération a eu lieu",
        "un code par SMS",
        "Une appli qui n’existe plus",
        "Le dossier lui-même",
        "Essai de connexion avec un mauvais mot de passe",
        "Personne inconnue",
    ):
        assert sentence in page, sentence


def test_stranger_s_journal_holds_nothing_of_others(sent: Linked, mallory: Person) -> None:
    mallory.signs_in()
    page = mallory.get(f"/home/activity?app={sent.partner.client_id}").text
    assert "GlucoApp" not in page


def test_child_s_journal_leaves_out_the_parent_s_sign_ins(paul: Person, link: Callable[..., Linked]) -> None:
    link(paul, profile=paul.profile_id("Zoé"))
    paul.submit(paul.get("/home/services"), "profiles", profile=paul.profile_id("Zoé"))
    page = paul.get("/home/activity").text
    assert "Vous avez relié GlucoApp" in page
    assert "Avec un mot de passe" not in page


def test_notices_are_new_once(linked: Linked) -> None:
    alice = linked.person
    assert "avis non lu" in alice.get("/home/measures").text.replace("\u00a0", " ")
    first = alice.get("/home/notices").text
    assert "Nouveau" in first
    assert "GlucoApp" in first
    again = alice.get("/home/notices").text
    assert "Nouveau" not in again.split("<main")[1]


def test_newcomer_has_no_notices(mallory: Person) -> None:
    mallory.signs_in()
    assert "Rien à vous annoncer" in mallory.get("/home/notices").text


def test_patient_sees_own_contacts_masked_and_browsers(alice: Person) -> None:
    alice.signs_in()
    first = alice.browser
    alice.new_browser()
    alice.signs_in()
    page = alice.get("/home/profile")
    assert alice.email not in page.text
    assert "•••••" in page.text
    page = alice.get("/home/security")
    assert alice.identifier in page.text
    assert page.text.count("Depuis le") == 2
    out = alice.submit(page, next(name for name in Forms(page.text).found if name.startswith("browser-")))
    assert "Ce navigateur est déconnecté" in out.text
    assert first.get("/home/measures").status_code == 303


def test_stranger_cannot_sign_another_s_browser_out(alice: Person, mallory: Person) -> None:
    from authz.identity import sessions

    alice.signs_in()
    with unit_in(alice.app):
        (session,) = sessions.list_of_account(alice.account_id)
    mallory.signs_in()
    token = Forms(mallory.get("/home/profile").text).found["logout"]["csrf_token"][0]
    answer = mallory.browser.post(f"/home/security/browsers/{session.id}/end", data={"csrf_token": token})
    assert answer.status_code == 404
    assert alice.get("/home/measures").status_code == 200


def test_patient_chooses_a_language_for_this_browser(alice: Person) -> None:
    alice.signs_in()
    page = alice.submit(alice.get("/home/profile"), "language", language="en")
    assert "Profile and security" in page.text
    assert '<html lang="en">' in alice.get("/home/measures").text
    same = alice.submit(page, "language", language="tlh")
    assert '<html lang="en">' in same.text


def test_parent_cannot_open_a_stranger_s_space(paul: Person, alice: Person) -> None:
    page = paul.signs_in()
    refused = paul.submit(page, "profiles", profile=alice.profile_id())
    assert refused.status_code == 403
    assert "vous ne pouvez pas agir pour cette personne" in refused.text


def test_account_without_any_profile_is_told_so(glucoapp: Partner, alice: Person) -> None:
    from sqlalchemy import delete

    from authz.identity.models import Delegation

    alice.signs_in()
    with unit_in(alice.app) as session:
        session.execute(delete(Delegation).where(Delegation.account_id == alice.account_id))
    assert alice.get("/home/measures").status_code == 403
