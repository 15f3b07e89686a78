"""What a client may register about how it proves itself, by its security profile."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from joserfc.jwk import ECKey, RSAKey

from authz.clients.metadata import InvalidClientMetadata, complete
from authz.clients.models import RegisteredClient
from authz.clients.profiles import PROFILES, SecurityProfile

KEYS = {"keys": [ECKey.generate_key("P-256").as_dict(private=False)]}
PRIVATE = {"keys": [ECKey.generate_key("P-256").as_dict(private=True)]}
PRIVATE_RSA = {"keys": [RSAKey.generate_key(2048).as_dict(private=True)]}
SHORT = {"keys": [{"kty": "RSA", "e": "AQAB", "n": "u1W2" * 40}]}
FAPI = {"profile": "fapi2", "jwks": KEYS}
BY_NAME = {"token_endpoint_auth_method": "tls_client_auth"}
OWN = {"token_endpoint_auth_method": "self_signed_tls_client_auth"}


def kept(app: Flask, **registration: Any) -> dict[str, Any]:
    """Return the metadata that comes of a registration."""
    with app.app_context():
        return complete({"redirect_uris": ["https://x.example/cb"]} | registration, known_scopes=["openid"])


def test_fapi_client_gets_the_defaults_of_its_profile(app: Flask) -> None:
    metadata = kept(app, **FAPI)
    assert metadata["token_endpoint_auth_method"] == "private_key_jwt"
    assert metadata["id_token_signed_response_alg"] == "PS256"
    assert metadata["dpop_bound_access_tokens"] is True
    by_certificate = kept(app, **FAPI, tls_client_certificate_bound_access_tokens=True)
    assert "dpop_bound_access_tokens" not in by_certificate
    assert "dpop_bound_access_tokens" not in kept(app)
    assert kept(app)["id_token_signed_response_alg"] == "RS256"


@pytest.mark.parametrize(
    ("registration", "problem"),
    [
        (FAPI | {"token_endpoint_auth_method": "client_secret_basic"}, "token_endpoint_auth_method of profile fapi2"),
        (FAPI | {"token_endpoint_auth_method": "none"}, "token_endpoint_auth_method of profile fapi2"),
        (FAPI | {"dpop_bound_access_tokens": False}, "must bind tokens"),
        (FAPI | {"dpop_bound_access_tokens": True, "tls_client_certificate_bound_access_tokens": True}, "not to both"),
        (FAPI | {"id_token_signed_response_alg": "RS256"}, "id_token_signed_response_alg of profile fapi2"),
        (FAPI | {"token_endpoint_auth_signing_alg": "RS256"}, "token_endpoint_auth_signing_alg of profile fapi2"),
        (FAPI | {"request_object_signing_alg": "none"}, "request_object_signing_alg of profile fapi2"),
        (FAPI | {"authorization_signed_response_alg": "RS256"}, "authorization_signed_response_alg of profile fapi2"),
        ({"profile": "fapi2"}, "needs jwks or jwks_uri"),
        ({"profile": "nothing"}, "profile must be one of"),
        ({"profile": "smart", "dpop_bound_access_tokens": True}, "does not bind tokens"),
        ({"jwks": KEYS, "jwks_uri": "https://x.example/jwks"}, "exclude each other"),
        ({"jwks": PRIVATE}, "no private one"),
        ({"jwks": PRIVATE_RSA}, "no private one"),
        ({"jwks": SHORT}, "2048 bits"),
        ({"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}}, "no private one"),
        ({"jwks": {"keys": [{"kty": "RSA", "n": "é"}]}}, "2048 bits"),
        ({"jwks": {"keys": KEYS["keys"] * 21}}, "at most 20"),
        ({"jwks": {"keys": []}}, "public keys"),
        ({"jwks": []}, "public keys"),
        ({"jwks": {"keys": [7]}}, "public keys"),
        ({"jwks_uri": 7}, "jwks_uri must be a string"),
        ({"jwks_uri": "http://x.example/jwks"}, "jwks_uri must be a public https address"),
        ({"jwks_uri": "https://user@x.example/jwks"}, "jwks_uri must be a public https address"),
        ({"dpop_bound_access_tokens": "yes"}, "must be true or false"),
        (BY_NAME, "exactly one of"),
        (BY_NAME | {"tls_client_auth_san_dns": "a", "tls_client_auth_san_ip": "192.0.2.1"}, "exactly one of"),
        ({"tls_client_auth_san_dns": "a"}, "which no other method has"),
        (BY_NAME | {"tls_client_auth_subject_dn": "gluco"}, "not a name of its kind"),
        (BY_NAME | {"tls_client_auth_san_ip": "192.0.2"}, "not a name of its kind"),
        (BY_NAME | {"tls_client_auth_san_ip": "2001:DB8::1"}, "not a name of its kind"),
        (BY_NAME | {"tls_client_auth_san_dns": ""}, "not a name of its kind"),
        (OWN, "needs jwks or jwks_uri"),
        (OWN | {"jwks": KEYS}, "x5c or x5t#S256"),
    ],
)
def test_operator_is_told_what_does_not_go_together(app: Flask, registration: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidClientMetadata, match=problem.replace("#", "\\#")):
        kept(app, **registration)


@pytest.mark.parametrize(
    "registration",
    [
        {"jwks_uri": "https://x.example/jwks", "token_endpoint_auth_method": "private_key_jwt"},
        OWN | {"jwks_uri": "https://x.example/jwks"},
        BY_NAME | {"tls_client_auth_san_ip": "2001:db8::1"},
        BY_NAME | {"tls_client_auth_subject_dn": "CN=gluco,O=Gluco SAS,C=FR"},
        {"profile": "smart", "token_endpoint_auth_method": "none"},
    ],
)
def test_what_goes_together_is_taken(app: Flask, registration: dict[str, Any]) -> None:
    assert kept(app, **registration)["scope"] == "openid"


def client(profile: str, method: str, **metadata: Any) -> RegisteredClient:
    """Return a registered client that never was in a database."""
    found: SecurityProfile = PROFILES[profile]
    return RegisteredClient("c", None, found, None, "active", {"token_endpoint_auth_method": method} | metadata)


@pytest.mark.parametrize(
    ("profile", "method", "metadata", "rotates"),
    [
        ("oauth21", "none", {}, True),
        ("oauth21", "none", {"dpop_bound_access_tokens": True}, True),
        ("oauth21", "client_secret_basic", {}, True),
        ("oauth21", "client_secret_basic", {"rotate_refresh_tokens": False}, False),
        ("oauth21", "client_secret_basic", {"dpop_bound_access_tokens": True}, False),
        ("oauth21", "private_key_jwt", {}, False),
        ("oauth21", "private_key_jwt", {"rotate_refresh_tokens": True}, True),
        ("fapi2", "private_key_jwt", {"dpop_bound_access_tokens": True, "rotate_refresh_tokens": True}, False),
        ("fapi2", "tls_client_auth", {"tls_client_certificate_bound_access_tokens": True}, False),
        ("smart", "none", {}, True),
        ("smart", "private_key_jwt", {}, False),
    ],
)
def test_who_gets_a_new_refresh_token_each_time(
    profile: str, method: str, metadata: dict[str, Any], rotates: bool
) -> None:
    assert client(profile, method, **metadata).rotates_refresh_tokens is rotates


def test_profile_or_registration_makes_a_client_push_and_sign() -> None:
    assert client("fapi2", "private_key_jwt").must_push
    assert not client("oauth21", "none").must_push
    assert client("oauth21", "none", require_pushed_authorization_requests=True).must_push
    assert not client("fapi2", "private_key_jwt").must_sign
    assert client("fapi2", "private_key_jwt", require_signed_request_object=True).must_sign
    assert client("fapi2", "private_key_jwt").needs_nonce
    assert not client("fapi2", "private_key_jwt", dpop_nonce_required=False).needs_nonce
