"""What Glycélia's user does and is told, when the health space agrees, refuses, or does not answer."""

from __future__ import annotations

import io
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from connectors.kit import PairingOver, Policy, TokenSet, doors
from connectors.kit.wire import Call
from connectors.sample_app import desk, sending, texts
from connectors.sample_app.app import create_app
from connectors.sample_app.config import Config
from tests.unit.kit.door import DROP, Door
from tests.unit.sample_app.conftest import Browser

SCOPE = "openid measures.glucose.write measures.weight.write measures.read"
ENDED = {"error": "invalid_grant", "error_description": "The link has ended."}


def connects(browser: Browser, door: Door, *, scope: str = SCOPE, **changed: Any) -> str:
    """Connect for real but for the patient's pages, and read the page one comes back to."""
    sent = browser.send("/connected-apps", "/connect")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(sent.location).query).items()}
    about = {"subject": "alice-for-glucoapp", "subject_system": "urn:oid:1.2.250.1.999.1.1"}
    granted = {
        **about,
        "access_token": "access-1",
        "refresh_token": "refresh-1",
        "token_type": "Bearer",
        "expires_in": 600,
    }
    signed = door.id_token("access-1", nonce=asked["nonce"])
    door.answers("/token", 200, {**granted, "scope": scope, "id_token": signed, "pairing_ends_at": 1800000000})
    answer = {"code": "the-code", "state": asked["state"], "iss": door.issuer, **changed}
    return browser.open("/callback?" + "&".join(f"{name}={value}" for name, value in answer.items()))


def ends(browser: Browser, door: Door) -> str:
    """Have the patient end the link, and learn of it by sending a weight."""
    door.answers("/measures/fhir", 401)
    door.answers("/token", 400, ENDED)
    return browser.told("/", "/weight", kg="62")


def offers(page: str) -> set[str]:
    """Return what a page lets its user do."""
    return {
        action for action in ("/send/", "/weight", "/read-weight", "/connect", "/check") if f'action="{action}' in page
    }


def imports(browser: Browser) -> None:
    assert "Le fichier est importé" in browser.told("/", "/import/example")


def test_user_connects_and_sees_what_was_agreed(browser: Browser, door: Door) -> None:
    page = connects(browser, door, scope="openid measures.glucose.write measures.read")
    assert "C’est relié" in page
    assert "alice-for-glucoapp" not in page, "a record's identifier means nothing to its owner"
    assert "Ajouter le glucose moyen" in page
    assert "Ajouter le poids" not in page
    assert "15/01/2027" in page
    assert "Relié à Mon dossier santé" in browser.open("/")


def test_user_is_sent_with_pkce_and_its_own_account_name(browser: Browser, door: Door) -> None:
    sent = browser.send("/connected-apps", "/connect")
    asked = parse_qs(urlsplit(sent.location).query)
    assert sent.status_code == 303
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["app_account"] == ["c.moreau@example.org"]
    assert asked["redirect_uri"] == ["http://localhost:8001/callback"]


def test_user_who_refuses_is_told_that_nothing_changed(browser: Browser, door: Door) -> None:
    sent = browser.send("/connected-apps", "/connect")
    state = parse_qs(urlsplit(sent.location).query)["state"][0]
    page = browser.open(f"/callback?error=access_denied&state={state}&iss={door.issuer}")
    assert "Vous avez refusé" in page
    assert "Non relié" in page


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"state": "forged"}, "a été écartée"),
        ({"error": "server_error"}, "Mon dossier santé a refusé"),
    ],
)
def test_user_is_told_when_the_way_back_is_wrong(
    browser: Browser, door: Door, answer: dict[str, str], told: str
) -> None:
    assert told in connects(browser, door, **answer)


def test_user_whose_code_is_refused_reads_it_in_french_and_its_makers_why(browser: Browser, door: Door) -> None:
    door.answers("/token", 400, {"error": "invalid_grant", "error_description": "The code has expired."})
    page = connects(browser, door)
    assert "Mon dossier santé a refusé" in page
    assert "The code has expired." not in page
    assert "The code has expired." in browser.open("/log")


def test_developer_finds_what_came_back_by_the_browser_in_the_log(browser: Browser, door: Door) -> None:
    connects(browser, door, error="server_error", error_description="It+failed")
    page = browser.open("/log")
    assert "server_error: It failed" in page
    assert "the-code" not in page


