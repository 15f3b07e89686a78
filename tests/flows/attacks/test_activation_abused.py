"""Opening somebody else's prepared space, or learning whose spaces there are: guesses, races, replays, browsers."""

from __future__ import annotations

import re
import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from authz import clock as now_of
from authz import events
from authz.audit import Activity
from authz.identity import accounts, activation, activation_end, activation_proof, prepared
from authz.identity.activation_refusals import ActivationOver, AlreadyActivated, MinorNotAlone
from authz.identity.civil_models import Activation, PreparedSpace
from authz.identity.models import Account, Profile
from authz.notifications.models import Message
from tests import standing
from tests.actors import PASSWORD
from tests.clock import Clock
from tests.flows.newcomer import CARD, EMAIL, NIR, Newcomer, prepare
from tests.mailbox import Mailbox
from tests.registers import nir_of
from tests.unit.identity.browser import Browser

WRONG = (
    {"code": "BCDF-GHJK-LMNP"},
    {"nir": nir_of(2)},
    {"card": "10987654321"},
    {"birthdate": "13/04/1958"},
    {"code": "BCDF-GHJK-LMNP", "nir": nir_of(2), "card": "10987654321", "birthdate": "13/04/1958"},
)


@pytest.fixture
def jeanne(app: Flask, mailbox: Mailbox) -> Newcomer:
    """Give somebody whose space is prepared."""
    return Newcomer(app, mailbox, prepare(app))


@pytest.fixture
def thief(app: Flask, mailbox: Mailbox, jeanne: Newcomer) -> Newcomer:
    """Give somebody elsewhere who holds Jeanne's letter."""
    return Newcomer(app, mailbox, jeanne.code, address="198.51.100.9")


def told(page: TestResponse) -> str:
    """Return the page without what differs each time, and what was typed."""
    return re.sub(r'value="[^"]*"|/static/[0-9a-f]+', "", page.text)


def count(app: Flask, model: type[Any]) -> int:
    """Count rows."""
    with standing.unit_in(app) as session:
        return int(session.execute(select(func.count()).select_from(model)).scalar_one())


def test_wrong_facts_do_not_tell_which_nor_whether_there_is_a_space(jeanne: Newcomer, thief: Newcomer) -> None:
    pages = [thief.proves(None, **wrong) for wrong in WRONG]
    assert {page.status_code for page in pages} == {400}
    assert len({told(page) for page in pages}) == 1
    assert "ne va pas ensemble" in pages[0].text


def test_unknown_code_and_wrong_facts_cost_the_same_statements(app: Flask, thief: Newcomer, sql_counter: Any) -> None:
    counts: Counter[int] = Counter()
    for wrong in WRONG:
        page = thief.get("/activate")
        with sql_counter() as seen:
            thief.proves(page, **wrong)
        counts[len(seen)] += 1
    assert len(counts) == 1


@pytest.mark.parametrize("state", ["used", "expired", "closed", "minor"])
def test_state_of_a_space_is_told_to_nobody_who_does_not_prove_everything(
    app: Flask, mailbox: Mailbox, jeanne: Newcomer, thief: Newcomer, clock: Clock, state: str
) -> None:
    none = told(thief.proves(nir=nir_of(2), code="BCDF-GHJK-LMNP"))
    if state in ("used", "closed"):
        jeanne.opens()
    if state == "closed":
        with standing.unit_in(app) as session:
            session.execute(update(Account).values(closed_at=now_of.now()))
    if state == "expired":
        clock.advance(weeks=6, seconds=1)
    born = "12/04/1958"
    if state == "minor":
        child: dict[str, Any] = {"nir": NIR, "card": "", "birthdate": "2017-09-02", "representatives": (nir_of(9),)}
        with standing.unit_in(app) as session:
            session.execute(PreparedSpace.__table__.delete())  # type: ignore[attr-defined]
        thief.code, born = prepare(app, **child), "02/09/2017"
    assert told(thief.proves(nir=nir_of(2), birthdate=born)) == none
    page = thief.proves(birthdate=born)
    sentences = {"used": "auparavant", "expired": "six semaines", "closed": "ne l’ouvre plus", "minor": "moins de 18"}
    assert sentences[state] in page.text
    assert count(app, Activation) == (1 if state in ("used", "closed") else 0)


def test_letter_alone_opens_nothing_by_guessing(app: Flask, jeanne: Newcomer, thief: Newcomer, clock: Clock) -> None:
    answers = [thief.proves(card=f"{number:011d}").status_code for number in range(12)]
    assert answers == [400] * 10 + [429] * 2
    elsewhere = Newcomer(app, thief.mailbox, jeanne.code, address="203.0.113.200")
    assert elsewhere.proves(card="00000000099").status_code == 429, "the budget is the code's, wherever it is tried"
    assert elsewhere.proves().status_code == 429
    clock.advance(hours=3)
    assert jeanne.opens().request.path == "/home/measures", "the owner of the letter gets in a little later"


