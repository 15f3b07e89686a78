"""HTTP as the kit speaks it: one sender with the retry policy, one record of each exchange."""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from connectors.kit import doors, masking
from connectors.kit.errors import Unreachable, Untrusted

BUSY = frozenset({429, 503})
LOST = frozenset({502, 504})


class Retry(enum.Enum):
    """When the same request may be sent again."""

    SAFE = "the server recognises a repeat: any lost answer may be retried"
    UNSENT = "only when it certainly was not acted on"


@dataclass(frozen=True)
class Policy:
    """How long to insist: tries, waits and time limits, in seconds."""

    tries: int = 4
    first_wait: float = 0.4
    longest_wait: float = 30.0
    connect_timeout: float = 5.0
    read_timeout: float = 30.0


@dataclass(frozen=True)
class Call:
    """One request to be sent, possibly several times."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    retry: Retry = Retry.SAFE
    deadline: float | None = None


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Read the body as a JSON object."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise Untrusted(f"The server answered {self.status} without the JSON object that was expected.")
        return value


@dataclass(frozen=True)
class Exchange:
    """One try as a developer reads it; secrets are already masked."""

    method: str
    url: str
    request_headers: dict[str, str]
    request_body: str
    status: int | None
    response_headers: dict[str, str]
    response_body: str
    milliseconds: int
    failure: str


class _AsGiven(AuthBase):
    """Keep requests from replacing our `Authorization` by an entry of the machine's .netrc."""

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        return prepared


@dataclass(frozen=True)
class Wire:
    """A sender: a pool of connections, the policy, and who is told of each exchange."""

    policy: Policy = field(default_factory=Policy)
    observer: Callable[[Exchange], None] | None = None
    pool: requests.Session = field(default_factory=requests.Session)

    def send(self, make: Call | Callable[[], Call]) -> Answer:
        """Send until an answer counts; raise Unreachable when none did. A maker is asked for a new call at each try."""
        trouble, wait = "", None
        for number in range(self.policy.tries):
            call = make() if callable(make) else make
            if number:
                pause = self._wait(number, wait)
                if pause > self.policy.longest_wait or _is_past(call.deadline, pause):
                    break
                doors.pause(pause)
            answer, trouble, acted = self._once(call)
            if answer is not None and answer.status not in BUSY | LOST:
                return answer
            if answer is not None:
                trouble, wait = f"answered {answer.status}", _retry_after(answer)
                acted = answer.status in LOST
            if acted and call.retry is Retry.UNSENT:
                break
        raise Unreachable(f"{call.method} {masking.url(call.url)} failed: {trouble}.", retry_after=wait)

    def _wait(self, number: int, asked: float | None) -> float:
        backoff = self.policy.first_wait * 2.0 ** (number - 1)
        backoff += doors.jitter(self.policy.first_wait)
        # Coming back sooner than asked would only be refused again: a longer wait is the caller's to plan.
        return min(backoff, self.policy.longest_wait) if asked is None else max(asked, backoff)

    def _once(self, call: Call) -> tuple[Answer | None, str, bool]:
        """Try once: the answer, or the trouble and whether the server may have acted."""
        begun = doors.elapsed()
        try:
            response = self.pool.request(
                call.method,
                call.url,
                headers=dict(call.headers),
                data=call.body or None,
                timeout=(self.policy.connect_timeout, self.policy.read_timeout),
                allow_redirects=False,
                auth=_AsGiven(),
            )
            answer = Answer(response.status_code, response.headers, response.content)
        except requests.RequestException as trouble:
            self._tell(call, None, begun, type(trouble).__name__)
            return None, f"no answer ({type(trouble).__name__})", not _was_unsent(trouble)
        self._tell(call, answer, begun, "")
        return answer, "", True

    def _tell(self, call: Call, answer: Answer | None, begun: float, failure: str) -> None:
        if self.observer is None:
            return
        answered = answer or Answer(0, {}, b"")
        self.observer(
            Exchange(
                method=call.method,
                url=masking.url(call.url),
                request_headers=masking.headers(call.headers),
                request_body=masking.body(call.body, call.headers.get("Content-Type", "")),
                status=answer.status if answer else None,
                response_headers=masking.headers(answered.headers),
                response_body=masking.body(answered.body, answered.headers.get("Content-Type", "")),
                milliseconds=round((doors.elapsed() - begun) * 1000),
                failure=failure,
            )
        )


def _is_past(deadline: float | None, pause: float) -> bool:
    return deadline is not None and doors.elapsed() + pause > deadline


def _retry_after(answer: Answer) -> float | None:
    """Read `Retry-After` in seconds; a date is rare enough to be left to our own backoff."""
    value = answer.headers.get("Retry-After", "").strip()
    return float(value) if value.isdecimal() and len(value) < 7 else None


def _was_unsent(trouble: requests.RequestException) -> bool:
    """Tell whether no connection was ever made, so that nothing can have been acted on."""
    cause: object = trouble.args[0] if trouble.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)