def test_same_answer_twice_does_nothing_and_says_so(browser: Browser, door: Door) -> None:
    connects(browser, door)
    assert "a déjà servi" in browser.open("/callback?code=the-code&state=x")
    assert len(door.of("/token")) == 1


def test_user_is_told_when_the_space_does_not_answer(browser: Browser, door: Door) -> None:
    door.answers("/.well-known/openid-configuration", 404)
    assert "ne répond pas" in browser.told("/connected-apps", "/connect")


def test_user_imports_a_file_once_and_names_are_kept_short(browser: Browser) -> None:
    for name in ("../../a<b>.csv", "again.csv"):
        page = browser.told("/", "/import", export=(io.BytesIO(b"a,b\n1,2\n"), name))
    assert page.count("2 lignes") == 1
    assert "a&lt;b&gt;.csv" in page


def test_user_without_a_file_is_told_to_choose_one(browser: Browser) -> None:
    assert "Choisissez d’abord" in browser.told("/", "/import")
    assert "Choisissez d’abord" in browser.told("/", "/import", export=(io.BytesIO(b""), "empty.csv"))


def test_user_sends_an_export_and_sees_each_thing_in_it(browser: Browser, door: Door) -> None:
    connects(browser, door)
    imports(browser)
    items = [
        {"kind": "measure", "measure": "MED-969", "value": 145.14, "unit": "mg/dL", "status": "created"},
        {"kind": "measure", "measure": "MED-972", "value": 6.78, "unit": "%", "status": "existing"},
        {"kind": "measure", "measure": "new", "value": None, "unit": "", "status": "unheard of"},
        {
            "kind": "document",
            "title": "AGP",
            "status": "refused",
            "code": "insufficient_scope",
            "reason": "Consent not given.",
        },
        {
            "kind": "measure",
            "measure": "MED-969",
            "value": 9000,
            "unit": "mg/dL",
            "status": "refused",
            "code": "value_refused",
        },
    ]
    door.answers("/connectors/cgm", 200, {"items": items})
    page = browser.told("/", "/send/")
    assert "L’envoi est terminé" in page
    assert all(
        words in page for words in ("Glucose moyen", "145 mg/dL", "6,8 %", "Ajouté", "Déjà présent", "AGP", "Refusé")
    )
    assert "Vous n’avez pas autorisé cet échange" in page
    assert "n’a pas gardé cette valeur" in page
    assert "Consent not given" not in page
    assert door.of("/connectors/cgm")[0].body.startswith("\ufeffDonnées du glucose".encode())


def test_user_may_send_again_after_a_lost_answer(browser: Browser, door: Door, app: Flask) -> None:
    connects(browser, door)
    imports(browser)
    wire = app.extensions["partner"].wire
    object.__setattr__(wire, "policy", Policy(tries=1))
    door.answers("/connectors/cgm", DROP)
    page = browser.told("/", "/send/")
    assert "rien ne sera envoyé deux fois" in page
    assert "À réessayer" in page
    browser.told("/", "/send/")
    first, second = door.of("/connectors/cgm")
    assert first.body == second.body


def test_send_of_an_import_that_is_gone_says_so(browser: Browser) -> None:
    imports(browser)
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.open("/"))
    assert token is not None
    gone = browser.client.post("/send/nothing", data={"csrf_token": token.group(1)})
    assert "Choisissez d’abord" in browser.open(gone.location)


def test_user_sends_a_weight_at_the_instant_of_the_form(browser: Browser, door: Door) -> None:
    connects(browser, door)
    assert "L’envoi est terminé" in browser.told("/", "/weight", kg="62,44")
    observation = json.loads(door.of("/measures/fhir")[0].body)["entry"][0]["resource"]
    assert observation["valueQuantity"]["value"] == 62.4
    assert observation["subject"]["identifier"]["value"] == "alice-for-glucoapp"


@pytest.mark.parametrize("kg", ["", "lourd", "0", "1000", "nan"])
def test_user_who_types_no_weight_is_told_how(browser: Browser, door: Door, kg: str) -> None:
    connects(browser, door)
    assert "par exemple 62,4" in browser.told("/", "/weight", kg=kg)


