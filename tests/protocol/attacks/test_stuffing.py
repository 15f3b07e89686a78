"""Bombs: what a stranger can make the server keep or chew is small, and refused before it costs much."""

from __future__ import annotations

import base64
import gzip
import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from authz.app import FORM_MAX_BYTES
from tests.actors import Partner, Person
from tests.minting import mint_tokens
from tests.standing import unit_in

ALL = "openid measures.glucose.write documents.summary.write measures.read"
FHIR = {"Content-Type": "application/fhir+json"}
DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
WIDE = b"[" + b"{}," * 500_000 + b"{}]"
DIGITS = b'{"value":' + b"9" * 60_000 + b"}"


@contextmanager
def chewed() -> Iterator[list[int]]:
    """Count the calls made meanwhile, of Python and of C: what a bomb costs, on however busy a machine."""
    count = [0]

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        if event in ("call", "c_call"):
            count[0] += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield count
    finally:
        sys.setprofile(before)


def test_public_client_cannot_stuff_the_database(otherapp: Partner) -> None:
    """A public client pushes requests without proof: a megabyte each would fill the disk."""
    otherapp.address()
    asked = {
        "response_type": "code", "redirect_uri": otherapp.redirect_uri, "scope": "openid", "code_challenge": "c" * 43,
        "code_challenge_method": "S256",
    }  # fmt: skip
    many = {f"x{number}": "y" * 7000 for number in range(20)}
    answer = otherapp.post("/par", **asked, **many)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    with unit_in(otherapp.app) as session:
        assert session.execute(text("SELECT count(*) FROM pushed_request")).scalar_one() == 0
    assert otherapp.post("/par", **asked).status_code == 201


@pytest.mark.parametrize("bomb", [DEEP, WIDE, DIGITS, b'{"a":1,' * 3 + b"}", b"\xff" * 1000, b'"' + b"\\" * 60_000])
@pytest.mark.parametrize("path", ["/measures/fhir", "/fhir/DocumentReference"])
def test_json_bomb_is_refused_soon(alice: Person, glucoapp: Partner, bomb: bytes, path: str) -> None:
    token = mint_tokens(glucoapp, alice, scope=ALL)["access_token"]
    with chewed() as calls:
        answer = glucoapp.call("POST", path, token, data=bomb, headers=FHIR)
    assert answer.status_code in (400, 413, 422)
    assert calls[0] < 20_000 + 2 * len(bomb), "in proportion to its size"


@pytest.mark.parametrize("path", ["/measures/fhir", "/fhir/DocumentReference", "/connectors/cgm"])
def test_compressed_bomb_is_not_opened(alice: Person, glucoapp: Partner, path: str) -> None:
    token = mint_tokens(glucoapp, alice, scope=ALL)["access_token"]
    bomb = gzip.compress(b"0" * 10_000_000)
    answer = glucoapp.call("POST", path, token, data=bomb, headers=FHIR | {"Content-Encoding": "gzip"})
    assert answer.status_code == 415


EMPTY = [b"\n", b";", b'"', b"a;b\n", b"\0", b'"x\n', b"a;b;c;d;e;f;g;h\r\n"]


@pytest.mark.parametrize("unit", EMPTY)
def test_export_of_seven_megabytes_of_nothing_is_refused_soon(alice: Person, glucoapp: Partner, unit: bytes) -> None:
    token = mint_tokens(glucoapp, alice, scope=ALL)["access_token"]
    export = unit * (7_000_000 // len(unit))
    with chewed() as calls:
        answer = glucoapp.call("POST", "/connectors/cgm", token, data=export, headers={"Content-Type": "text/csv"})
    assert answer.status_code in (400, 413, 422)
    assert calls[0] < 6 * 900_000, "a few for each line that is taken, whatever a line is"


@pytest.mark.parametrize(
    "path", ["/token", "/introspect", "/par", "/authorize", "/pair/x/login", "/userinfo", "/healthz"]
)
@pytest.mark.parametrize("is_measured", [True, False])
def test_form_of_a_million_fields_is_refused_soon(client: FlaskClient, path: str, is_measured: bool) -> None:
    """With its length or in chunks: the framework itself would take eight megabytes of fields from anybody."""
    body = io.BytesIO(b"a&" * 3_500_000)
    how: dict[str, Any] = {"content_length": len(body.getvalue())}
    if not is_measured:
        how = {"environ_overrides": {"wsgi.input_terminated": True}}
    answer = client.post(path, content_type="application/x-www-form-urlencoded", input_stream=body, **how)
    assert answer.status_code in (405, 413)
    assert body.tell() < 2 * FORM_MAX_BYTES, "most of it is not even read"


def test_body_larger_than_the_limit_is_refused(client: FlaskClient, alice: Person, glucoapp: Partner) -> None:
    token = mint_tokens(glucoapp, alice, scope=ALL)["access_token"]
    body: Any = b"x" * 8_000_001
    for path in ("/measures/fhir", "/fhir/DocumentReference", "/connectors/cgm"):
        assert glucoapp.call("POST", path, token, data=body, headers=FHIR).status_code == 413
    assert client.post("/token", data=body).status_code == 413


def test_assertion_that_is_a_bomb_is_no_fault(signer: Partner) -> None:
    deep = json.dumps({"alg": "RS256"}).encode()
    header, payload = (base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (deep, DEEP[:60_000]))
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    for assertion in (f"{header}.{payload}.", f"{payload}.{payload}.x", ".." * 1000, "a" * 150_000):
        form = {"grant_type": "client_credentials", "client_assertion_type": kind, "client_assertion": assertion}
        assert signer.http.post("/token", data=form).status_code in (400, 401)
