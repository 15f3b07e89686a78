"""Signing in by somebody else's OpenID provider: the request, and the answer once everything in it holds.

OpenID Connect Core §3.1 with PKCE (RFC 7636), `iss` in the answer (RFC 9207), proof of ourselves by secret or signature
(RFC 7523), RP-Initiated Logout 1.0. Each provider has a callback of its own; what is proven is about one browser.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from authz import clock, crypto, entropy, keys, outbound, settings
from authz.errors import Refusal, Unavailable
from authz.identity import levels, pivot, providers, upstream_answers, upstream_state
from authz.identity.providers import Endpoints
from authz.identity.upstream_answers import failed
from authz.identity.upstream_refusals import UpstreamDeclined, UpstreamForeign, UpstreamUnavailable
from authz.identity.upstream_state import State
from authz.upstream import Provider

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 60
KEPT = ("family_name", "given_name", "gender", "birthdate", "birthplace", "birthcountry", "preferred_username", "name")
LONGEST_CLAIM = 200
FRESH = timedelta(minutes=10)  # for so long what is proven may still be linked


@dataclass(frozen=True)
class Proven:
    """Who somebody is at a provider, as it has just vouched for; kept only sealed. `account_id` is whom it signs in."""

    provider: str
    issuer: str
    subject: str
    acr: str
    claims: dict[str, str]
    id_token: str
    at: int
    account_id: str = ""

    def sealed(self) -> str:
        """Return this sealed, to wait in an interaction."""
        return crypto.seal("upstream-proof", json.dumps(asdict(self)))

    @property
    def is_recent(self) -> bool:
        """Whether this may still be linked to an account."""
        return self.is_within(FRESH)

    def is_within(self, age: timedelta) -> bool:
        """Tell whether this was proven no longer ago than that."""
        return clock.epoch() - self.at < age.total_seconds()

    @property
    def civil_digest(self) -> str | None:
        """What the civil identity that the provider vouches for is looked up by, if it vouches for a whole one."""
        try:
            is_civil = providers.get(self.provider).is_civil
            return pivot.digest(pivot.read(self.claims)) if is_civil else None
        except pivot.PivotRefused:
            return None

    @property
    def amr(self) -> tuple[str, ...]:
        """What the sign-in there counts for here."""
        return levels.amr_upstream(self.acr, providers.get(self.provider).two_factors)


def unsealed(text: str) -> Proven:
    """Return what was sealed to wait."""
    return Proven(**json.loads(crypto.unseal("upstream-proof", text)))


def callback_address(provider: Provider) -> str:
    """Return the address at which a provider, and no other, sends browsers back: it is registered there."""
    return f"{settings.current().issuer}/sign-in/{provider.name}/callback"


def begin(provider: Provider, interaction_id: str, *, is_fresh: bool) -> str:
    """Return where to send this browser; refuses with UpstreamUnavailable."""
    ends = providers.endpoints(provider)
    state = upstream_state.issue(provider.name, interaction_id, is_fresh=is_fresh)
    prompt = provider.prompt.split()
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": callback_address(provider),
        "scope": " ".join(provider.scopes),
        "state": state,
        "nonce": upstream_state.nonce(state),
        "code_challenge": upstream_state.challenge(state),
        "code_challenge_method": "S256",
    }
    if provider.acr:
        asked["acr_values"] = " ".join(provider.acr)
    if is_fresh and "login" not in prompt:
        prompt = ["login", *prompt]
    if prompt:
        asked["prompt"] = " ".join(prompt)
    if upstream_answers.asks_age(provider, is_fresh=is_fresh):
        asked["max_age"] = str(0 if is_fresh else provider.max_age)
    return _with_query(ends.authorization, asked)


def read_state(provider: Provider, params: Mapping[str, str]) -> State:
    """Return what this browser went there for; refuses with UpstreamForeign."""
    return upstream_state.read(params.get("state", ""), provider.name)


def finish(provider: Provider, state: State, params: Mapping[str, str]) -> Proven:
    """Turn an answer into what it proves. Calls the provider: nothing may have been written in this unit yet."""
    ends = providers.endpoints(provider)
    _check_answer(provider, ends, params)
    nonce = upstream_state.nonce(params["state"])
    tokens = _redeem(provider, ends, params["code"], upstream_state.verifier(params["state"]))
    told = upstream_answers.read_id_token(provider, ends, tokens.get("id_token"), nonce=nonce)
    upstream_answers.check_time(provider, told, begun_at=state.begun_at, is_fresh=state.is_fresh)
    acr = upstream_answers.check_level(provider, told)
    access_token = tokens.get("access_token")
    if not isinstance(access_token, str) or not access_token.isascii():
        raise failed(provider, "no access token")
    upstream_answers.check_access_token(provider, told, access_token)
    if provider.userinfo != "none":
        told = told | upstream_answers.read_userinfo(provider, ends, access_token, subject=told["sub"])
    claims = {name: _text(told[name]) for name in KEPT if isinstance(told.get(name), str)}
    upstream_state.spend(params["state"], state)
    return Proven(provider.name, provider.issuer, told["sub"], acr, claims, str(tokens["id_token"]), clock.epoch())


def _text(claim: str) -> str:
    """Return what can be written of a claim: JSON may spell halves of letters, which no page can show."""
    return claim[:LONGEST_CLAIM].encode(errors="replace").decode()


def find_end(provider: Provider) -> str:
    """Return where a provider signs browsers out; empty where it does not. May call the provider."""
    try:
        return providers.endpoints(provider).end_session if provider.logs_out else ""
    except UpstreamUnavailable:
        return ""


def end_address(end: str, id_token: str, *, state: str, back: str) -> str:
    """Return where to send a browser to be signed out at the provider (RP-Initiated Logout 1.0 §2)."""
    return _with_query(end, {"id_token_hint": id_token, "post_logout_redirect_uri": back, "state": state})


def _check_answer(provider: Provider, ends: Endpoints, params: Mapping[str, str]) -> None:
    """Refuse an answer of another provider (RFC 9207 §2.4), an error, and one without a code."""
    named = params.get("iss")
    if named != provider.issuer and (named is not None or ends.names_itself):
        raise UpstreamForeign(reason="iss")
    if "error" in params:
        raise UpstreamDeclined(reason=f"{provider.name}: {params['error'][:60]}", provider=provider.label)
    if not params.get("code"):
        raise failed(provider, "no code")


def _redeem(provider: Provider, ends: Endpoints, code: str, verifier: str) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback_address(provider),
        "code_verifier": verifier,
    }
    try:
        answer = outbound.post(ends.token, data=form | _proof(provider), headers={"Accept": "application/json"})
        tokens = answer.json()
    except (Refusal, Unavailable) as error:
        raise UpstreamUnavailable(reason=f"{provider.name}: {error}", provider=provider.label) from error
    if answer.status != 200 or not isinstance(tokens, dict) or str(tokens.get("token_type")).lower() != "bearer":
        raise failed(provider, f"token: status {answer.status}")
    return tokens


def _proof(provider: Provider) -> dict[str, str]:
    """Prove ourselves: by the secret in the form, or by a signature for this issuer alone (RFC 7523 §3)."""
    if provider.client_secret:
        return {"client_id": provider.client_id, "client_secret": provider.client_secret}
    now = clock.epoch()
    claims = {"iss": provider.client_id, "sub": provider.client_id, "aud": provider.issuer, "jti": entropy.new_id()}
    signed = keys.sign(
        claims | {"iat": now, "exp": now + ASSERTION_SECONDS}, alg="ES256", typ="client-authentication+jwt"
    )
    return {"client_id": provider.client_id, "client_assertion_type": ASSERTION, "client_assertion": signed}


def _with_query(address: str, params: Mapping[str, str]) -> str:
    parts = urlsplit(address)
    query = urlencode(params)
    return urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query))
