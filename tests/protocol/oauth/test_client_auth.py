"""Client authentication: secret in header or form, signed assertion, none; and a budget for failures only."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from tests.actors import Partner
from tests.cast import register
from tests.clock import Clock
from tests.signing import IN_TWO_HOURS, ask, assertion, prove
from tests.spec import spec


@spec("RFC 6749", "2.3.1", "secret in the header or in the form, as registered")
def test_client_proves_itself_as_registered(clinic: Partner) -> None:
    in_form = register(clinic.app, client_id="poster", token_endpoint_auth_method="client_secret_post",
                       grant_types=["client_credentials"], redirect_uris=[])  # fmt: skip
    assert ask(in_form, client_id="poster", client_secret=in_form.secret or "").status_code == 200
    in_header = in_form.http.post(
        "/token", data={"grant_type": "client_credentials"}, auth=("poster", in_form.secret or "")
    )
    assert in_header.status_code == 401
    assert clinic.post("/token", grant_type="client_credentials").status_code == 200


@spec("RFC 6749", "5.2", "a failed authentication is invalid_client, 401 with a challenge")
@pytest.mark.parametrize("auth", [("nobody", "x"), ("{id}", "wrong"), ("{id}", ""), ("", "")])
def test_wrong_secret_is_refused(clinic: Partner, auth: tuple[str, str]) -> None:
    name, secret = auth
    answer = clinic.http.post(
        "/token", data={"grant_type": "client_credentials"}, auth=(name.format(id=clinic.client_id), secret)
    )
    assert answer.status_code == 401
    assert answer.json["error"] == "invalid_client"
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


@spec("RFC 6749", "2.3", "one way of authentication at a time")
def test_two_proofs_are_refused(clinic: Partner) -> None:
    answer = clinic.post("/token", grant_type="client_credentials", client_secret=clinic.secret)
    assert answer.status_code == 400
    assert answer.json["error"] == "invalid_request"


@spec("RFC 6749", "3.2.1", "a confidential client cannot pass for a public one")
def test_confidential_client_cannot_leave_its_secret_out(clinic: Partner) -> None:
    assert ask(clinic, client_id=clinic.client_id).status_code in (400, 401)
    assert ask(clinic, client_id=clinic.client_id).json["error"] == "invalid_client"


@spec("RFC 7523", "3", "a signed assertion proves the client")
@pytest.mark.parametrize(
    "audience", ["http://localhost", "http://localhost/token", ["http://localhost", "https://x.example"]]
)
def test_signature_proves_the_client(signer: Partner, audience: object) -> None:
    assert prove(signer, assertion(aud=audience)).status_code == 200


@spec("RFC 7523", "3", "issuer, subject, audience, dates and signature are checked")
@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "other"},
        {"sub": "nobody"},
        {"sub": None},
        {"sub": 7},
        {"aud": None},
        {"aud": "https://evil.example"},
        {"aud": {"a": 1}},
        {"exp": None},
        {"exp": 1},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 10**11},
        {"exp": IN_TWO_HOURS},
        {"nbf": IN_TWO_HOURS},
        {"iat": IN_TWO_HOURS},
        {"jti": None},
        {"jti": ""},
        {"jti": 5},
        {"key": ECKey.generate_key("P-256", {"kid": "k1"})},
        {"key": RSAKey.generate_key(2048, {"kid": "k1"}), "alg": "RS256"},
    ],
)
def test_wrong_assertion_is_refused(signer: Partner, changes: dict[str, Any]) -> None:
    answer = prove(signer, assertion(**changes))
    assert answer.status_code in (400, 401)
    assert answer.json["error"] == "invalid_client"


@pytest.mark.parametrize(
    "token", ["", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzaWduZXIifQ.", "é", "." * 500, "e30.W10.x"]
)
def test_nonsense_assertion_is_refused(signer: Partner, token: str) -> None:
    answer = prove(signer, token)
    assert answer.status_code in (400, 401)
    assert answer.json["error"] == "invalid_client"


@spec("RFC 7523", "3", "an assertion is good for one use")
def test_replayed_assertion_is_refused(signer: Partner) -> None:
    token = assertion()
    assert prove(signer, token).status_code == 200
    assert prove(signer, token).json["error"] == "invalid_client"


def test_assertion_for_another_client_id_is_refused(signer: Partner) -> None:
    assert prove(signer, assertion(), client_id="other").json["error"] == "invalid_client"


def test_client_of_a_secret_cannot_use_an_assertion(signer: Partner, clinic: Partner) -> None:
    answer = prove(clinic, assertion(iss=clinic.client_id, sub=clinic.client_id))
    assert answer.json["error"] == "invalid_client"


def test_guesser_is_told_to_wait_and_the_real_client_never_is(clinic: Partner, clock: Clock) -> None:
    form = {"grant_type": "client_credentials"}
    there = {"REMOTE_ADDR": "192.0.2.7"}

    def guess() -> int:
        auth = (clinic.client_id, "guess")
        answer = clinic.http.post("/token", data=form, auth=auth, environ_base=there)
        if answer.status_code == 429:
            assert int(answer.headers["Retry-After"]) > 0
        return int(answer.status_code)

    assert {guess() for _ in range(30)} == {401}
    assert guess() == 429
    real = clinic.http.post("/token", data=form, auth=(clinic.client_id, clinic.secret), environ_base=there)
    assert real.status_code == 200
    clock.advance(minutes=6)
    assert guess() == 401


def test_new_secret_replaces_the_old_one(clinic: Partner) -> None:
    from authz.clients import registry
    from tests.standing import unit_in

    with unit_in(clinic.app):
        fresh = registry.rotate_secret(clinic.client_id)
    assert clinic.post("/token", grant_type="client_credentials").status_code == 401
    clinic.secret = fresh
    assert clinic.post("/token", grant_type="client_credentials").status_code == 200
