"""What a client calls a person: pairwise by sector, public on wish; and UserInfo as a signed answer."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from authz.clients.metadata import InvalidClientMetadata
from tests.actors import Partner, Person
from tests.cast import GLUCO_ENTRY, register
from tests.fakes.relying_party import RelyingParty
from tests.minting import mint_tokens
from tests.protocol.oidc.conftest import Verified
from tests.spec import spec

CORE = "OpenID Connect Core"
ONE, TWO = "https://one.example/cb", "https://two.example/cb"


def subject(person: Person, partner: Partner) -> str:
    """Return what an app calls a person."""
    return str(mint_tokens(partner, person, scope="openid")["subject"])


@spec(CORE, "8.1", "clients of one sector document, or of one host, call a person the same; others do not")
def test_sector_decides_the_subject(alice: Person, app: Flask, party: RelyingParty) -> None:
    party.document = [ONE, TWO]
    sector = party.url + "/sector.json"
    one = register(app, redirect_uris=[ONE, TWO], sector_identifier_uri=sector)
    two = register(app, redirect_uris=[TWO], sector_identifier_uri=sector)
    host = register(app, redirect_uris=[TWO])
    same = register(app, redirect_uris=[TWO + "2"])
    several = register(app, redirect_uris=[ONE, TWO])
    native = register(app, redirect_uris=["http://localhost/cb"])
    native_too = register(app, redirect_uris=["http://localhost/cb"])
    names = [subject(alice, partner) for partner in (one, two, host, same, several, native, native_too)]
    assert names[0] == names[1]
    assert names[2] == names[3]
    assert len({names[0], *names[2:]}) == 5


def test_service_of_the_catalogue_is_a_sector_of_its_own(alice: Person, app: Flask) -> None:
    web = register(app, GLUCO_ENTRY, redirect_uris=[ONE])
    phone = register(app, GLUCO_ENTRY, redirect_uris=[TWO])
    plain = register(app, redirect_uris=[ONE])
    assert subject(alice, web) == subject(alice, phone) != subject(alice, plain)


@spec("OpenID Connect Registration", "5", "the sector document is fetched and must list every redirect URI")
@pytest.mark.parametrize(
    ("document", "status"), [([ONE], 200), ({"uris": [ONE, TWO]}, 200), ("x", 200), ([ONE, TWO], 404), ([7, None], 200)]
)
def test_bad_sector_document_is_refused(app: Flask, party: RelyingParty, document: Any, status: int) -> None:
    party.document, party.status = document, status
    with pytest.raises(InvalidClientMetadata, match="sector_identifier_uri") as refused:
        register(app, redirect_uris=[ONE, TWO], sector_identifier_uri=party.url)
    assert refused.value.code == "invalid_client_metadata"


@pytest.mark.parametrize("uri", ["http://10.0.0.1/s.json", "https://127.0.0.1/s.json", "ftp://x.example/", 7])
def test_sector_address_that_may_not_be_called_is_refused(app: Flask, uri: object) -> None:
    with pytest.raises(InvalidClientMetadata, match="sector_identifier_uri"):
        register(app, redirect_uris=[ONE], sector_identifier_uri=uri)


@spec(CORE, "5.3.2", "UserInfo is signed for a client that asks: application/jwt with iss and aud, no nonce")
@pytest.mark.parametrize("alg", ["RS256", "ES256", "PS256"])
def test_userinfo_is_signed_on_wish(alice: Person, app: Flask, verified: Verified, alg: str) -> None:
    partner = register(app, userinfo_signed_response_alg=alg)
    assert alg in partner.http.get("/.well-known/openid-configuration").json["userinfo_signing_alg_values_supported"]
    tokens = mint_tokens(partner, alice, scope="openid profile")
    answer = partner.call("GET", "/userinfo", tokens["access_token"])
    assert answer.mimetype == "application/jwt"
    assert answer.headers["Cache-Control"] == "no-store"
    header, claims = verified(partner, answer.text)
    assert header["alg"] == alg
    assert claims["iss"] == "http://localhost"
    assert claims["aud"] == partner.client_id
    assert claims["sub"] == tokens["subject"]
    assert claims["given_name"] == "Alice"
    assert "nonce" not in claims


@pytest.mark.parametrize("alg", ["none", "HS256", 7])
def test_userinfo_is_signed_by_our_algorithms_only(app: Flask, alg: object) -> None:
    with pytest.raises(InvalidClientMetadata, match="userinfo_signed_response_alg"):
        register(app, userinfo_signed_response_alg=alg)
