"""What the partners' guide says of the detail of an authorization, done as it is written."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask

from tests.actors import ISSUER, Partner, Person, claims_of, params_of
from tests.cast import GLUCO_ENTRY, register
from tests.minting import mint_tokens

GUIDE = (Path(__file__).parents[2] / "docs/partners.md").read_text(encoding="utf-8")
PUBLIC = "https://space.example"


def part(title: str) -> str:
    """Return the section of the guide with this title."""
    return re.split(r"\n#+ ", GUIDE.split(f"### {title}\n")[1])[0]


def examples(title: str, kind: str) -> list[str]:
    """Return the examples of a kind in a section, at the address of the server under test."""
    return [text.replace(PUBLIC, ISSUER) for text in re.findall(rf"```{kind}\n(.*?)```", part(title), re.S)]


def request_of(example: str, **real: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """Return the path, headers and form of a request in the guide, with what it abbreviates put in."""
    head, _, body = example.strip().partition("\n\n")
    first, *lines = head.split("\n")
    form = dict(parse_qsl(body.replace("https%3A%2F%2Fspace.example", ISSUER), strict_parsing=True)) | real
    assert not [name for name, value in form.items() if value.endswith("...")]
    return first.split()[1], dict(line.split(": ", 1) for line in lines), form


def test_resource_in_the_guide_narrows(glucoapp: Partner, alice: Person) -> None:
    title = "Tokens for one resource"
    held = mint_tokens(glucoapp, alice)["refresh_token"]
    path, _headers, form = request_of(examples(title, "http")[0], refresh_token=held)
    tokens = glucoapp.post(path, **form).json
    said: dict[str, Any] = json.loads(examples(title, "json")[0])
    assert glucoapp.post("/introspect", token=tokens["access_token"]).json.items() >= said.items()
    named = re.findall(r"the issuer and `(/[\w/]+)`", part(title))
    with glucoapp.app.app_context():
        from authz.catalogue import resources

        assert sorted(named) == [one.path for one in resources.list_all()]


def test_resource_in_the_guide_says_what_it_is(glucoapp: Partner) -> None:
    title = "Tokens for one resource"
    _request, told, asked = examples(title, "http")
    challenged = glucoapp.http.post("/connectors/cgm")
    assert told.strip().splitlines() == [
        f"HTTP/1.1 {challenged.status}", f"WWW-Authenticate: {challenged.headers['WWW-Authenticate']}"
    ]  # fmt: skip
    assert glucoapp.http.get(asked.split()[1]).json == json.loads(examples(title, "json")[1])


def test_signed_token_in_the_guide_has_these_claims(app: Flask, alice: Person) -> None:
    said: dict[str, Any] = json.loads(examples("Tokens that your own servers read", "json")[0])
    lab = register(
        app, GLUCO_ENTRY, client_id="glucoapp", access_token_format="jwt", resource_servers=[said["aud"]]
    )  # fmt: skip
    claims = claims_of(mint_tokens(lab, alice, scope=said["scope"], resources=said["aud"])["access_token"])
    assert set(claims) == set(said)
    assert claims["exp"] - claims["iat"] == said["exp"] - said["iat"]
    same = ("iss", "aud", "client_id", "scope", "acr", "amr")
    assert {name: claims[name] for name in same} == {name: said[name] for name in same}


def test_signed_answer_in_the_guide_is_the_answer(app: Flask, alice: Person) -> None:
    title = "Ask what a token is worth, and keep the answer"
    said: dict[str, Any] = json.loads(examples(title, "json")[0])
    asker = register(app, GLUCO_ENTRY, client_id="glucoapp")
    token = mint_tokens(asker, alice, scope=said["token_introspection"]["scope"])["access_token"]
    path, headers, form = request_of(examples(title, "http")[0], token=token)
    auth = (asker.client_id, asker.secret or "")
    answer = asker.http.post(path, data=form, auth=auth, headers={"Accept": headers["Accept"]})
    assert answer.mimetype == headers["Accept"]
    claims = claims_of(answer.text)
    told, same = claims.pop("token_introspection"), said.pop("token_introspection")
    assert (set(claims), set(told)) == (set(said), set(same))
    for name in ("active", "client_id", "aud", "iss", "token_type", "scope", "acr"):
        assert told[name] == same[name]


def test_details_in_the_guide_are_granted_as_it_says(glucoapp: Partner, alice: Person) -> None:
    title = "Say in detail what you ask for"
    asked, said = (json.loads(text) for text in examples(title, "json"))
    page = alice.arrives_at_consent(glucoapp, app_account=None, authorization_details=json.dumps(asked))
    chosen: dict[str, Any] = {"profile": alice.profile_id(), "scope": ["measures.read"], "until": "1"}
    page = alice.submit(page, "consent", decision="allow", **chosen)
    page = alice.get(f"/authorize/{page.request.path.split('/')[2]}")
    [granted] = glucoapp.redeem(params_of(page)["code"]).json["authorization_details"]
    [expected] = said["authorization_details"]
    assert set(granted) == set(expected)
    for name in ("type", "account", "account_name", "months", "history_days"):
        assert granted[name] == expected[name]
    members = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", part(title), re.M))))
    assert members | {"type"} == set(asked[0])


def test_challenge_in_the_guide_is_the_challenge(glucoapp: Partner, make_app: Any, alice: Person) -> None:
    from tests.protocol.oauth.test_details_obeyed import SCOPE, document

    partner = Partner(make_app(step_up=("documents=phr/3600",)), glucoapp.client_id, glucoapp.secret)
    tokens = mint_tokens(partner, alice, scope=SCOPE)
    path = f"/fhir/DocumentReference/{document(partner, tokens, 1).json['id']}"
    refused = partner.call("GET", path, tokens["access_token"])
    assert examples("When a surer sign-in is asked for", "http")[0].strip().splitlines() == [
        f"HTTP/1.1 {refused.status}", f"WWW-Authenticate: {refused.headers['WWW-Authenticate']}"
    ]  # fmt: skip


def test_exchange_in_the_guide_gives_what_it_says(app: Flask, alice: Person) -> None:
    title = "Hand a smaller token on"
    grant = re.findall(r"grant type `(urn:[\w:-]+)`", part(title).replace("\n", " "))[0]
    partner = register(app, GLUCO_ENTRY, grant_types=["authorization_code", "refresh_token", grant])
    token = mint_tokens(partner, alice, scope="openid measures.read")["access_token"]
    path, _headers, form = request_of(examples(title, "http")[0], subject_token=token)
    answer, said = partner.post(path, **form).json, json.loads(examples(title, "json")[0])
    assert answer.pop("access_token") != said.pop("access_token")
    assert answer == said
    assert partner.post("/introspect", token=token).json["active"] is True
