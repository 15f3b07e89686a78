"""The requests that the partners' guide prints, sent as they stand."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from flask import Flask

from tests.actors import ISSUER, Partner, Person, claims_of, params_of
from tests.cast import GLUCO_ENTRY, register
from tests.flows.test_partner_docs_detail import examples, request_of
from tests.minting import mint_code
from tests.signing import JWT_BEARER, assertion

TITLE = "Each request and its answer"
CODE, SIGNED, PUSH, ASK, REVOKE, PERSON, SEARCH = examples(TITLE, "http")


def test_code_in_the_guide_is_exchanged_and_its_tokens_used(glucoapp: Partner, alice: Person) -> None:
    code = mint_code(glucoapp, alice, scope="openid measures.read")
    path, _headers, form = request_of(CODE, code=code, code_verifier=glucoapp.verifier)
    tokens = glucoapp.post(path, **form).json
    held = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert glucoapp.http.get(PERSON.split()[1], headers=held).json["sub"] == tokens["subject"]
    path, headers, form = request_of(SEARCH)
    found = glucoapp.http.post(path, data=form, headers=headers | held)
    assert (found.status_code, found.json["resourceType"]) == (200, "Bundle")
    path, _headers, form = request_of(ASK, token=tokens["access_token"])
    assert glucoapp.post(path, **form).json["active"] is True
    path, _headers, form = request_of(REVOKE, token=tokens["refresh_token"])
    assert glucoapp.post(path, **form).status_code == 200
    assert glucoapp.post("/introspect", token=tokens["access_token"]).json == {"active": False}


def test_assertion_in_the_guide_proves_its_client(signer: Partner) -> None:
    path, _headers, form = request_of(SIGNED, client_assertion=assertion())
    assert form["client_assertion_type"] == JWT_BEARER
    assert signer.http.post(path, data=form).json["token_type"] == "Bearer"


def test_pushed_request_in_the_guide_is_answered_signed(app: Flask, alice: Person) -> None:
    glucoapp = register(app, GLUCO_ENTRY, client_id="glucoapp")
    path, _headers, form = request_of(PUSH)
    pushed, said = glucoapp.post(path, **form), json.loads(examples(TITLE, "json")[0])
    assert (pushed.status_code, set(pushed.json), pushed.json["expires_in"]) == (201, set(said), said["expires_in"])
    opened = {"client_id": glucoapp.client_id, "request_uri": pushed.json["request_uri"]}
    page = alice.submit(alice.get("/authorize?" + urlencode(opened)), "arrival")
    home = alice.decides(alice.passes_sign_in(page), consents=["measures.read"])
    answer = claims_of(params_of(home)["response"])
    assert (answer["iss"], answer["state"]) == (ISSUER, form["state"])
