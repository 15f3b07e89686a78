"""The Python library idpyoidc as a relying party behind the TLS front: by registering itself, and as registered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from idpyoidc.client.oauth2.stand_alone_client import StandAloneClient, backchannel_logout
from idpyoidc.client.rp_handler import RPHandler

from authz.notifications import worker
from tests.actors import Partner, Person
from tests.fakes.relying_party import RelyingParty, serving
from tests.peers.front import HOST, Front
from tests.peers.walk import Walker, walking
from tests.spec import spec

ISSUER = f"https://{HOST}"
HOME, GOODBYE = "https://rp.example/callback", "https://rp.example/goodbye"
SERVICES = ("provider_info_discovery.ProviderInfoDiscovery", "registration.Registration", "authorization.Authorization",
            "access_token.AccessToken", "refresh_access_token.RefreshAccessToken", "userinfo.UserInfo",
            "end_session.EndSession")  # fmt: skip
PKCE = {"function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
        "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"}}  # fmt: skip


@pytest.fixture
def receiver() -> Iterator[RelyingParty]:
    """Give the relying party's own server, to which logout tokens go."""
    with serving() as served:
        yield served


@pytest.fixture
def front_settings(receiver: RelyingParty) -> dict[str, Any]:
    """Let anybody register, and let the server call the relying party although it is on loopback."""
    return {"registration": "open", "outbound_allow": (receiver.url.removeprefix("http://"),)}


@pytest.fixture
def http(front: tuple[Front, Flask]) -> Iterator[requests.Session]:
    """Give the relying party its connection to the front."""
    with requests.Session() as session:
        front[0].lead(session)
        yield session


def discovered(http: requests.Session, **config: Any) -> Any:
    """Make the library's client, which finds the server by its issuer."""
    client_config = {
        "client_type": "oidc", "redirect_uris": [HOME], "add_ons": {"pkce": PKCE},
        "client_authn_methods": ["client_secret_basic"],
        "preference": {"response_types_supported": ["code"],
                       "token_endpoint_auth_methods_supported": ["client_secret_basic"]},
    }  # fmt: skip
    handler = RPHandler(
        "https://rp.example",
        client_configs={"": client_config | config},
        services={name.partition(".")[0]: {"class": f"idpyoidc.client.oidc.{name}"} for name in SERVICES},
        key_conf={"key_defs": [{"type": "EC", "crv": "P-256", "use": ["sig"]}]},
        httpc=http.request,
        httpc_params={"verify": http.verify},
    )
    client: StandAloneClient = handler.init_client(ISSUER)
    client.keyjar.httpc = http.request
    assert client.do_provider_info() == ISSUER
    return client


def signs_in(client: Any, walker: Walker, scope: str, consents: list[str]) -> dict[str, Any]:
    """Go from the library's address through the pages and back to the library."""
    back = walker.allows(client.init_authorization(req_args={"scope": scope.split()}), consents=consents)
    answer = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    found: dict[str, Any] = client.finalize(answer)
    assert "error" not in found
    assert found["userinfo"]["sub"] == found["id_token"]["sub"]
    return found


@spec(
    "OpenID Connect Registration", "3.1", "a library registers itself, is given what it asked for, and signs people in"
)
@spec("OpenID Connect RP-Initiated Logout", "2", "a library signs the person out and has them back at its address")
@spec("OpenID Connect Back-Channel Logout", "2.6", "a library takes the logout token and knows whose session is over")
def test_library_registers_itself_and_hears_of_the_logout(
    front: tuple[Front, Flask], http: requests.Session, receiver: RelyingParty, alice: Person
) -> None:
    wishes = {"backchannel_logout_uri": receiver.url + "/bye", "backchannel_logout_session_required": True}
    client = discovered(http, client_name="Clinic", **wishes)
    # The library reads the scope of the answer as one word.
    client.do_client_registration(request_args={"scope": "openid", "post_logout_redirect_uris": [GOODBYE]})
    registered = client.get_context().registration_response
    assert {name: registered[name] for name in wishes} == wishes
    with walking(alice, ISSUER, front[0]) as walker:
        found = signs_in(client, walker, "openid", [])
        assert walker.visits(client.logout(found["state"], GOODBYE)["url"]).startswith(GOODBYE)
        assert "login" in walker.visits(f"{ISSUER}/home/services")
    worker.run(front[1], once=True)
    assert backchannel_logout(client, request_args={"logout_token": receiver.logout_tokens[0]}) == found["state"]


@spec("OpenID Connect Core", "12", "a library refreshes, and reads with the new token")
def test_registered_library_refreshes(
    front: tuple[Front, Flask], http: requests.Session, clinic: Partner, alice: Person
) -> None:
    client = discovered(
        http, client_id=clinic.client_id, client_secret=clinic.secret, redirect_uris=[clinic.redirect_uri]
    )
    client.do_client_registration()
    with walking(alice, ISSUER, front[0]) as walker:
        found = signs_in(client, walker, "openid profile offline_access", ["profile"])
    assert found["userinfo"]["given_name"] == "Alice"
    renewed = client.refresh_access_token(found["state"])
    assert renewed["access_token"] != found["token"]
    assert client.get_user_info(found["state"])["sub"] == found["userinfo"]["sub"]