def test_codes_cannot_be_searched_for(app: Flask, mailbox: Mailbox, thief: Newcomer) -> None:
    codes = ["".join(pair) * 3 for pair in [(a + b, "BC") for a in "BCDFGHJK" for b in "LMNPQRST"]]
    answers = Counter(thief.proves(code=code).status_code for code in codes)
    assert answers == {400: 60, 429: 4}
    other = Newcomer(app, mailbox, prepare(app, 5, email=""), address="203.0.113.201")
    assert other.proves(nir=nir_of(5)).status_code == 200, "nobody elsewhere is kept out"


def test_attack_from_a_network_does_not_keep_out_a_known_browser_in_it(
    app: Flask, jeanne: Newcomer, mailbox: Mailbox, thief: Newcomer
) -> None:
    jeanne.opens()
    thief.address = jeanne.address
    for number in range(61):
        last = thief.proves(code=f"BCDF-GHJK-{'BCDFGHJKLMNPQRSTVWXZ'[number % 20]}{'BCDF'[number // 20]}MN")
    assert last.status_code == 429
    jeanne.browser.post("/logout")
    jeanne.code = prepare(app, 3)
    assert jeanne.proves(nir=nir_of(3)).request.path.endswith("/access")


def test_another_browser_does_not_go_on_with_an_activation(app: Flask, jeanne: Newcomer, thief: Newcomer) -> None:
    path = jeanne.proves().request.path
    for end in ("access", "email", "email-code", "phone", "phone-code"):
        page = thief.get(path.replace("access", end))
        assert page.status_code == 400
        assert "Jeanne" not in page.text
    assert jeanne.get(path).status_code == 200


def test_step_cannot_be_left_out(app: Flask, jeanne: Newcomer) -> None:
    page = jeanne.chooses(jeanne.proves())
    base = page.request.path.removesuffix("/email")
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    for end in ("phone", "phone-code", "email-code"):
        answer = jeanne.browser.post(f"{base}/{end}", data={"csrf_token": token, "skip": "1", "code": "000000"})
        assert answer.status_code == 303
        assert answer.location.endswith("/email")
    assert count(app, Account) == 0


def test_code_of_an_address_is_guessed_five_times_at_most(app: Flask, jeanne: Newcomer, mailbox: Mailbox) -> None:
    page = jeanne.submit(jeanne.chooses(jeanne.proves()), "address-form", address=EMAIL)
    right = mailbox.code_for(EMAIL)
    guesses = [f"{number:06d}" for number in range(20) if f"{number:06d}" != right]
    answers = [jeanne.submit(page, "code-form", code=guess).status_code for guess in guesses[:7]]
    assert answers[:4] == [400] * 4
    assert jeanne.submit(page, "code-form", code=right).status_code >= 400, "the right one comes too late"
    assert count(app, Account) == 0


def test_messages_to_strangers_are_few(jeanne: Newcomer, mailbox: Mailbox) -> None:
    page = jeanne.chooses(jeanne.proves())
    for number in range(12):
        last = jeanne.submit(page, "address-form", address=f"victim{number}@example.org")
    assert last.status_code == 429
    assert len([m for m in mailbox.messages() if "victim" in m["to"]]) == activation.SENDS[0]


def test_code_sent_to_one_address_does_not_vouch_for_the_next(jeanne: Newcomer, mailbox: Mailbox) -> None:
    page = jeanne.chooses(jeanne.proves())
    jeanne.submit(page, "address-form", address=EMAIL)
    code = mailbox.code_for(EMAIL)
    asked = jeanne.submit(page, "address-form", address="victim@example.org")
    if mailbox.code_for("victim@example.org") != code:
        assert jeanne.submit(asked, "code-form", code=code).status_code == 400