def test_user_without_link_is_offered_nothing_but_to_connect(browser: Browser) -> None:
    imports(browser)
    page = browser.open("/")
    assert offers(page) == set()
    assert page.count("il faut d’abord un lien") == 2
    assert offers(browser.open("/connected-apps")) == {"/connect"}


def test_page_that_was_open_when_the_link_went_says_to_connect(browser: Browser, door: Door, app: Flask) -> None:
    connects(browser, door)
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.open("/"))
    assert token is not None
    app.extensions["partner"].store.forget(desk.KEY)
    sent = browser.client.post("/weight", data={"csrf_token": token.group(1), "kg": "62"})
    page = browser.open(sent.location)
    assert "Connectez d’abord" in page
    assert "journal technique</a>" not in page, "nobody was asked"


def test_user_is_offered_only_what_was_agreed_to(browser: Browser, door: Door) -> None:
    imports(browser)
    connects(browser, door, scope="openid measures.weight.write")
    page = browser.open("/")
    assert offers(page) == {"/weight"}
    assert "Vous n’avez pas autorisé cela" in page


def test_user_who_did_not_allow_it_reads_it_in_french(browser: Browser, door: Door) -> None:
    connects(browser, door)
    outcome = {"issue": [{"diagnostics": "Consent not given, access refused."}]}
    door.answers("/measures/fhir", 403, outcome)
    page = browser.told("/", "/weight", kg="62")
    assert page.count("Vous n’avez pas autorisé cet échange") == 2
    assert "Consent not given" not in page
    assert "Consent not given, access refused." in browser.open("/log")


def test_user_whose_link_ended_is_offered_to_connect_again(browser: Browser, door: Door) -> None:
    connects(browser, door)
    imports(browser)
    assert "Le lien a pris fin" in ends(browser, door)
    assert "ne fonctionne plus" in browser.open("/")
    assert offers(browser.open("/")) == set()
    page = browser.open("/connected-apps")
    assert "Connecter à nouveau" in page
    assert offers(page) == {"/check", "/connect"}


def test_user_who_took_the_end_back_has_it_noticed_at_once(browser: Browser, door: Door) -> None:
    connects(browser, door)
    ends(browser, door)
    door.answers("/token", 400, ENDED)
    assert "Le lien a pris fin" in browser.told("/connected-apps", "/check")
    assert "fonctionne de nouveau" in browser.told("/connected-apps", "/check")
    assert "Relié à Mon dossier santé" in browser.open("/")


def test_page_open_since_before_the_end_says_that_the_link_is_back(browser: Browser, door: Door) -> None:
    connects(browser, door)
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.open("/"))
    assert token is not None
    ends(browser, door)
    sent = browser.client.post("/weight", data={"csrf_token": token.group(1), "kg": "62"})
    page = browser.open(sent.location)
    assert "L’envoi est terminé" in page
    assert "fonctionne de nouveau" in page


def test_user_reads_a_weight_back(browser: Browser, door: Door) -> None:
    connects(browser, door)
    found = {"entry": [{"resource": {"valueQuantity": {"value": 62.4, "unit": "kg"}}}]}
    door.answers("/measures/fhir/Observation", 200, found)
    assert "62,4 kg" in browser.told("/", "/read-weight")
    door.answers("/measures/fhir/Observation", 200, {"total": 0})
    assert "· –" in browser.told("/", "/read-weight")
    door.answers("/measures/fhir/Observation", 403, {"error": "insufficient_scope"})
    assert "Vous n’avez pas autorisé" in browser.told("/", "/read-weight")


def test_user_disconnects(browser: Browser, door: Door) -> None:
    connects(browser, door)
    assert "en a été informé" in browser.told("/connected-apps", "/disconnect")
    assert door.of("/revoke")[0].form["token"] == "refresh-1"
    connects(browser, door)
    door.answers("/revoke", 400)
    assert "terminez-le aussi là-bas" in browser.told("/connected-apps", "/disconnect")


def test_developer_reads_every_exchange_and_no_secret(browser: Browser, door: Door) -> None:
    connects(browser, door)
    browser.told("/", "/weight", kg="62")
    page = browser.open("/log")
    assert "/.well-known/openid-configuration" in page
    assert "Idempotency-Key" in page
    assert all(secret not in page for secret in ("access-1<", "refresh-1", "the-code", "a-shared-secret"))
    assert "Aucun échange" in browser.told("/log", "/log/clear")


