"""What a provider signs about a person, checked to the last member: the ID token, and what UserInfo adds to it.

OpenID Connect Core §3.1.3.7, §3.1.3.8, §5.3.2, §5.3.4. Algorithms are those that are set, never those of a header.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from authz import clock, crypto, outbound, remote
from authz.errors import Refusal, Unavailable
from authz.identity import levels
from authz.identity.providers import Endpoints
from authz.identity.upstream_refusals import UpstreamFailed, UpstreamTooWeak, UpstreamUnavailable
from authz.upstream import Provider

SKEW = 60  # seconds that a provider's clock may differ from ours
OLDEST = 600  # seconds since an ID token that comes straight from the token endpoint was made
LONGEST_SUBJECT = 255  # OpenID Connect Core §2
TYPES = (None, "JWT")


def failed(provider: Provider, why: str) -> UpstreamFailed:
    """Return the refusal of an answer that does not hold; the reason is for the log."""
    return UpstreamFailed(reason=f"{provider.name}: {why}", provider=provider.label)


def read_id_token(provider: Provider, ends: Endpoints, token: object, *, nonce: str) -> dict[str, Any]:
    """Return the claims of an ID token that answers our request; refuses with UpstreamFailed."""
    claims = _signed(provider, ends, token)
    now = clock.epoch()
    expires_at, issued_at = (_date(claims, name) for name in ("exp", "iat"))
    checks = {
        "iss": claims.get("iss") == provider.issuer,
        "aud": _is_for_us(provider, claims),
        "exp": expires_at is not None and now < expires_at + SKEW,
        "iat": issued_at is not None and now - OLDEST - SKEW < issued_at <= now + SKEW,
        "nonce": isinstance(claims.get("nonce"), str) and crypto.same(claims["nonce"], nonce),
        "sub": isinstance(claims.get("sub"), str)
        and 0 < len(claims["sub"]) <= LONGEST_SUBJECT
        and claims["sub"].isascii(),
    }
    wrong = [name for name, holds in checks.items() if not holds]
    if wrong:
        raise failed(provider, f"ID token: {', '.join(wrong)}")
    return claims


def check_access_token(provider: Provider, claims: Mapping[str, Any], access_token: str) -> None:
    """Refuse an access token that is not the one that the ID token was made with, where it says (§3.1.3.8)."""
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    expected = base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    if "at_hash" in claims and claims["at_hash"] != expected:
        raise failed(provider, "ID token: at_hash")


def check_level(provider: Provider, claims: Mapping[str, Any]) -> str:
    """Return the level of the sign-in there; refuses one that is none of those demanded, nor above them."""
    acr = claims.get("acr", "")
    if not isinstance(acr, str) or (provider.acr and not levels.reaches_upstream(acr, provider.acr)):
        raise UpstreamTooWeak(reason=f"{provider.name}: acr", provider=provider.label)
    return acr


def check_time(provider: Provider, claims: Mapping[str, Any], *, begun_at: int, is_fresh: bool) -> None:
    """Refuse a sign-in there that is older than we asked for (§2 `auth_time`, §3.1.2.1 `max_age`)."""
    at = _date(claims, "auth_time")
    if at is None:
        if "auth_time" in claims or asks_age(provider, is_fresh=is_fresh):
            raise failed(provider, "ID token: auth_time")
        return
    is_anew = is_fresh or "login" in provider.prompt.split()
    age = 0 if is_anew else provider.max_age
    oldest = begun_at - age - SKEW if age is not None else at
    if not oldest <= at <= clock.epoch() + SKEW:
        raise failed(provider, "ID token: auth_time")


def asks_age(provider: Provider, *, is_fresh: bool) -> bool:
    """Tell whether `max_age` is part of the request: the answer then has to say when the person signed in."""
    return provider.max_age is not None or (is_fresh and "login" not in provider.prompt.split())


def read_userinfo(provider: Provider, ends: Endpoints, access_token: str, *, subject: str) -> dict[str, Any]:
    """Ask who the person is, and return it if it is the one of the ID token; refuses with UpstreamFailed."""
    headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/jwt, application/json"}
    try:
        answer = outbound.fetch("GET", ends.userinfo, headers=headers)
    except (Refusal, Unavailable) as error:
        raise UpstreamUnavailable(reason=f"{provider.name}: {error}", provider=provider.label) from error
    if answer.status != 200:
        raise failed(provider, f"userinfo: status {answer.status}")
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    claims = _signed_userinfo(provider, ends, answer) if kind == "application/jwt" else _plain(provider, answer)
    if claims.get("sub") != subject:
        raise failed(provider, "userinfo: sub")
    return claims


def _signed_userinfo(provider: Provider, ends: Endpoints, answer: outbound.Answer) -> dict[str, Any]:
    claims = _signed(provider, ends, answer.body.decode("ascii", "replace").strip())
    expires_at = _date(claims, "exp")
    is_over = "exp" in claims and (expires_at is None or clock.epoch() >= expires_at + SKEW)
    if claims.get("iss") != provider.issuer or not _is_for_us(provider, claims) or is_over or "nonce" in claims:
        raise failed(provider, "userinfo: iss, aud or exp")
    return claims


def _plain(provider: Provider, answer: outbound.Answer) -> dict[str, Any]:
    """Read UserInfo that nobody signed; never where a signature is to be there."""
    if provider.userinfo != "plain":
        raise failed(provider, "userinfo: not signed")
    try:
        claims = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise failed(provider, "userinfo: no JSON") from error
    if not isinstance(claims, dict):
        raise failed(provider, "userinfo: no object")
    return claims


def _signed(provider: Provider, ends: Endpoints, token: object) -> dict[str, Any]:
    if not isinstance(token, str):
        raise failed(provider, "no token")
    claims = remote.read_signed(remote.key_sets(ends.jwks), token, list(provider.algorithms), types=TYPES)
    if claims is None:
        raise failed(provider, "signature")
    return claims


def _is_for_us(provider: Provider, claims: Mapping[str, Any]) -> bool:
    """Tell whether we are the one audience, and the party it was made for where that is said (§2 `azp`)."""
    audience = claims.get("aud")
    return audience in (provider.client_id, [provider.client_id]) and claims.get("azp") in (None, provider.client_id)


def _date(claims: Mapping[str, Any], name: str) -> int | None:
    value = claims.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