def test_letter_opens_one_space_once_however_many_try_at_once(app: Flask, mailbox: Mailbox, jeanne: Newcomer) -> None:
    browsers = [Browser(app, address=f"192.0.2.{number}") for number in range(1, 7)]
    ids = []
    for number, browser in enumerate(browsers):
        with browser.visit():
            ids.append(activation.begin(_facts(jeanne.code), None))
        with browser.visit():
            activation.choose(activation.get(ids[-1]), identifier=f"jeanne.{number}958", password=PASSWORD)
        with browser.visit():
            activation.set_address(activation.get(ids[-1]), "email", f"j{number}@example.org", lang="fr")
        code = mailbox.code_for(f"j{number}@example.org")
        with browser.visit():
            activation.check_code(activation.get(ids[-1]), code)
    won, lost, ready = [], [], threading.Barrier(len(browsers))

    def end(browser: Browser, activation_id: str) -> None:
        try:
            with browser.visit():
                row = activation.get(activation_id)
                ready.wait()
                won.append(activation_end.finish(row, lang="fr", with_phone=False))
        except AlreadyActivated as refusal:
            lost.append(refusal)

    threads = [threading.Thread(target=end, args=pair) for pair in zip(browsers, ids, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 5)
    assert (count(app, Account), count(app, Profile)) == (1, 1)


def test_two_newcomers_with_one_identifier_are_asked_for_another(
    app: Flask, mailbox: Mailbox, jeanne: Newcomer
) -> None:
    other = Newcomer(app, mailbox, prepare(app, 2, email="other@example.org"))
    late = other.gives_email(other.chooses(other.proves(nir=nir_of(2))), "other@example.org")
    jeanne.opens()
    page = other.submit(late, "address-form", skip="1")
    assert page.status_code == 400
    assert "déjà cet identifiant" in page.text
    page = other.chooses(page, "jeanne.other")
    page = other.submit(page, "address-form", skip="1")
    assert page.request.path == "/home/measures"
    assert count(app, Account) == 2


def test_new_letter_ends_what_the_stolen_one_began(
    app: Flask, jeanne: Newcomer, thief: Newcomer, mailbox: Mailbox, clock: Clock
) -> None:
    page = thief.gives_email(thief.chooses(thief.proves(), "thief.1958"), "thief@example.org")
    clock.advance(days=2)
    with standing.unit_in(app):
        new = prepared.renew(NIR, now=now_of.now())
    assert new
    assert thief.submit(page, "address-form", skip="1").status_code == 400
    assert thief.proves().status_code == 400
    assert Newcomer(app, mailbox, new).opens().request.path == "/home/measures"


def test_used_code_is_not_used_again(app: Flask, jeanne: Newcomer, thief: Newcomer) -> None:
    jeanne.opens()
    page = thief.proves()
    assert page.status_code == 409
    assert count(app, Account) == 1


def test_journal_log_and_messages_hold_no_number(
    app: Flask, jeanne: Newcomer, thief: Newcomer, caplog: pytest.LogCaptureFixture, mailbox: Mailbox
) -> None:
    caplog.set_level("DEBUG")
    thief.proves(card="10987654321")
    jeanne.opens()
    with standing.unit_in(app) as session:
        journal = " ".join(row.detail for row in session.scalars(select(Activity)))
    sent = " ".join(message["text"] for message in mailbox.messages())
    logged = " ".join(str(vars(record)) for record in caplog.records)
    for secret in (NIR, CARD, "10987654321", jeanne.code, jeanne.code.replace("-", ""), PASSWORD, "1958-04-12"):
        assert secret not in journal + logged + sent
    assert count(app, Message) > 0


def test_upstream_identity_stands_for_the_letter_and_nothing_more(app: Flask, mailbox: Mailbox) -> None:
    prepare(app, pivot="a pivot", pivot_digest="p" * 64)
    prepare(app, 4, birthdate="2017-09-02", card="", pivot="x", pivot_digest="c" * 64, representatives=(NIR,))
    browser, opened = Browser(app), []
    with browser.visit():
        assert activation.begin_from_identity("q" * 64, origin="fc:1", interaction_id=None) is None
    with browser.visit(), pytest.raises(MinorNotAlone):
        activation.begin_from_identity("c" * 64, origin="fc:1", interaction_id=None)
    with browser.visit():
        begun = activation.begin_from_identity("p" * 64, origin="fc:1", interaction_id=None)
    assert begun
    with Browser(app).visit(), pytest.raises(ActivationOver):
        activation.get(begun)
    with browser.visit():
        assert activation.step_of(activation.get(begun)) is activation.Step.ACCESS
        activation.choose(activation.get(begun), identifier="jeanne.1958", password=PASSWORD)
    with browser.visit(), pytest.raises(ActivationOver):
        activation_end.finish(activation.get(begun), lang="fr", with_phone=False)
    with browser.visit():
        activation.set_address(activation.get(begun), "email", EMAIL, lang="fr")
    with browser.visit():
        activation.check_code(activation.get(begun), mailbox.code_for(EMAIL))

    def note(_sender: object, **said: str) -> None:
        opened.append(said)

    with events.space_opened.connected_to(note), browser.visit():
        activation_end.finish(activation.get(begun), lang="fr", with_phone=False)
    with app.app_context():
        card = accounts.find_card("jeanne.1958")
    assert card is not None
    assert [(one["account_id"], one["origin"]) for one in opened] == [(card.id, "fc:1")]


def test_activations_are_forgotten_within_the_hour(app: Flask, jeanne: Newcomer, clock: Clock) -> None:
    jeanne.chooses(jeanne.proves())
    clock.advance(minutes=61)
    with standing.unit_in(app):
        assert activation.purge(now_of.now()) == 1
    assert timedelta(hours=1) == activation.TTL


def _facts(code: str) -> Any:
    return activation_proof.Facts(code, NIR, CARD, "1958-04-12")
