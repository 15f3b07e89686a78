"""Upstream providers that lie, and strangers who play with their answers: nobody is let in, and the request goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.clock import Clock
from tests.fakes.openid_provider import Upstream, by_public_key, rsa_key, unsigned
from tests.flows.upstream.visits import Visitor, asked
from tests.spec import spec

CORE = "OpenID Connect Core 1.0"
Change = Callable[[dict[str, Any]], dict[str, Any]]
WRONG_ID_TOKENS: tuple[dict[str, Any], ...] = (
    {"iss": "https://elsewhere.example"},
    {"iss": None},
    {"aud": "another-client"},
    {"aud": ["appairage", "another-client"]},
    {"aud": []},
    {"azp": "another-client"},
    {"exp": 1},
    {"exp": None},
    {"exp": "soon"},
    {"iat": 1},
    {"iat": None},
    {"iat": True},
    {"iat": 9999999999},
    {"nonce": "n-of-somebody-else"},
    {"nonce": None},
    {"sub": ""},
    {"sub": None},
    {"sub": 7},
    {"sub": "s" * 256},
    {"sub": "pairwise-é"},
    {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    {"auth_time": 1},
    {"auth_time": "now"},
    {"auth_time": 9999999999},
)
WRONG_METADATA: tuple[dict[str, Any], ...] = (
    {"issuer": "https://elsewhere.example"},
    {"issuer": None},
    {"token_endpoint": "http://169.254.169.254/latest/meta-data"},
    {"token_endpoint": "http://localhost/token"},
    {"token_endpoint": "file:///etc/passwd"},
    {"jwks_uri": "http://10.0.0.1/jwks"},
    {"jwks_uri": ["https://a.example"]},
    {"userinfo_endpoint": "https://user:word@a.example/"},
    {"userinfo_endpoint": None},
    {"authorization_endpoint": "javascript:alert(1)"},
    {"authorization_endpoint": "data:text/html,x"},
    {"authorization_endpoint": "http://elsewhere.example/"},
    {"authorization_endpoint": "https://a.example/#there"},
)
WRONG_USERINFO: tuple[dict[str, Any], ...] = (
    {"sub": "pairwise-mallory"},
    {"sub": None},
    {"iss": "https://elsewhere.example"},
    {"aud": "another-client"},
    {"exp": 1},
    {"exp": "never"},
    {"nonce": "an ID token, then"},
)


@pytest.fixture
def linked(her: Visitor, upstream: Upstream) -> Visitor:
    """Give Alice, linked, in a browser that is signed in nowhere."""
    her.links(upstream)
    her.starts_over()
    return her


def _is_refused(visitor: Visitor, upstream: Upstream, status: int = 502, **changes: str) -> str:
    """See that an answer signs nobody in, and says so on a page; returns the request, which is still open."""
    page = visitor.goes(upstream, None, **changes)
    assert page.status_code == status, page.text
    assert page.mimetype == "text/html"
    assert visitor.person.browser.get("/home/measures").status_code == 303
    return page.text.partition("/pair/")[2].partition("/")[0]


def _is_turned_away(visitor: Visitor, upstream: Upstream, status: int = 502, **changes: str) -> None:
    """See that an answer signs nobody in, and that the request goes on another way."""
    interaction_id = _is_refused(visitor, upstream, status, **changes)
    page = visitor.person.get(f"/pair/{interaction_id}/login")
    assert visitor.person.passes_sign_in(page).request.path == "/home/measures"


def _changed(change: dict[str, Any]) -> Change:
    return lambda claims: {name: value for name, value in (claims | change).items() if value is not None}


@spec(CORE, "3.1.3.7", "an ID token for another, by another, too old, or with another nonce is refused")
def test_id_token_that_does_not_hold_signs_nobody_in(linked: Visitor, upstream: Upstream) -> None:
    for change in WRONG_ID_TOKENS:
        upstream.id_token = _changed(change)
        _is_refused(linked, upstream)
    _is_turned_away(linked, upstream)


@spec(CORE, "3.1.3.7", "the algorithm is the one that was agreed on, whatever the header says")
def test_id_token_that_another_could_have_signed_signs_nobody_in(linked: Visitor, upstream: Upstream) -> None:
    stranger = Upstream()
    forgers = [unsigned, by_public_key(upstream), stranger.sign, lambda claims: upstream.sign(claims, typ="at+jwt")]
    for forger in [*forgers, lambda _claims: ""]:
        upstream.signs = forger
        _is_refused(linked, upstream)
    _is_turned_away(linked, upstream)


def test_algorithm_that_is_not_set_signs_nobody_in(her: Visitor, upstream: Upstream) -> None:
    """A key of the provider's own is not enough: PS256 is not among what is set."""
    upstream.key, upstream.algorithm = rsa_key("PS256"), "PS256"
    _is_turned_away(her, upstream)


