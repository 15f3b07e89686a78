"""The log at its most talkative, over a whole life of a link, holds no secret and nobody's data; on both databases."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import text

from authz import logs
from connectors.records import codes
from tests.actors import Partner, Person, params_of
from tests.cast import GLUCO_ENTRY, enrol, register
from tests.conftest import mailbox_of
from tests.flows.witness import Witness, found_in
from tests.signing import KEY
from tests.standing import unit_in
from tests.unit.records import samples

EXPORT = Path(__file__).parents[1] / "data/cgm/synthetic-14d.libreview-fr-mgdl.csv"
FHIR = {"Content-Type": "application/fhir+json"}
CONSENTS = ["measures.glucose.write", "documents.summary.write", "measures.read", "profile", "email", "phone"]
PEOPLE = ["Alice", "Martin", "alice.martin", "alice.martin@example.org", "1984-05-03", "Zoé", "2017-09-02"]
PHONE = "+33612345339"
READINGS = ["143.77", "83.217", "Une remarque à garder pour soi", "Rapport du docteur Petit"]


@dataclass
class Talkative:
    """An application that logs everything with its real configuration, the witness at its door, and the log."""

    app: Flask
    witness: Witness
    written: io.StringIO

    def log(self) -> str:
        """Return what was written so far."""
        return self.written.getvalue()


@pytest.fixture
def talkative(make_app: Callable[..., Flask]) -> Iterator[Talkative]:
    """Give such an application."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    app, written = make_app(log_level="DEBUG"), io.StringIO()
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    app.wsgi_app = witness = Witness(app.wsgi_app)  # type: ignore[method-assign]
    yield Talkative(app, witness, written)
    root.handlers[:] = handlers
    root.setLevel(level)


def patient_of(app: Flask) -> Person:
    """Add Alice, mother of Zoé, with all ways to reach her."""
    people = [
        {"given_name": "Alice", "family_name": "Martin", "birthdate": "1984-05-03", "relation": "self"},
        {"given_name": "Zoé", "family_name": "Martin", "birthdate": "2017-09-02", "relation": "child"},
    ]
    folder = app.extensions["settings"].data_dir
    return enrol(app, mailbox_of(app, folder), "alice.martin", phone=PHONE, profiles=people)


def pairs(alice: Person, partner: Partner) -> tuple[dict[str, Any], list[str]]:
    """Walk the journey with a wrong password and a wrong code on the way; returns the tokens and the codes typed."""
    page = alice.get(partner.address(scope="openid " + " ".join(CONSENTS), app_account_name="Camille Moreau"))
    page = alice.submit(page, "arrival")
    page = alice.submit(page, "login", identifier=alice.identifier, password="quatre lapins verts dorment")
    page = alice.submit(page, "login", identifier=alice.identifier, password=alice.password)
    page = alice.submit(page, "second-factor", method="sms")
    sent = alice.mailbox.code_for(PHONE)
    wrong = f"{(int(sent) + 1) % 1_000_000:06d}"
    page = alice.submit(page, "second-factor", code=wrong)
    page = alice.submit(page, "second-factor", code=sent)
    home = alice.decides(page, consents=CONSENTS)
    answer = partner.redeem(params_of(home)["code"])
    assert answer.status_code == 200, answer.text
    return answer.json, [sent, wrong]


def uses(app: Flask, partner: Partner, tokens: dict[str, Any]) -> list[str]:
    """Push, read, deposit, import, and make the server fail; returns what was said of the patient's health."""
    token, subject = tokens["access_token"], tokens["subject"]
    quantity = {"value": 143.77, "unit": "mg/dL", "system": codes.UCUM, "code": "mg/dL"}
    remark = samples.observation(
        subject, valueQuantity=quantity, extension=[samples.days(), samples.comment(READINGS[2])]
    )
    bundle = json.dumps(samples.bundle(remark, with_device=True)).encode()
    document = json.dumps(samples.document(subject, file=samples.attachment(title=READINGS[3]))).encode()
    search = {"code": "MED-969", "subject.identifier": f"{samples.AUTHORITY}|{subject}"}
    answers = [
        partner.call("POST", "/measures/fhir", token, data=bundle, headers=FHIR),
        partner.call("GET", "/measures/fhir/Observation", token, query_string=search),
        partner.call("POST", "/fhir/DocumentReference", token, data=document, headers=FHIR),
        partner.call("POST", "/connectors/cgm", token, data=EXPORT.read_bytes(), headers={"Content-Type": "text/csv"}),
        partner.call("GET", "/userinfo", token),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 201, 200, 200]
    with unit_in(app) as session:
        session.execute(text("ALTER TABLE measure RENAME TO measure_gone"))
    try:
        weight = samples.observation(subject, valueQuantity=quantity | {"value": 83.217})
        body = json.dumps(samples.bundle(weight)).encode()
        assert partner.call("POST", "/measures/fhir", token, data=body, headers=FHIR).status_code == 500
    finally:
        with unit_in(app) as session:
            session.execute(text("ALTER TABLE measure_gone RENAME TO measure"))
    summary = answers[3].json["summary"]
    return [str(summary["mean_mg_dl"]), f"{summary['mean_mg_dl']:.2f}", f"{summary['gmi_percent']:.2f}"]


