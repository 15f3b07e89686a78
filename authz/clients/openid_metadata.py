"""What OpenID Connect adds to a registration. Pure.

Registration 1.0 §2, RP-Initiated Logout 1.0 §3.1, Back-Channel Logout 1.0 §2.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from authz.clients.profiles import PROFILES

TEXTS = ("userinfo_signed_response_alg", "sector_identifier_uri", "backchannel_logout_uri")
FLAGS = ("backchannel_logout_session_required",)
LISTS = ("post_logout_redirect_uris", "default_acr_values")


def shape_problems(metadata: dict[str, Any]) -> Iterable[str]:
    """Say which members are not of the kind they have to be."""
    for names, kind, told in ((TEXTS, str, "a string"), (FLAGS, bool, "true or false")):
        yield from (f"{name} must be {told}" for name in names if not isinstance(metadata.get(name, kind()), kind))
    age = metadata.get("default_max_age", 0)
    if not isinstance(age, int) or isinstance(age, bool) or not 0 <= age < 10**9:
        yield "default_max_age must be a number of seconds"
    for name in LISTS:
        value = metadata.get(name, [])
        if not (isinstance(value, list) and all(isinstance(part, str) for part in value)):
            yield f"{name} must be a list of strings"


def value_problems(metadata: dict[str, Any], uri_problem: Callable[[str], str]) -> Iterable[str]:
    """Say which values cannot be; addresses that browsers are sent to are held to the rules of redirect URIs."""
    alg = metadata.get("userinfo_signed_response_alg")
    profile = PROFILES.get(metadata.get("profile", "oauth21"))
    algorithms = profile.id_token_algs if profile else ()
    if alg is not None and alg not in algorithms:
        yield f"userinfo_signed_response_alg must be one of {', '.join(algorithms)}"
    for uri in metadata.get("post_logout_redirect_uris", []):
        why = uri_problem(uri)
        if why:
            yield f"post_logout_redirect_uri {uri}: {why}"
    if "#" in metadata.get("backchannel_logout_uri", ""):
        yield "backchannel_logout_uri must have no fragment"