def test_key_that_was_changed_there_is_fetched_anew(linked: Visitor, upstream: Upstream) -> None:
    upstream.key, upstream.algorithm = rsa_key(), "RS256"
    assert linked.goes(upstream).request.path.endswith("/second-factor")


def test_made_up_names_of_keys_do_not_have_them_fetched_each_time(linked: Visitor, upstream: Upstream) -> None:
    before = upstream.asked.count("jwks")
    upstream.signs = lambda claims: upstream.sign(claims, kid=f"made-up-{time.monotonic_ns()}")
    for _ in range(6):
        assert linked.goes(upstream).status_code == 502
    assert upstream.asked.count("jwks") - before <= 3


@spec(CORE, "5.3.2", "the subject of UserInfo is that of the ID token, or its claims are not used")
def test_userinfo_of_somebody_else_or_for_somebody_else_is_refused(linked: Visitor, upstream: Upstream) -> None:
    for change in WRONG_USERINFO:
        upstream.userinfo = _changed(change)
        _is_refused(linked, upstream)
    _is_turned_away(linked, upstream)


@spec(CORE, "5.3.4", "where UserInfo is to be signed, a plain answer is no answer")
def test_userinfo_without_its_signature_is_refused(linked: Visitor, upstream: Upstream) -> None:
    upstream.is_signed = False
    _is_turned_away(linked, upstream)


def test_userinfo_that_cannot_be_read_is_refused(her: Visitor, other_upstream: Upstream) -> None:
    other_upstream.is_signed = False
    for body in (b"", b"[]", b"{", b"[" * 100_000):
        other_upstream.bodies["userinfo"] = body
        _is_refused(her, other_upstream)


@pytest.mark.parametrize("path", ["token", "userinfo"])
def test_endpoint_that_says_no_signs_nobody_in(linked: Visitor, upstream: Upstream, path: str) -> None:
    for status in (302, 400, 401, 500):
        upstream.statuses[path] = status
        _is_refused(linked, upstream)


def test_token_answer_that_cannot_be_read_signs_nobody_in(linked: Visitor, upstream: Upstream) -> None:
    wrong = {b"no json": 503, b"[]": 502, b"{}": 502, b'{"token_type":"Bearer"}': 502}
    for body, status in wrong.items():
        upstream.bodies["token"] = body
        _is_refused(linked, upstream, status)


def test_weaker_level_than_demanded_signs_nobody_in(linked: Visitor, upstream: Upstream) -> None:
    for acr in ("eidas0", "", "EIDAS1", "loa-1", "eidas1 eidas3"):
        upstream.acr = acr
        _is_refused(linked, upstream, 403)
    upstream.id_token = _changed({"acr": None})
    _is_refused(linked, upstream, 403)


@spec(CORE, "3.1.2.1", "an age that was asked for is looked at")
def test_sign_in_there_that_is_older_than_asked_for_is_refused(her: Visitor, other_upstream: Upstream) -> None:
    other_upstream.id_token = lambda claims: claims | {"auth_time": claims["iat"] - 400}
    other_upstream.is_signed = False
    _is_turned_away(her, other_upstream)


