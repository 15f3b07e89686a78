"""Keys of clients behind a `jwks_uri` (OpenID Connect Core §10.1.1): fetched, kept, fetched anew, never from inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from joserfc.jwk import ECKey

from tests.actors import Partner
from tests.cast import register
from tests.clock import Clock
from tests.fakes.key_server import KeyServer, serving
from tests.signing import JWT_BEARER, assertion, prove
from tests.spec import spec


def new_key(kid: str | None) -> ECKey:
    """Make a key pair with a name."""
    return ECKey.generate_key("P-256", {"kid": kid} if kid else None)


@pytest.fixture
def published() -> Iterator[KeyServer]:
    """Give the partner's web server."""
    with serving() as server:
        yield server


@pytest.fixture
def open_app(make_app: Callable[..., Flask]) -> Flask:
    """Give a server that may call the partner's, though it is on loopback."""
    return make_app(outbound_allow=("127.0.0.1",))


@pytest.fixture
def remote(open_app: Flask, published: KeyServer) -> Partner:
    """Give a client whose keys are on its own server."""
    return register(
        open_app, client_id="signer", token_endpoint_auth_method="private_key_jwt", redirect_uris=[],
        grant_types=["client_credentials"], jwks_uri=published.url,
    )  # fmt: skip


def status(partner: Partner, key: ECKey) -> int:
    """Return how an assertion signed with a key is answered."""
    return int(prove(partner, assertion(key=key)).status_code)


@spec("OpenID Connect Core", "10.1.1", "a key that is not known yet has the set fetched anew")
def test_partner_changes_its_key_at_once(remote: Partner, published: KeyServer) -> None:
    old, new = new_key("old"), new_key("new")
    published.publish(old)
    assert [status(remote, old), status(remote, old)] == [200, 200]
    assert published.asked == 1
    published.publish(new)
    assert status(remote, new) == 200
    assert status(remote, old) in (400, 401)


def test_made_up_keys_do_not_make_the_server_knock_each_time(
    remote: Partner, published: KeyServer, clock: Clock
) -> None:
    known = new_key("known")
    published.publish(known)
    assert status(remote, known) == 200
    assert {status(remote, new_key(f"made-up-{number}")) for number in range(20)} <= {400, 401}
    assert published.asked == 3
    assert status(remote, known) == 200  # who is honest does not suffer
    clock.advance(minutes=2)
    status(remote, new_key("made-up"))
    assert published.asked == 4


def test_forged_signature_under_a_known_name_fetches_nothing(remote: Partner, published: KeyServer) -> None:
    published.publish(new_key("k"))
    assert status(remote, new_key("k")) in (400, 401)
    assert published.asked == 1


def test_keys_are_fetched_again_after_a_while_and_kept_when_that_fails(
    remote: Partner, published: KeyServer, clock: Clock
) -> None:
    key = new_key("k")
    published.publish(key)
    assert status(remote, key) == 200
    published.status = 500
    clock.advance(minutes=11)
    assert status(remote, key) == 200
    assert published.asked == 2
    clock.advance(days=2)
    assert status(remote, key) in (400, 401)
    published.status = 200
    assert status(remote, key) == 200


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b'{"keys": 7}', b'{"keys": [7]}', b"{" * 70_000, b" " * 70_000])
def test_what_is_no_key_set_proves_nobody(remote: Partner, published: KeyServer, body: bytes) -> None:
    published.body = body
    answer = prove(remote, assertion(key=new_key("k")))
    assert answer.json["error"] == "invalid_client"


def test_keys_without_names_are_all_tried(remote: Partner, published: KeyServer) -> None:
    first, second = new_key(None), new_key(None)
    published.publish(first, second)
    nameless = assertion(key=second, header_kid=None)
    assert prove(remote, nameless).status_code == 200


def test_many_at_once_fetch_once(remote: Partner, published: KeyServer) -> None:
    key = new_key("k")
    published.publish(key)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: status(remote, key), range(8))) == {200}
    assert published.asked == 1


def test_nothing_is_locked_while_keys_are_fetched(remote: Partner, published: KeyServer, clinic: Partner) -> None:
    key, seen = new_key("k"), []
    published.publish(key)
    published.before = lambda: seen.append(clinic.post("/token", grant_type="client_credentials").status_code)
    assert status(remote, key) == 200
    assert seen == [200]  # another client's token was written meanwhile


def test_nothing_is_locked_while_the_keys_of_a_pushed_object_are_fetched(
    open_app: Flask, published: KeyServer, clinic: Partner
) -> None:
    """Its client's proof is used up by then, and nobody else could write for as long as the client's server likes."""
    signer = register(
        open_app, client_id="signer", profile="oidc", token_endpoint_auth_method="private_key_jwt",
        jwks_uri=published.url, request_object_signing_alg="ES256",
    )  # fmt: skip
    known, new, seen = new_key("known"), new_key("new"), []
    published.publish(known)
    proof = {"client_assertion_type": JWT_BEARER}
    assert push(signer, known, proof | {"client_assertion": assertion(key=known)}) == 201
    published.publish(known, new)
    published.before = lambda: seen.append(clinic.post("/token", grant_type="client_credentials").status_code)
    assert push(signer, new, proof | {"client_assertion": assertion(key=known)}) == 201
    assert seen == [200]
    assert push(signer, new_key("made-up"), proof | {"client_assertion": assertion(key=known)}) == 400


def push(signer: Partner, key: ECKey, proof: dict[str, str]) -> int:
    """Push a request whose object is signed with a key; returns how that is answered."""
    said = dict(parse_qsl(signer.address().partition("?")[2]))
    token = assertion(key=key, sub=None, jti=None, **said)
    return int(signer.http.post("/par", data=proof | {"request": token}).status_code)


@spec("RFC 9700", "4.11", "an address that a client registers never makes the server call inside")
def test_keys_are_never_fetched_from_inside(app: Flask, published: KeyServer) -> None:
    from authz.clients.metadata import InvalidClientMetadata

    with pytest.raises(InvalidClientMetadata):
        register(app, token_endpoint_auth_method="private_key_jwt", jwks_uri=published.url)
    inside = register(
        app, client_id="signer", token_endpoint_auth_method="private_key_jwt", redirect_uris=[],
        grant_types=["client_credentials"], jwks_uri=published.url.replace("http:", "https:"),
    )  # fmt: skip
    key = new_key("k")
    published.publish(key)
    answer: Any = prove(inside, assertion(key=key))
    assert answer.json["error"] == "invalid_client"
    assert published.asked == 0


def test_addresses_without_end_do_not_fill_the_memory(remote: Partner, published: KeyServer) -> None:
    from authz import remote as documents

    key = new_key("k")
    published.publish(key)
    remote.app.extensions["remote_documents"] = {f"https://x.example/{number}": None for number in range(10_001)}
    assert status(remote, key) == 200
    assert list(remote.app.extensions["remote_documents"]) == [published.url]
    assert documents.FETCHES >= 2  # else a changed key would wait a minute
