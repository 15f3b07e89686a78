"""What the config, form post and dynamic plans look at beyond the basic one, walked as their clients do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from joserfc.jwk import ECKey

from tests.actors import ISSUER, Forms, Partner, Person, claims_of, params_of
from tests.fakes.key_server import KeyServer, serving
from tests.protocol.oidc.conftest import agreed
from tests.protocol.oidc.test_basic_plan import DESCRIPTION, asked, static
from tests.registering import invited, manages, registers
from tests.signing import JWT_BEARER, assertion
from tests.spec import spec

CORE = "OpenID Connect Core"
FORM_POST = "OAuth 2.0 Form Post Response Mode"
# As registered for metadata of authorization servers (RFC 8414 §7.1, OpenID Connect Discovery and its extensions).
MEMBERS = """
issuer authorization_endpoint token_endpoint jwks_uri registration_endpoint scopes_supported userinfo_endpoint
response_types_supported response_modes_supported grant_types_supported token_endpoint_auth_methods_supported
token_endpoint_auth_signing_alg_values_supported service_documentation ui_locales_supported op_policy_uri op_tos_uri
revocation_endpoint revocation_endpoint_auth_methods_supported revocation_endpoint_auth_signing_alg_values_supported
introspection_endpoint introspection_endpoint_auth_methods_supported signed_metadata claims_supported
acr_values_supported introspection_endpoint_auth_signing_alg_values_supported code_challenge_methods_supported
device_authorization_endpoint tls_client_certificate_bound_access_tokens mtls_endpoint_aliases
request_parameter_supported claim_types_supported request_uri_parameter_supported require_request_uri_registration
require_signed_request_object display_values_supported request_object_signing_alg_values_supported
pushed_authorization_request_endpoint require_pushed_authorization_requests introspection_signing_alg_values_supported
authorization_response_iss_parameter_supported prompt_values_supported authorization_signing_alg_values_supported
authorization_details_types_supported dpop_signing_alg_values_supported subject_types_supported
id_token_signing_alg_values_supported userinfo_signing_alg_values_supported end_session_endpoint
claims_locales_supported claims_parameter_supported backchannel_logout_supported backchannel_logout_session_supported
protected_resources client_id_metadata_document_supported
""".split()


@spec("OpenID Connect Discovery", "3", "every member is a registered one, addresses are https, and no list is empty")
def test_config_plan(make_app: Callable[..., Flask]) -> None:
    app = make_app(issuer="https://space.example", registration="token")
    answer: Any = app.test_client().get("/.well-known/openid-configuration")
    found = answer.json
    assert answer.mimetype == "application/json"
    assert found["issuer"] == "https://space.example"
    assert set(found) <= set(MEMBERS)
    assert all(value.startswith("https://") for name, value in found.items() if re.search("_endpoint$|_uri$", name))
    assert [name for name, value in found.items() if value == []] == []
    assert all(re.fullmatch("[a-z]{2}(-[A-Z]{2})?", locale) for locale in found["ui_locales_supported"])
    assert all(re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]+", scope) for scope in found["scopes_supported"])
    assert "RS256" in found["id_token_signing_alg_values_supported"]


@spec(FORM_POST, "2", "an error is posted too, with its state, in allowed characters, and with nothing else")
@pytest.mark.parametrize(
    "changes", [{"response_type": None}, {"prompt": "none"}, {"claims": "["}, {"scope": "nothing"}, {"request": "x"}]
)
def test_formpost_plan(alice: Person, app: Flask, changes: dict[str, str | None]) -> None:
    partner = static(app, "two", "https://suite.example/test/a/callback?dummy1=lorem&dummy2=ipsum")
    page = alice.get(asked(partner, **{"response_mode": "form_post"} | changes))
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "Location" not in page.headers
    form = Forms(page.text)
    assert form.actions["form-post"] == partner.redirect_uri
    told = {name: values[0] for name, values in form.found["form-post"].items()}
    assert set(told) == {"error", "error_description", "state", "iss"}
    assert told["state"] == partner.state
    assert DESCRIPTION.fullmatch(told["error_description"])
    assert '<form id="form-post" method="post"' in page.text
    assert "<button" in page.text, "without script there is something to press"


@pytest.fixture
def published() -> Iterator[KeyServer]:
    """Give the client's web server."""
    with serving() as server:
        yield server


@spec(
    "OpenID Connect Registration",
    "3.1",
    "a client of the dynamic plan registers, signs people in, changes its key, goes",
)
def test_dynamic_plan(alice: Person, make_app: Callable[..., Flask], published: KeyServer) -> None:
    app = make_app(registration="token", outbound_allow=("127.0.0.1",))
    old, new = ECKey.generate_key("P-256", {"kid": "old"}), ECKey.generate_key("P-256", {"kid": "new"})
    published.publish(old)
    told = registers(
        app, invited(app, profile="oidc", pkce_required=False), jwks_uri=published.url, software_statement=None,
        token_endpoint_auth_method="private_key_jwt", userinfo_signed_response_alg="RS256", scope="openid profile",
        id_token_signed_response_alg="RS256",
    ).json  # fmt: skip
    assert told["registration_client_uri"].startswith(ISSUER)
    partner = Partner(app, told["client_id"], None, told["redirect_uris"][0], scope="openid profile")
    proven = {"key": old, "iss": partner.client_id, "sub": partner.client_id, "aud": ISSUER + "/token"}

    def post(path: str, **form: str) -> Any:
        proof = {"client_assertion_type": JWT_BEARER, "client_assertion": assertion(**proven)}
        return partner.http.post(path, data=form | proof)

    sign_in = alice.get(asked(partner))
    page = alice.passes_sign_in(sign_in)
    for linked in ("tos_uri", "policy_uri"):
        for shown in (sign_in, page):
            assert f'href="{told[linked]}"' in shown.text
    code = params_of(agreed(alice, page, consents=["profile"]))["code"]
    tokens = post("/token", grant_type="authorization_code", code=code, redirect_uri=partner.redirect_uri).json
    shared = partner.call("GET", "/userinfo", tokens["access_token"])
    assert shared.mimetype == "application/jwt"
    claims = claims_of(shared.text)
    assert (claims["iss"], claims["aud"]) == (ISSUER, partner.client_id)
    assert claims["sub"] == claims_of(tokens["id_token"])["sub"]
    published.publish(new)
    proven["key"] = new
    renewed = post("/token", grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert renewed.status_code == 200, renewed.text
    unnamed = alice.browser.get(asked(partner, redirect_uri=None))
    assert unnamed.status_code == 400, "of two addresses none is meant by leaving it out"
    assert manages(app, "DELETE", told).status_code == 204
    assert app.test_client().get(asked(partner)).status_code == 400


@spec(CORE, "3.1.2.1", "parameters and scopes may come in any order")
def test_order_does_not_matter(alice: Person, app: Flask) -> None:
    partner = static(app, "one", "https://suite.example/test/a/callback")
    path, _, query = asked(partner, scope="email profile openid").partition("?")
    turned = "&".join(reversed(query.split("&")))
    page = alice.passes_sign_in(alice.get(f"{path}?{turned}"))
    assert "code" in params_of(agreed(alice, page, consents=["profile", "email"]))