def test_sign_in_there_without_the_age_that_was_asked_for_is_refused(her: Visitor, other_upstream: Upstream) -> None:
    other_upstream.id_token = lambda claims: {name: value for name, value in claims.items() if name != "auth_time"}
    _is_turned_away(her, other_upstream)


@spec("RFC 9207", "2.4", "an answer of another issuer, or of nobody, is refused where the provider names itself")
def test_answer_of_another_issuer_is_refused(linked: Visitor, upstream: Upstream) -> None:
    before = len(upstream.forms)
    for iss in ("", "https://elsewhere.example", "http://127.0.0.1"):
        assert linked.goes(upstream, iss=iss).status_code == 400
    assert len(upstream.forms) == before  # the code went nowhere


def test_answer_of_one_provider_is_nothing_at_the_callback_of_another(
    linked: Visitor, upstream: Upstream, other_upstream: Upstream
) -> None:
    """Mix-up: Mallory's provider would get the code that Alice's provider made."""
    answer = upstream.lets_in(linked.leaves(linked.person.get("/login"), upstream))
    crossed = answer.replace("/sign-in/fc/", "/sign-in/mallory/")
    assert linked.person.browser.get(crossed).status_code == 400
    assert other_upstream.forms == []


def test_person_of_one_provider_is_nobody_at_another(
    linked: Visitor, upstream: Upstream, other_upstream: Upstream
) -> None:
    """The same subject of another issuer is somebody else, whatever it calls itself."""
    other_upstream.is_signed = False
    other_upstream.person = dict(upstream.person)
    assert linked.goes(other_upstream).request.path.endswith("/login")
    other_upstream.id_token = lambda claims: claims | {"iss": upstream.url}
    assert linked.goes(other_upstream).status_code == 502


def test_answer_for_another_browser_signs_nobody_in(
    linked: Visitor, visitor: Callable[..., Visitor], upstream: Upstream
) -> None:
    """Login CSRF: Mallory sends Alice the answer that was made for him."""
    mallory = visitor("mallory.stranger")
    upstream.person["sub"] = "pairwise-mallory"
    answer = upstream.lets_in(mallory.leaves(mallory.person.get("/login"), upstream))
    assert linked.person.browser.get(answer).status_code == 400
    assert linked.person.browser.get("/home/measures").status_code == 303
    assert mallory.person.get(answer).request.path.endswith("/login")


def test_answer_with_a_made_up_state_signs_nobody_in(her: Visitor, upstream: Upstream) -> None:
    her.leaves(her.person.get("/login"), upstream)
    for state in ("", "x", "00000000.AAAA", "é", "a" * 5000):
        answer = her.person.browser.get("/sign-in/fc/callback", query_string={"state": state})
        assert answer.status_code == 400


def test_answer_counts_once(linked: Visitor, upstream: Upstream) -> None:
    address = linked.leaves(linked.person.get("/login"), upstream)
    answer = upstream.lets_in(address)
    assert linked.person.get(answer).request.path.endswith("/second-factor")
    asked_before = len(upstream.forms)
    assert linked.person.browser.get(answer).status_code == 400
    assert linked.person.browser.get(upstream.lets_in(address)).status_code == 400  # another code, the same state
    assert len(upstream.forms) == asked_before


def test_answer_that_comes_late_counts_no_more(linked: Visitor, upstream: Upstream, clock: Clock) -> None:
    answer = upstream.lets_in(linked.leaves(linked.person.get("/login"), upstream))
    clock.advance(minutes=10)
    assert linked.person.browser.get(answer).status_code == 400


def test_parameter_that_is_given_twice_is_refused(linked: Visitor, upstream: Upstream) -> None:
    answer = upstream.lets_in(linked.leaves(linked.person.get("/login"), upstream))
    assert linked.person.browser.get(f"{answer}&code=another").status_code == 400


