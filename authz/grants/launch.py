"""What SMART App Launch 2.2 adds to tokens: the patient in context, who the user is, and how long refreshing goes on.

The patient's FHIR id is the client's own name for the profile, and so is the id of whoever acts for it: two apps cannot
compare what they were told.
"""

from __future__ import annotations

from typing import Any

from authz import settings
from authz.catalogue import smart
from authz.clients.models import RegisteredClient
from authz.tokens.models import FamilyFacts

BASE = "/fhir"


def fhir_base() -> str:
    """Return the address of the FHIR server, which is what `aud` has to name."""
    return settings.current().issuer + BASE


def context(family: FamilyFacts, scope: str) -> dict[str, Any]:
    """Return the launch context of a token response; nobody shows the patient around the app, so it has to."""
    if not any(name == "launch/patient" or smart.openings(name) for name in scope.split() if "/" in name):
        return {}
    return {"patient": family.subject, "need_patient_banner": True}


def user(family: FamilyFacts, scope: str) -> dict[str, str]:
    """Return the address of the person who signed in: the patient, or somebody related who acts for the patient."""
    if not {"openid", "fhirUser"} <= set(scope.split()):
        return {}
    place = f"RelatedPerson/{family.actor}" if family.actor else f"Patient/{family.subject}"
    return {"fhirUser": f"{fhir_base()}/{place}"}


def may_refresh(client: RegisteredClient, scope: str) -> bool:
    """Tell whether a client gets a refresh token: some profiles' only if the scope asks for one."""
    return not client.profile.refresh_asked or not {"offline_access", "online_access"}.isdisjoint(scope.split())


def is_online_only(scope: str) -> bool:
    """Tell whether refreshing ends when the patient's browser is signed out or left alone."""
    names = scope.split()
    return "online_access" in names and "offline_access" not in names
