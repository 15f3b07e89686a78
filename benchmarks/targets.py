"""The targets of docs/performance.md as figures: how ours must stand to each peer, and the limits that need no peer."""

from __future__ import annotations

from dataclasses import dataclass

DEFECT_SHARE = 0.6


@dataclass(frozen=True)
class Ratio:
    """Throughput of ours over the peer's in the same run: the first milestone, and the goal where one is set."""

    milestone: float
    goal: float | None = None

    def verdict(self, ratio: float) -> str:
        """Say in one word where a measured ratio stands."""
        if self.goal is not None and ratio >= self.goal:
            return "goal"
        if ratio >= self.milestone:
            return "milestone" if self.goal is not None else "met"
        return "below" if ratio >= DEFECT_SHARE * self.milestone else "defect"


AGAINST: dict[str, dict[str, Ratio]] = {
    "oidc-provider-postgresql": {
        "refresh": Ratio(1.16, 1.5),
        "authorize_to_tokens": Ratio(1.16, 1.5),
        "introspect": Ratio(1.14, 1.5),
        "client_credentials": Ratio(0.43, 1.0),
        "jwks": Ratio(0.3),
    },
    "django-oauth-toolkit-postgresql": {
        "refresh": Ratio(10.5),
        "authorize_to_tokens": Ratio(7.8),
        "introspect": Ratio(3.9),
        "client_credentials": Ratio(4.3),
    },
}

P99_MS = 25.0
P99_EXEMPT = frozenset({"sign_in"})
MEMORY_MIB = 130.0
START_SECONDS = 0.8
HELP_SECONDS = 0.1
CPU_US = {"push": 1500.0}
SIGN_IN_CPU_BEYOND_HASH_US = 30_000.0
