"""Whatever a request says, nobody is sent to an address that is not registered for the app it names."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.actors import ISSUER, Forms, Partner, Person, claims_of
from tests.cast import register
from tests.minting import mint_tokens
from tests.spec import spec

HOME, OTHER, GOODBYE = (
    "https://clinic.example/callback",
    "https://clinic.example/other?a=b",
    "https://clinic.example/bye",
)
EVIL = "evil.example"
LOOPBACK = "http://127.0.0.1/cb"
ANSWER = {"code", "state", "iss", "error", "error_description", "response"}
PIECES = st.sampled_from(
    ["", "/", "//", "\\", "@", ":", ":443", ".", "..", "/..", "%2f", "%5c", "%00", "#", "?", "&", "?a=b", " ", "\t",
     "\n", EVIL, f"@{EVIL}", f".{EVIL}", f"//{EVIL}", "https:", "http://", "javascript:", "CLINIC", "é", "\u3002",
     "\u2044", "*"]
)  # fmt: skip


@st.composite
def near(draw: st.DrawFn, address: str) -> str:
    """Draw an address that looks like a registered one: cut somewhere, with something put in."""
    start, end = sorted((draw(st.integers(0, len(address))), draw(st.integers(0, len(address)))))
    cut = draw(st.sampled_from([address, address[:start] + address[end:], address[:start], address[start:]]))
    at = draw(st.integers(0, len(cut)))
    return cut[:at] + draw(PIECES) + draw(PIECES) + cut[at:]


REQUESTS = st.fixed_dictionaries(
    {"redirect_uri": near(HOME) | near(OTHER) | st.just(HOME) | st.just(OTHER) | st.text(max_size=30)},
    optional={
        "response_mode": st.sampled_from(["query", "form_post", "jwt", "query.jwt", "form_post.jwt", "fragment", "x"]),
        "response_type": st.sampled_from(["code", "token", "id_token", "none", ""]),
        "prompt": st.sampled_from(["none", "login", "consent", "none login", "x"]),
        "scope": st.sampled_from(["openid", "openid profile", "nothing", ""]),
        "state": near(HOME),
        "max_age": st.sampled_from(["0", "-1", "x", "9" * 30]),
        "request_uri": near(HOME),
        "request": near("a.b.c"),
        "id_token_hint": near("a.b.c"),
        "code": st.just("planted"),
    },
)  # fmt: skip


RIGHT = st.fixed_dictionaries({"redirect_uri": st.sampled_from([HOME, OTHER])})


def leaves_for(page: Any) -> list[str]:
    """Return the addresses outside of the space that a page sends a browser to, by itself or by one press."""
    found = [urljoin(ISSUER, page.headers["Location"])] if "Location" in page.headers else []
    if page.mimetype == "text/html":
        found += [urljoin(ISSUER, action) for action in Forms(page.text).actions.values()]
    return [address for address in found if not address.startswith(ISSUER + "/") and address != ISSUER]


def bare(address: str) -> str:
    """Return the address without the answer that was put into its query."""
    parts = urlsplit(address)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in ANSWER]
    return parts._replace(query=urlencode(kept)).geturl()


def ends(browser: Any, page: Any) -> set[str]:
    """Follow a page inside the space; return the addresses outside that it leads to in the end."""
    for _ in range(5):
        left = {bare(address) for address in leaves_for(page)}
        if "Location" not in page.headers or left:
            break
        page = browser.get(page.headers["Location"])
    return left


@spec("RFC 9700", "4.1.3", "no redirect ever leaves to an unregistered address, whatever is asked")
def test_nobody_is_sent_to_an_address_that_is_not_registered(alice: Person, clinic: Partner) -> None:
    app = register(alice.app, profile="oidc", client_name="Clinic", redirect_uris=[HOME, OTHER])
    app.redirect_uri = HOME
    alice.signs_in()
    app.scope = "openid"
    alice.decides(alice.arrives_at_consent(app))
    reached: set[str] = set()

    @settings(max_examples=300, suppress_health_check=list(HealthCheck), database=None)
    @given(request=REQUESTS, is_form=st.booleans(), is_known=st.booleans())
    def check(request: dict[str, str], is_form: bool, is_known: bool) -> None:
        browser = alice.browser if is_known else alice.app.test_client()
        query = urlsplit(app.address(**request)).query
        page = (
            browser.post("/authorize", data=dict(parse_qsl(query))) if is_form else browser.get(f"/authorize?{query}")
        )
        left = ends(browser, page)
        assert left <= {HOME, OTHER}
        reached.update(left)

    check()
    assert reached == {HOME, OTHER}, "what is registered was reached, so the test would see it"


@spec("RFC 9126", "2.1", "no request that was pushed leads to an unregistered address, whatever stands beside it")
def test_no_pushed_request_leads_to_an_address_that_is_not_registered(alice: Person, clinic: Partner) -> None:
    app = register(alice.app, profile="oidc", client_name="Clinic", redirect_uris=[HOME, OTHER])
    app.redirect_uri, app.scope = HOME, "openid"
    alice.signs_in()
    alice.decides(alice.arrives_at_consent(app))
    reached: set[str] = set()

    @settings(max_examples=150, suppress_health_check=list(HealthCheck), database=None)
    @given(request=REQUESTS | RIGHT, beside=near(HOME), is_known=st.booleans())
    def check(request: dict[str, str], beside: str, is_known: bool) -> None:
        pushed = app.post("/par", **dict(parse_qsl(urlsplit(app.address(**request)).query)))
        uri = pushed.json["request_uri"] if pushed.status_code == 201 else "urn:ietf:params:oauth:request_uri:x"
        browser = alice.browser if is_known else alice.app.test_client()
        query = {"client_id": app.client_id, "request_uri": uri, "redirect_uri": beside}
        left = ends(browser, browser.get("/authorize", query_string=query))
        assert left <= {HOME, OTHER}
        reached.update(left)

    check()
    assert reached == {HOME, OTHER}


@spec("RFC 8252", "7.3", "a native app's loopback address counts at any port, and at no other host or path")
def test_nobody_is_sent_further_than_to_the_phone_itself(alice: Person) -> None:
    app = register(alice.app, application_type="native", redirect_uris=[LOOPBACK], token_endpoint_auth_method="none")
    reached: set[str] = set()
    ports = st.integers(1, 65535).map(lambda port: LOOPBACK.replace("/cb", f":{port}/cb"))

    @settings(max_examples=150, suppress_health_check=list(HealthCheck), database=None)
    @given(uri=near(LOOPBACK) | ports | ports.flatmap(near))
    def check(uri: str) -> None:
        browser = alice.app.test_client()
        for address in ends(browser, browser.get(app.address(redirect_uri=uri, response_type="x"))):
            parts = urlsplit(address)
            assert (parts.scheme, parts.hostname, parts.path, parts.query, parts.username) == (
                "http", "127.0.0.1", "/cb", "", None
            )  # fmt: skip
            reached.add(address)

    check()
    assert len(reached) > 3


@spec("OpenID Connect RP-Initiated Logout", "3", "no logout ever leads to an unregistered address, whatever is asked")
def test_no_logout_leads_to_an_address_that_is_not_registered(alice: Person) -> None:
    app = register(alice.app, redirect_uris=[HOME], post_logout_redirect_uris=[GOODBYE])
    hint = mint_tokens(app, alice, scope="openid")["id_token"]
    assert claims_of(hint)["aud"] == app.client_id
    reached: set[str] = set()
    wishes = st.fixed_dictionaries(
        {"post_logout_redirect_uri": near(GOODBYE) | st.just(GOODBYE) | st.just(HOME)},
        optional={"id_token_hint": st.just(hint) | near(hint[-40:]), "state": near(GOODBYE), "wish": near("a.b"),
                  "client_id": st.just(app.client_id) | st.just("x")},
    )  # fmt: skip

    @settings(max_examples=200, suppress_health_check=list(HealthCheck), database=None)
    @given(wish=wishes, is_form=st.booleans())
    def check(wish: dict[str, str], is_form: bool) -> None:
        browser = alice.app.test_client()
        page = browser.post("/end_session", data=wish) if is_form else browser.get("/end_session", query_string=wish)
        while "Location" in page.headers and not leaves_for(page):
            page = browser.get(page.headers["Location"])
        left = {bare(address) for address in leaves_for(page)}
        assert left <= {GOODBYE}
        reached.update(left)

    check()
    assert reached == {GOODBYE}
