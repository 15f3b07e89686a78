"""How the record store's doors say no: issues, the refusal that carries them, and the FHIR OperationOutcome.

Pure. The texts of the French measures dialect (§2.6) are kept to the letter: partners match on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from authz.errors import Refusal

REFUSALS = "urn:appairage:refusal"
BUNDLE = "Bundle not valid."
LINK = "Observation and Device link not valid."
OBSERVATION = "Observation resource not valid."
DEVICE = "Device resource not valid."
DOCUMENT = "DocumentReference resource not valid."

_ISSUE_CODES = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    409: "conflict",
    413: "too-long",
    415: "not-supported",
    422: "processing",
    429: "throttled",
    500: "exception",
    503: "transient",
}


@dataclass(frozen=True)
class Issue:
    """One thing that is wrong: a sentence, FHIR's issue type, and where it is."""

    text: str
    code: str = "invalid"
    at: str = ""


class Invalid(Refusal):
    """A resource breaks the rules of its interface; every problem found is named."""

    code = "invalid_resource"
    status = 422

    def __init__(self, family: str, issues: Sequence[Issue]) -> None:
        self.family = family
        self.issues = tuple(issues)
        super().__init__(f"{family} {self.issues[0].text}", reason=" ".join(issue.text for issue in self.issues))


class Unreadable(Refusal):
    """The body is not what it must be before any rule can be looked at."""

    code = "invalid_body"
    description = "The body cannot be read."


class WrongPatient(Refusal):
    """The request names another patient than the one the token is for."""

    code = "wrong_patient"
    status = 403
    description = "idPe requested do not match authorized idPe."


class ConsentNotGiven(Refusal):
    """The patient does not consent, at this moment, to this operation."""

    code = "insufficient_scope"
    status = 403
    description = "Consent not given, access refused."


class BadIdToken(Refusal):
    """The ID_TOKEN header does not hold an ID token of this server."""

    code = "invalid_id_token"
    description = "The ID_TOKEN value is not valid (invalid JWT)"


class OidConflict(Refusal):
    """The ID token was made for another solution than the one that speaks."""

    code = "oid_conflict"
    status = 409
    description = "OID conflict between the one from id_token and the one in the system"


class IdentityConflict(Refusal):
    """The app's own identifier already names something else here, and nothing is ever overwritten."""

    code = "identity_conflict"
    status = 409
    description = "This identifier already names another content sent by this app; nothing was changed."


class NotFound(Refusal):
    """There is no such thing for this reader, whether or not it exists for another."""

    code = "not_found"
    status = 404
    description = "There is no such resource."


def outcome(issues: Sequence[Issue], *, family: str = "") -> dict[str, Any]:
    """Render issues as an OperationOutcome; `family` leads each text, as partners of the dialect expect."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(issue, family) for issue in issues]}


def outcome_of(refusal: Refusal) -> dict[str, Any]:
    """Render any refusal as an OperationOutcome."""
    if isinstance(refusal, Invalid):
        return outcome(refusal.issues, family=refusal.family)
    shown = outcome([Issue(refusal.description, _ISSUE_CODES.get(refusal.status, "processing"))])
    # The slug is for programs: it says which refusal this is, where the dialect's sentence is for people.
    shown["issue"][0]["details"] = {"coding": [{"system": REFUSALS, "code": refusal.code}]}
    return shown


def _issue(issue: Issue, family: str) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "severity": "error",
        "code": issue.code,
        "diagnostics": f"{family} {issue.text}".strip(),
    }
    if family:
        shown["details"] = {"text": family}
    if issue.at:
        shown["expression"] = [issue.at]
    return shown
