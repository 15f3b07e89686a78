"""From an answer that says no to the exception that says what to do about it."""

from __future__ import annotations

import json
import re
from typing import Any

from connectors.kit.errors import ConsentMissing, PairingOver, Refused
from connectors.kit.wire import Answer

# The dialect's own sentence for a missing consent; it has no code beside it.
NO_CONSENT = "Consent not given, access refused."
STATES = ("paused", "suspended", "expired", "ended")
# Where there is no room for a code, in a FHIR answer or beside `invalid_grant`, the sentence tells the state.
STATE_IN_WORDS = re.compile(rf"\b(?:link|service) is ({'|'.join(STATES)})\b")


def check(answer: Answer) -> None:
    """Raise for every answer that is not a success."""
    if answer.status >= 400:
        raise refusal(answer)


def refusal(answer: Answer) -> Refused:
    """Read the refusal in OAuth JSON, a FHIR OperationOutcome or the challenge header, whichever is there."""
    content = _content(answer)
    code = _code(content, answer)
    text = _text(content, answer)
    state = _state(content, code, text)
    if state is not None:
        return PairingOver(text, status=answer.status, code=code, state=state)
    if answer.status == 403 and (NO_CONSENT in text or code in {"insufficient_scope", "consent_not_given"}):
        return ConsentMissing(text, status=answer.status, code=code)
    return Refused(text, status=answer.status, code=code)


def _content(answer: Answer) -> dict[str, Any]:
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _code(content: dict[str, Any], answer: Answer) -> str:
    if isinstance(content.get("error"), str):
        return str(content["error"])
    challenge = re.search(r'error="([^"]*)"', answer.headers.get("WWW-Authenticate", ""))
    if challenge:
        return challenge.group(1)
    issues = _issues(content)
    return str(issues[0].get("code", "")) if issues else f"http_{answer.status}"


def _text(content: dict[str, Any], answer: Answer) -> str:
    if isinstance(content.get("error_description"), str):
        return str(content["error_description"])
    sentences = [str(issue[name]) for issue in _issues(content) for name in ("diagnostics",) if issue.get(name)]
    if not sentences:
        sentences = [str(issue["details"]["text"]) for issue in _issues(content) if _has_text(issue)]
    if sentences:
        return " ".join(sentences)
    challenge = re.search(r'error_description="([^"]*)"', answer.headers.get("WWW-Authenticate", ""))
    return challenge.group(1) if challenge else f"The server answered {answer.status}."


def _issues(content: dict[str, Any]) -> list[dict[str, Any]]:
    listed = content.get("issue")
    return [issue for issue in listed if isinstance(issue, dict)] if isinstance(listed, list) else []


def _has_text(issue: dict[str, Any]) -> bool:
    details = issue.get("details")
    return isinstance(details, dict) and bool(details.get("text"))


def _state(content: dict[str, Any], code: str, text: str) -> str | None:
    named = content.get("pairing_state")
    if named in STATES:
        return str(named)
    said = STATE_IN_WORDS.search(text)
    return said.group(1) if said else next((state for state in STATES if code == f"pairing_{state}"), None)