def test_code_of_somebody_else_does_not_go_with_our_request(
    linked: Visitor, visitor: Callable[..., Visitor], upstream: Upstream
) -> None:
    """Code injection: the verifier of this browser's request is not that of the stolen code."""
    mallory = visitor("mallory.stranger")
    stolen = asked(upstream.lets_in(linked.leaves(linked.person.get("/login"), upstream)))["code"]
    page = mallory.goes(upstream, code=stolen)
    assert page.status_code == 502


def test_person_who_cancels_there_goes_on_here(linked: Visitor, upstream: Upstream) -> None:
    for error in ("login_required", "server_error", "temporarily_unavailable"):
        _is_refused(linked, upstream, 400, error=error, code="")
    _is_turned_away(linked, upstream, 400, error="access_denied", code="")


def test_answer_without_a_code_signs_nobody_in(linked: Visitor, upstream: Upstream) -> None:
    _is_turned_away(linked, upstream, code="")


def test_description_that_leads_where_we_never_call_is_not_used(her: Visitor, upstream: Upstream, clock: Clock) -> None:
    interaction_id = her.person.get("/login").request.path.split("/")[2]
    for metadata in WRONG_METADATA:
        upstream.metadata = metadata
        clock.advance(seconds=61)  # else what was asked for lately is not asked for again
        answer = her.person.browser.get(f"/pair/{interaction_id}/provider?name=fc")
        assert answer.status_code == 503, metadata
        assert "Location" not in answer.headers


def test_endpoint_with_a_public_name_and_a_private_address_is_not_called(
    her: Visitor, upstream: Upstream, make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSRF: what counts is the address that is connected to, not how it is called."""
    called: list[str] = []
    monkeypatch.setattr("socket.getaddrinfo", _resolving(called))
    upstream.metadata = {"token_endpoint": "https://token.public.example/token"}
    assert her.goes(upstream).status_code == 503
    assert "token.public.example" in called


def _resolving(called: list[str]) -> Callable[..., Any]:
    import socket

    real = socket.getaddrinfo

    def resolve(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        called.append(host)
        return real("127.0.0.1" if host.endswith(".example") else host, port, *args, **kwargs)

    return resolve


def test_provider_that_is_down_is_said_to_be_and_the_password_still_works(
    her: Visitor, upstream: Upstream, clock: Clock
) -> None:
    upstream.statuses[".well-known/openid-configuration"] = 500
    page = her.person.get("/login")
    answer = her.person.browser.get(f"/pair/{page.request.path.split('/')[2]}/provider?name=fc")
    assert answer.status_code == 503
    assert "FranceConnect ne répond pas" in answer.text
    assert her.person.passes_sign_in(page).request.path == "/home/measures"
    upstream.statuses.clear()
    clock.advance(minutes=2)
    her.starts_over()
    assert her.goes(upstream).request.path.endswith("/login")


def test_who_opens_the_way_there_without_end_is_stopped(
    her: Visitor, upstream: Upstream, make_app: Callable[..., Flask]
) -> None:
    before = upstream.asked.count(".well-known/openid-configuration")
    for _ in range(5):
        her.leaves(her.person.get("/login"), upstream)
    assert upstream.asked.count(".well-known/openid-configuration") - before == 1


def test_half_letters_in_what_is_told_of_a_person_break_no_page(her: Visitor, other_upstream: Upstream) -> None:
    """JSON can spell them; neither the page that asks whether to link nor the one of the linked identity can."""
    other_upstream.is_signed = False
    other_upstream.person |= {"given_name": "Alice \ud800", "preferred_username": "\udfff"}
    page = her.links(other_upstream)
    assert page.status_code == 200
    (one,) = her.linked
    assert her.person.get(f"/home/security/identities/{one.id}").status_code == 200