def test_developer_sees_that_there_was_no_answer(browser: Browser, door: Door, app: Flask) -> None:
    connects(browser, door)
    object.__setattr__(app.extensions["partner"].wire, "policy", Policy(tries=1))
    door.answers("/measures/fhir", DROP)
    browser.told("/", "/weight", kg="62")
    page = browser.open("/log")
    assert "sans réponse" in page
    assert "ConnectionError" in page


def test_log_keeps_the_last_exchanges_only(app: Flask, door: Door) -> None:
    partner, ledger = app.extensions["partner"], app.extensions["ledger"]
    for number in range(205):
        partner.remembered.clear()
        partner.wire.send(Call("GET", f"{door.issuer}/{number}"))
    kept = [exchange.url for _, exchange in ledger.list_exchanges()]
    assert (len(kept), kept[0]) == (200, f"{door.issuer}/204")


def test_user_chooses_the_language_and_comes_back_to_the_page(browser: Browser) -> None:
    assert "Connected apps" in browser.told("/connected-apps", "/language", language="en")
    assert "Hello Camille" in browser.open("/")
    assert "Hello Camille" in browser.told("/", "/language", language="xx")
    assert "Journal technique</h1>" in browser.told("/log", "/language", language="fr")


def test_browser_language_is_followed_until_one_is_chosen(browser: Browser) -> None:
    assert 'lang="en"' in browser.client.get("/", headers={"Accept-Language": "en-GB"}).text
    assert "Empty" not in browser.client.get("/", headers={"Accept-Language": "de"}).text


def test_form_without_its_token_does_nothing(browser: Browser, door: Door) -> None:
    answer = browser.client.post("/connect")
    assert answer.status_code == 400
    assert "ouverte depuis trop longtemps" in answer.text
    assert door.asked == []


def test_every_page_is_closed_to_frames_scripts_and_caches(browser: Browser, door: Door) -> None:
    headers = browser.client.get("/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert f"form-action 'self' {door.issuer}" in policy
    assert headers["Cache-Control"] == "no-store"
    with browser.client.get("/static/glycelia.css") as style:
        assert style.headers["Cache-Control"] == "no-cache"
    assert "HttpOnly" in browser.send("/", "/import/example").headers["Set-Cookie"]


def test_pages_that_are_not_there_or_files_too_big_are_explained(browser: Browser) -> None:
    assert "n’existe pas" in browser.open("/nowhere")
    too_big = b"x" * 6_100_000
    answer = browser.client.post("/import", data=too_big, content_type="multipart/form-data; boundary=x")
    assert (answer.status_code, "trop gros" in answer.text) == (413, True)


def test_every_state_of_a_link_has_its_sentence(app: Flask) -> None:
    for state in ("ended", "expired", "paused", "suspended"):
        over = PairingOver("x", status=403, code="x", state=state)
        assert sending.sentence(over) in texts.WORDS


def test_every_sentence_is_there_in_both_languages(app: Flask) -> None:
    for key, words in texts.WORDS.items():
        assert len(words) == len(texts.LANGUAGES), key
        assert all(words), key
    for language in texts.LANGUAGES:
        with app.test_request_context(headers={"Accept-Language": language}):
            assert all(texts.say(key, name="", count=1, size=1).count("{") == 0 for key in texts.WORDS)


def test_instant_of_a_form_is_believed_only_when_it_is_recent(app: Flask) -> None:
    now = doors.now()
    assert sending._instant(now.isoformat()) == now
    for absurd in ("", "2001-01-01T00:00:00+00:00", "2026-01-01T00:00:00"):
        assert sending._instant(absurd) >= now


def test_link_and_session_survive_a_restart(app: Flask, config: Config) -> None:
    again = create_app(config)
    assert again.config["SECRET_KEY"] == app.config["SECRET_KEY"]
    again.extensions["partner"].wire.pool.close()
    held = TokenSet("a", "r", doors.now(), frozenset())
    app.extensions["partner"].store.save(desk.KEY, held)
    with app.app_context():
        found = desk.held()
    assert found is not None
    assert found.tokens == held