def abuses(app: Flask, partner: Partner, tokens: dict[str, Any]) -> None:
    """Send secrets where they do not belong, spent ones, and one twice, until the link is suspended."""
    fresh = partner.refresh(tokens["refresh_token"]).json
    partner.http.post("/token?client_secret=" + str(partner.secret), data={"grant_type": "refresh_token"})
    partner.http.get("/userinfo?access_token=" + fresh["access_token"])
    partner.call("GET", "/userinfo", fresh["access_token"] + "x")
    partner.post("/introspect", token=fresh["access_token"])
    partner.post("/token", grant_type="refresh_token", refresh_token="apr_" + "0" * 64)
    signer = register(
        app, client_id="signer", token_endpoint_auth_method="private_key_jwt", redirect_uris=[],
        grant_types=["client_credentials"], jwks={"keys": [KEY.as_dict(private=False)]},
    )  # fmt: skip
    signer.http.post(
        "/token", data={"grant_type": "client_credentials", "client_assertion": "eyJhbGciOiJub25lIn0.e30."}
    )
    assert partner.refresh(fresh["refresh_token"]).status_code == 200
    assert partner.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"


def ends(alice: Person, tokens: dict[str, Any]) -> None:
    """Look at everything at home, end the link with its data, and sign out."""
    for name in ("measures", "documents", "services", "activity", "notices", "profile"):
        assert alice.get(f"/home/{name}").status_code == 200
    page = alice.get(f"/home/services/{tokens['pairing_id']}/end")
    page = alice.submit(page, f"pairing-{tokens['pairing_id']}", after="delete")
    assert alice.submit(page, "logout").status_code == 200
    alice.browser.post("/logout", headers={"Referer": "https://evil.example/?who=alice.martin@example.org"})


def test_whole_life_of_a_link_leaves_no_secret_in_the_log(talkative: Talkative) -> None:
    app = talkative.app
    partner, alice = register(app, GLUCO_ENTRY), patient_of(app)
    tokens, typed = pairs(alice, partner)
    figures = uses(app, partner, tokens)
    abuses(app, partner, tokens)
    ends(alice, tokens)
    alice.mailbox.messages()
    log = talkative.log()
    for event in ("pairing:open", "record:measure:add", "token:refresh:replay", "pairing:end", "message:sent", "fault"):
        assert f'"event": "{event}"' in log
    personal = [*PEOPLE, PHONE, "Camille", "Moreau", "c.moreau@example.org", *READINGS, *figures]
    secrets = {*personal, *typed, *talkative.witness.seen, str(partner.secret), alice.password}
    assert len(secrets) > 50
    assert found_in(log, secrets | {quote(secret) for secret in secrets}) == []


def test_search_finds_what_it_looks_for(talkative: Talkative) -> None:
    """The test above would notice: everything down to debug is written, and a word in it is found."""
    logs.get("authz.anything").debug("said", extra={"who": "Zoé", "code": "123456"})
    assert found_in(talkative.log(), ["zoé", "123456", "234567", "zo"]) == [
        r"(?<![0-9a-z])123456(?![0-9a-z])", r"(?<![0-9a-z])zoé(?![0-9a-z])",
    ]  # fmt: skip


def test_net_under_the_log_masks_our_own_kinds_of_secrets(talkative: Talkative) -> None:
    from authz import entropy

    for prefix in ("apa", "apr", "apk", "aps", "apb", "apd", "apcs"):
        secret = entropy.new_secret(prefix)
        logs.get("authz.anything").warning(f"said {secret}", extra={"token": secret})
        assert secret not in talkative.log()
        assert f"{prefix}_…" in talkative.log()
