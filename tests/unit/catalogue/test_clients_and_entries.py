"""Registering clients and catalogue entries: defaults, and every problem named at once."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from authz.catalogue import entries, scopes
from authz.clients import registry
from authz.clients.metadata import InvalidClientMetadata
from authz.clients.models import RegisteredClient
from tests.actors import Partner
from tests.cast import GLUCO_ENTRY
from tests.spec import spec
from tests.standing import unit_in

PLAIN: dict[str, Any] = {"redirect_uris": ["https://app.example/cb"]}


def add(app: Flask, **metadata: Any) -> RegisteredClient:
    """Register a client."""
    with unit_in(app):
        return registry.add(PLAIN | metadata, known_scopes=scopes.KNOWN)[0]


@spec("RFC 7591", "2", "omitted metadata have the defaults of the specification")
def test_operator_registers_with_defaults(app: Flask) -> None:
    client = add(app)
    assert client.auth_method == "client_secret_basic"
    assert client.metadata["grant_types"] == ["authorization_code", "refresh_token"]
    assert client.metadata["response_types"] == ["code"]
    assert client.id_token_alg == "RS256"
    assert client.name == client.id
    assert client.get_default_redirect_uri() is None


@spec("RFC 7591", "3.2.2", "invalid metadata are refused with their reason")
@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"redirect_uris": "https://app.example"}, "must be a list of strings"),
        ({"redirect_uris": []}, "redirect_uris is needed"),
        ({"redirect_uris": ["http://app.example/cb"]}, "must be https unless"),
        ({"redirect_uris": ["https://app.example/cb#x"]}, "no fragment"),
        ({"redirect_uris": ["https://*.example/cb"]}, "wildcard"),
        ({"redirect_uris": ["https://user@app.example/cb"]}, "user name"),
        ({"redirect_uris": ["myapp:/cb"]}, "must be an https address"),
        ({"redirect_uris": ["https://[bad/cb"]}, "is not a URI"),
        ({"redirect_uris": ["https://app.example/é"]}, "non-ASCII"),
        ({"scope": 7}, "scope must be a string"),
        ({"scope": "openid everything"}, "unknown names: everything"),
        ({"profile": "lax"}, "profile must be one of"),
        ({"pkce_required": "no"}, "must be true or false"),
        ({"pkce_required": False}, "only for a confidential client of profile oidc"),
        ({"token_endpoint_auth_method": "tls"}, "must be one of"),
        ({"profile": "oidc", "token_endpoint_auth_method": "none"}, "must be one of"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "needs jwks"),
        ({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [{"d": "x"}]}}, "no private one"),
        ({"grant_types": ["password"]}, "grant_types must be of"),
        ({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "none"}, "can prove itself"),
        ({"response_types": ["token"]}, "code alone"),
        ({"id_token_signed_response_alg": "none"}, "must be one of"),
        ({"subject_type": "secret"}, "pairwise or public"),
        ({"client_id": "a b"}, "printable ASCII"),
        ({"client_id": "x" * 65}, "at most 64"),
    ],
)
def test_operator_is_told_what_is_wrong(app: Flask, metadata: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidClientMetadata) as refused:
        add(app, **metadata)
    assert words in refused.value.description


def test_client_id_is_taken_once(app: Flask) -> None:
    add(app, client_id="mine")
    with pytest.raises(InvalidClientMetadata, match="taken"):
        add(app, client_id="mine")


def test_native_app_may_use_loopback(app: Flask) -> None:
    client = add(app, redirect_uris=["http://127.0.0.1:8765/cb"], token_endpoint_auth_method="none")
    assert client.is_public
    assert client.rotates_refresh_tokens


def test_operator_suspends_resumes_and_lists(glucoapp: Partner) -> None:
    with unit_in(glucoapp.app):
        registry.set_status(glucoapp.client_id, "suspended")
    with unit_in(glucoapp.app):
        assert registry.find(glucoapp.client_id) is None
        assert registry.get(glucoapp.client_id).status == "suspended"
    with unit_in(glucoapp.app):
        registry.set_status(glucoapp.client_id, "active")
    with unit_in(glucoapp.app):
        assert [client.id for client in registry.list_all()] == [glucoapp.client_id]
        found = registry.find(glucoapp.client_id)
        assert found is not None
        assert registry.find(glucoapp.client_id) is found


def test_operator_names_a_client_that_is_not_there(app: Flask) -> None:
    for act in (registry.get, registry.rotate_secret, lambda name: registry.set_status(name, "suspended")):
        with pytest.raises(registry.UnknownClient), unit_in(app):
            act("nobody")


def test_public_client_has_no_secret_to_rotate(otherapp: Partner) -> None:
    with pytest.raises(InvalidClientMetadata), unit_in(otherapp.app):
        registry.rotate_secret(otherapp.client_id)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "catalogue_entry.name is needed"),
        ({"oid": 5}, "catalogue_entry.oid is needed"),
        ({"terms_url": "http://x.example"}, "terms_url must be an https address"),
        ({"status": "great"}, "status must be one of"),
        ({"scopes": [{"scope": "all"}]}, "known unit of consent"),
        ({"scopes": "all"}, "known unit of consent"),
        ({"logo_svg": "<svg><script>alert(1)</script></svg>"}, "must hold no script"),
    ],
)
def test_operator_is_told_what_is_wrong_with_an_entry(app: Flask, change: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidClientMetadata) as refused, unit_in(app):
        entries.put(GLUCO_ENTRY | change)
    assert words in refused.value.description


def test_patients_browse_listed_entries_only(app: Flask) -> None:
    with unit_in(app):
        entries.put(GLUCO_ENTRY | {"logo_svg": "<svg/>"})
        entries.put(GLUCO_ENTRY | {"id": "hidden", "status": "unlisted"})
    with unit_in(app):
        assert [entry.id for entry in entries.list_listed()] == ["glucoapp"]
        assert entries.logo("glucoapp") == (b"<svg/>", "image/svg+xml")
        assert entries.logo("hidden") is None
        assert entries.logo("nobody") is None


def test_client_without_entry_shows_its_own_metadata(app: Flask) -> None:
    add(app, client_id="plain", client_name="Plain", tos_uri="javascript:alert(1)", policy_uri="https://app.example/p")
    with unit_in(app):
        entry = entries.of_client(registry.get("plain"))
    assert (entry.name, entry.host, entry.terms_url, entry.privacy_url) == (
        "Plain",
        "app.example",
        "",
        "https://app.example/p",
    )
    assert entry.ask("measures.read") == entries.ScopeAsk("measures.read", False, {})


def test_every_scope_has_its_words_in_every_language() -> None:
    for name in scopes.SCOPES:
        for lang in scopes.LANGUAGES:
            text = scopes.text(name, lang)
            assert all(vars(text).values()), (name, lang)
            assert len(scopes.text_digest(name, lang)) == 64
        assert scopes.text(name, "de") == scopes.text(name, "fr")


def test_scope_covers_its_categories() -> None:
    assert scopes.covers("measures.read", "measure:weight")
    assert scopes.covers("measures.weight.write", "measure:weight")
    assert not scopes.covers("measures.weight.write", "measure:steps")
