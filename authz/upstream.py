"""What the settings say of each upstream identity provider: `APPAIRAGE_UPSTREAM_<NAME>_<MEMBER>`, over a preset.

A provider that French people know needs an issuer, a client id and a secret; everything else has its preset.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

MEMBERS = ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "PRESET", "LABEL", "SCOPES", "ACR", "TWO_FACTORS", "USERINFO",
           "PROMPT", "MAX_AGE", "ALGORITHMS", "LOGOUT", "CIVIL")  # fmt: skip
ALGORITHMS = ("ES256", "RS256", "PS256")
USERINFO = ("signed", "plain", "none")
PRESETS: dict[str, dict[str, str]] = {
    "oidc": {"SCOPES": "openid profile", "USERINFO": "plain", "MAX_AGE": "300", "ALGORITHMS": "ES256 RS256"},
    "franceconnect": {
        "LABEL": "FranceConnect",
        "SCOPES": "openid given_name family_name gender birthdate birthplace birthcountry",
        "ACR": "eidas1",
        "TWO_FACTORS": "eidas2 eidas3",
        "USERINFO": "signed",
        "PROMPT": "login consent",
        "ALGORITHMS": "ES256 RS256",
        "CIVIL": "on",
    },
}
_NAME = re.compile(r"[a-z][a-z0-9]{0,31}")


@dataclass(frozen=True)
class Provider:
    """One provider; `name` is in our addresses, `label` on our buttons.

    `acr` are the levels of which one is demanded, `two_factors` those that count as two factors here. Without a secret
    we prove ourselves by a signature of our own keys. `is_civil` is that it vouches for the civil identity, as only a
    provider does that has looked at papers: elsewhere people write down what they like.
    """

    name: str
    label: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...]
    acr: tuple[str, ...]
    two_factors: tuple[str, ...]
    userinfo: str
    prompt: str
    max_age: int | None
    algorithms: tuple[str, ...]
    logs_out: bool
    is_civil: bool


def read(names: Iterable[str], ask: Callable[[str], str | None]) -> tuple[Provider, ...]:
    """Read the providers that are named; `ask` gives the text of a setting by its name. Raises ValueError."""
    return tuple(_read(name, ask) for name in names)


def problems(providers: Iterable[Provider]) -> Iterator[str]:
    """Yield what makes these providers unfit, one sentence each."""
    known = [provider.name for provider in providers]
    if len(known) != len(set(known)):
        yield "APPAIRAGE_UPSTREAM: names a provider twice"
    for provider in providers:
        for member, problem in _problems(provider):
            yield f"APPAIRAGE_UPSTREAM_{provider.name.upper()}_{member}: {problem}"


def _read(name: str, ask: Callable[[str], str | None]) -> Provider:
    if not _NAME.fullmatch(name):
        raise ValueError("each name must be small letters and digits, a letter first")
    given = {member: ask(f"APPAIRAGE_UPSTREAM_{name.upper()}_{member}") for member in MEMBERS}
    preset = given["PRESET"] or "oidc"
    if preset not in PRESETS:
        raise ValueError(f"the preset of {name} must be one of {', '.join(PRESETS)}")
    told = PRESETS[preset] | {member: text for member, text in given.items() if text is not None}
    return Provider(
        name=name,
        label=told.get("LABEL", name),
        issuer=told.get("ISSUER", ""),
        client_id=told.get("CLIENT_ID", ""),
        client_secret=told.get("CLIENT_SECRET", ""),
        scopes=_words(told, "SCOPES"),
        acr=_words(told, "ACR"),
        two_factors=_words(told, "TWO_FACTORS"),
        userinfo=told["USERINFO"],
        prompt=told.get("PROMPT", ""),
        max_age=int(told["MAX_AGE"]) if told.get("MAX_AGE") else None,
        algorithms=_words(told, "ALGORITHMS"),
        logs_out=told.get("LOGOUT", "on") == "on",
        is_civil=told.get("CIVIL", "off") == "on",
    )


def _problems(provider: Provider) -> Iterator[tuple[str, str]]:
    if not provider.issuer.startswith(("https://", "http://")) or "?" in provider.issuer or "#" in provider.issuer:
        yield "ISSUER", "must be an address without query or fragment"
    if not provider.client_id:
        yield "CLIENT_ID", "is missing"
    if "openid" not in provider.scopes:
        yield "SCOPES", "must hold openid"
    if provider.userinfo not in USERINFO:
        yield "USERINFO", f"must be one of {', '.join(USERINFO)}"
    if not provider.algorithms or not set(provider.algorithms) <= set(ALGORITHMS):
        yield "ALGORITHMS", f"must be some of {', '.join(ALGORITHMS)}"
    if provider.max_age is not None and provider.max_age < 0:
        yield "MAX_AGE", "must be 0 or more"


def _words(told: dict[str, Any], member: str) -> tuple[str, ...]:
    return tuple(told.get(member, "").replace(",", " ").split())
