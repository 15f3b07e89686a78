"""The patient of a token, and who acts for the patient, as FHIR resources with no more in them than was agreed to."""

from __future__ import annotations

from typing import Any

from authz import audit
from authz.identity import profiles
from authz.protocol import step_up
from authz.protocol.bearer import Access
from connectors.records.outcomes import ConsentNotGiven, NotFound
from connectors.records.subjects import subject_of

PROFILE = "profile"
SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}


def read_patient(access: Access, patient_id: str) -> dict[str, Any]:
    """Return the patient of the token; without the consent to the name only who has just signed in, and without it."""
    is_named = access.reach.limits(PROFILE, "Patient", "r") != []
    if not is_named and ("fhirUser" not in access.scopes or access.family.actor):
        raise ConsentNotGiven()
    if patient_id != access.subject:
        raise NotFound(reason=patient_id)
    return _named(access) if is_named else _bare(access) | {"meta": {"tag": [SUBSETTED]}}


def search_patients(access: Access, ids: frozenset[str] | None, identifier: str | None) -> list[dict[str, Any]]:
    """Return the patient of the token if that is who is searched for."""
    if not access.reach.limits(PROFILE, "Patient", "s"):
        raise ConsentNotGiven()
    known = subject_of(access)
    is_meant = ids is None or access.subject in ids
    if identifier is not None:
        system, bar, value = identifier.rpartition("|")
        is_meant = is_meant and value == known["value"] and (not bar or system == known["system"])
    return [_named(access)] if is_meant else []


def read_related(access: Access, person_id: str) -> dict[str, Any]:
    """Return who signed in and acts for the patient: that there is somebody, and nothing else of them."""
    if "fhirUser" not in access.scopes:
        raise ConsentNotGiven()
    if not access.family.actor or person_id != access.family.actor:
        raise NotFound(reason=person_id)
    return {
        "resourceType": "RelatedPerson",
        "id": person_id,
        "meta": {"tag": [SUBSETTED]},
        "identifier": [subject_of(access) | {"value": person_id}],
        "active": True,
        "patient": {"reference": f"Patient/{access.subject}"},
    }


def _named(access: Access) -> dict[str, Any]:
    step_up.check(access, "userinfo")
    person = profiles.person(access.profile_id)
    audit.record(
        "identity:read", profile_id=access.profile_id, client_id=access.client_id, pairing_id=access.pairing_id, count=1
    )
    name: dict[str, Any] = {"use": "official", "text": profiles.full_name(person)}
    name |= {"family": person["family_name"]} if person["family_name"] else {}
    name |= {"given": [person["given_name"]]} if person["given_name"] else {}
    born = {"birthDate": person["birthdate"]} if person["birthdate"] else {}
    return _bare(access) | {"name": [name]} | born


def _bare(access: Access) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": access.subject,
        "identifier": [subject_of(access)],
        "active": True,
    }
