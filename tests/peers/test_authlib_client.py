"""Authlib's own client, as a partner's server would use it: discovery, PKCE, userinfo, refresh, introspection, end."""

from __future__ import annotations

import pytest
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask
from joserfc import jwk, jwt

from tests.actors import Partner, Person
from tests.peers.front import HOST, Front
from tests.peers.walk import walking

SCOPE = "openid profile offline_access measures.glucose.write"
VERIFIER = "authlib-keeps-this-verifier-until-the-browser-is-back-0123456789"


def test_authlib_completes_everything_it_knows(front: tuple[Front, Flask], glucoapp: Partner, alice: Person) -> None:
    with requests.Session() as http:
        front[0].lead(http)
        known = http.get(f"https://{HOST}/.well-known/openid-configuration").json()
        keys = jwk.KeySet.import_key_set(http.get(known["jwks_uri"]).json())
    with OAuth2Session(
        glucoapp.client_id,
        glucoapp.secret,
        scope=SCOPE,
        redirect_uri=glucoapp.redirect_uri,
        code_challenge_method="S256",
        token_endpoint=known["token_endpoint"],
    ) as session:
        front[0].lead(session)
        address, state = session.create_authorization_url(
            known["authorization_endpoint"], code_verifier=VERIFIER, nonce="n-1"
        )
        with walking(alice, known["issuer"], front[0]) as walker:
            callback = walker.allows(address, consents=["profile"])
        token = session.fetch_token(
            known["token_endpoint"], authorization_response=callback, code_verifier=VERIFIER, state=state
        )
        claims = jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims
        assert (claims["iss"], claims["nonce"]) == (known["issuer"], "n-1")
        userinfo = session.get(known["userinfo_endpoint"]).json()
        assert (userinfo["sub"], userinfo["given_name"]) == (claims["sub"], "Alice")
        renewed = session.refresh_token(known["token_endpoint"])
        assert renewed["refresh_token"] != token["refresh_token"]
        live = session.introspect_token(known["introspection_endpoint"], token=renewed["access_token"]).json()
        assert (live["active"], live["sub"]) == (True, claims["sub"])
        ended = session.revoke_token(
            known["revocation_endpoint"], token=renewed["refresh_token"], token_type_hint="refresh_token"
        )
        assert ended.status_code == 200
        dead = session.introspect_token(known["introspection_endpoint"], token=renewed["access_token"]).json()
        assert dead == {"active": False}
        with pytest.raises(OAuthError, match="invalid_grant"):
            session.refresh_token(known["token_endpoint"], refresh_token=renewed["refresh_token"])
