"""The pairing from the partner's side: authorization code with PKCE, state, nonce and `iss`, and its end.

RFC 6749 §4.1, RFC 7636, RFC 9207, RFC 7009, OpenID Connect Core 1.0 §3.1.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from connectors.kit import discovery, doors, id_token, refusals, tokens
from connectors.kit.errors import AuthorizationRefused, Misconfigured, Unreachable, Untrusted
from connectors.kit.partner import Partner
from connectors.kit.tokens import TokenSet
from connectors.kit.wire import Answer, Call, Retry

LONGEST_ACCOUNT = 254
LONGEST_ACCOUNT_NAME = 100
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Account:
    """The partner's own account of the person, as the patient will see it before agreeing."""

    identifier: str
    name: str = ""


@dataclass(frozen=True)
class Pending:
    """What must be remembered, on the server and tied to this browser's session, until the browser is back."""

    key: str
    state: str
    nonce: str
    verifier: str

    def dump(self) -> str:
        """Write for the session store."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> Pending:
        """Read from the session store."""
        return cls(**json.loads(text))


def begin(
    partner: Partner, key: str, *, account: Account, scopes: str, language: str | None = None
) -> tuple[str, Pending]:
    """Return the address to send the browser to, and what to remember; `key` is the partner's name for the link."""
    if not 0 < len(account.identifier) <= LONGEST_ACCOUNT or len(account.name) > LONGEST_ACCOUNT_NAME:
        raise Misconfigured("app_account has 1 to 254 characters and app_account_name at most 100.")
    pending = Pending(key, state=doors.new_secret(), nonce=doors.new_secret(), verifier=doors.new_secret(48))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(pending.verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": partner.client_id,
        "redirect_uri": partner.redirect_uri,
        "scope": scopes,
        "state": pending.state,
        "nonce": pending.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "app_account": account.identifier,
        "app_account_name": account.name,
        "ui_locales": language or "",
    }
    query = urlencode({name: value for name, value in asked.items() if value})
    endpoint = discovery.endpoint(partner, "authorization_endpoint")
    return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{query}", pending


def finish(partner: Partner, callback_url: str, pending: Pending) -> TokenSet:
    """Redeem what the browser brought back and keep the link; `pending` must be used once only."""
    answer = parse_qs(urlsplit(callback_url).query)
    if not hmac.compare_digest(_only(answer, "state").encode(), pending.state.encode()):
        raise Untrusted("The state is not the one this browser was sent with.")
    _check_issuer(partner, answer)
    if "error" in answer:
        raise AuthorizationRefused(_only(answer, "error"), _only(answer, "error_description"))
    response = _redeemed(partner, _only(answer, "code"), pending)
    held = _believed(partner, response, pending)
    partner.store.save(pending.key, held)
    return held


def disconnect(partner: Partner, key: str) -> bool:
    """End the link from the partner's side; False when the server could not be told (it is forgotten here anyway)."""
    held = partner.store.find(key)
    partner.store.forget(key)
    if held is None or held.over is not None:
        return True
    token = held.tokens.refresh_token or held.tokens.access_token
    hint = "refresh_token" if held.tokens.refresh_token else "access_token"
    try:
        return post(partner, "revocation_endpoint", {"token": token, "token_type_hint": hint}).status == 200
    except Unreachable:
        return False


def post(
    partner: Partner,
    endpoint: str,
    fields: dict[str, str],
    *,
    retry: Retry = Retry.SAFE,
    deadline: float | None = None,
) -> Answer:
    """Post a form to an endpoint of the server as this client."""
    address = discovery.endpoint(partner, endpoint)

    def call() -> Call:
        # Proven anew at each try: a signed assertion is good for one use.
        headers, proof = partner.credentials(partner.client_id, partner.issuer)
        body = urlencode({**fields, **proof}).encode()
        return Call(
            "POST", address, {"Content-Type": FORM, "Accept": "application/json", **headers}, body, retry, deadline
        )

    return partner.wire.send(call)


def _check_issuer(partner: Partner, answer: dict[str, list[str]]) -> None:
    """RFC 9207 §2.4: an answer of another server than the one asked is a mix-up attack."""
    promised = discovery.metadata(partner).get("authorization_response_iss_parameter_supported") is True
    if (promised or "iss" in answer) and _only(answer, "iss") != partner.issuer:
        raise Untrusted("The answer comes from another server than the one that was asked (iss).")


def _redeemed(partner: Partner, code: str, pending: Pending) -> dict[str, Any]:
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": partner.redirect_uri,
        "code_verifier": pending.verifier,
    }
    # A code sent twice looks stolen and ends the link, so a lost answer means starting again.
    answer = post(partner, "token_endpoint", fields, retry=Retry.UNSENT)
    refusals.check(answer)
    return answer.json()


def _believed(partner: Partner, response: dict[str, Any], pending: Pending) -> TokenSet:
    held = tokens.from_response(response)
    signed = response.get("id_token")
    if not isinstance(signed, str):
        if "openid" in held.scopes:
            raise Untrusted("The token response has no ID token although openid was granted.")
        return held
    claims = id_token.verify(partner, signed, access_token=held.access_token, nonce=pending.nonce)
    if held.subject not in ("", claims["sub"]):
        raise Untrusted("The token response and its ID token name two subjects.")
    return replace(held, subject=claims["sub"])


def _only(answer: dict[str, list[str]], name: str) -> str:
    """Read a parameter that may be there once (RFC 6749 §3.1)."""
    values = answer.get(name, [""])
    if len(values) != 1:
        raise Untrusted(f"The answer has {name} more than once.")
    return values[0]
