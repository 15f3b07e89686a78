"""Both `fhirclient`s, of npm and of Python, launch by SMART through the TLS front and read what the patient allows."""

from __future__ import annotations

from typing import Any

import pytest
from fhirclient import client as smart
from fhirclient.models.documentreference import DocumentReference
from fhirclient.models.observation import Observation
from fhirclient.server import FHIRPermissionDeniedException
from flask import Flask
from joserfc.jwk import ECKey

from tests.actors import Partner, Person
from tests.peers.front import HOST, Front
from tests.peers.node import conversing
from tests.peers.test_clients_behind_the_front import reach
from tests.peers.walk import walking
from tests.protocol.smart.conftest import VITAL, measured_by, smart_app
from tests.spec import spec

SMART = "SMART App Launch"
ISSUER = f"https://{HOST}"
FHIR = f"{ISSUER}/fhir"
ASKED = f"openid fhirUser launch/patient offline_access patient/Patient.rs patient/Observation.rs?category={VITAL}"
OLD = "openid fhirUser launch/patient offline_access patient/Patient.read patient/Observation.read"
BOTH = ["profile", "measures.read"]
Behind = tuple[Front, Flask]


def signing() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what an app that signs registers, and what its library is given."""
    key = ECKey.generate_key("P-384")
    known = key.as_dict(private=False) | {"kid": "one", "alg": "ES384", "use": "sig"}
    private = key.as_dict(private=True) | {"kid": "one", "alg": "ES384", "key_ops": ["sign"]}
    return {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [known]}}, {"clientPrivateJwk": private}


def launches(front: Front, partner: Partner, person: Person, scope: str, **client: Any) -> dict[str, Any]:
    """Run the script of the npm library, walking the pages where it asks for a browser."""
    told = {"iss": FHIR, "redirect_uri": partner.redirect_uri, "scope": scope, "front": reach(front)}
    with conversing("fhirclient.mjs", **told, client={"clientId": partner.client_id} | client) as talk:
        address = talk.hears()["authorize"]
        with walking(person, ISSUER, front) as walker:
            talk.says(callback=walker.allows(address, consents=BOTH))
        return talk.hears()


@spec(SMART, "app launch", "the npm library launches with a secret, reads within its query and refreshes")
def test_npm_fhirclient_reads_what_it_was_launched_for(front: Behind, glucoapp: Partner, alice: Person) -> None:
    running, app = front
    ids, partner = measured_by(glucoapp, alice), smart_app(app)
    found = launches(running, partner, alice, ASKED, clientSecret=partner.secret)
    for read in (found["before"], found["after"]):
        assert read["patient"]["name"][0]["text"] == "Alice Martin"
        assert read["user"] == read["patient"]
        assert [one["id"] for one in read["observations"]] == [ids["weight"]]
        assert read["observations"][0]["subject"]["reference"] == f"Patient/{read['patient']['id']}"
    assert (found["renewed"], found["banner"], found["refused"]) == (True, True, 403)
    assert found["granted"] == ASKED
    assert found["user"] == f"Patient/{found['before']['patient']['id']}"


@spec(SMART, "asymmetric authentication", "the npm library proves itself by ES384, with scopes of SMART 1")
def test_npm_fhirclient_signs_its_way(front: Behind, glucoapp: Partner, alice: Person) -> None:
    running, app = front
    registered, given = signing()
    ids, partner = measured_by(glucoapp, alice), smart_app(app, **registered)
    found = launches(running, partner, alice, OLD, **given)
    assert {one["id"] for one in found["before"]["observations"]} == {ids["weight"], ids["glucose"]}
    assert found["granted"] == OLD


@spec(SMART, "client types", "the npm library launches without a secret")
def test_npm_fhirclient_launches_as_a_public_app(front: Behind, alice: Person) -> None:
    running, app = front
    partner = smart_app(app, token_endpoint_auth_method="none")
    found = launches(running, partner, alice, ASKED)
    assert (found["before"]["observations"], found["renewed"]) == ([], True)


@spec(SMART, "app launch", "the Python library launches, reads the patient and the observations, and refreshes")
@pytest.mark.parametrize("method", ["client_secret_basic", "none"])
def test_python_fhirclient_reads_what_it_was_launched_for(
    front: Behind, glucoapp: Partner, alice: Person, method: str
) -> None:
    running, app = front
    ids, partner = measured_by(glucoapp, alice), smart_app(app, token_endpoint_auth_method=method)
    library = smart.FHIRClient({
        "app_id": partner.client_id, "app_secret": partner.secret, "api_base": FHIR,
        "redirect_uri": partner.redirect_uri, "scope": f"{OLD} patient/DocumentReference.read",
    })  # fmt: skip
    with library.server.session as http:
        running.lead(http)
        library.prepare()
        with walking(alice, ISSUER, running) as walker:
            library.handle_callback(walker.allows(library.authorize_url, consents=BOTH))
        assert library.ready
        assert library.human_name(library.patient.name[0]) == "Alice Martin"
        for _ in range(2):
            found = list(Observation.where({"patient": library.patient_id}).perform_resources_iter(library.server))
            assert {one.id for one in found} == {ids["weight"], ids["glucose"]}
            assert {one.subject.reference for one in found} == {f"Patient/{library.patient_id}"}
            assert library.reauthorize()
        with pytest.raises(FHIRPermissionDeniedException):
            list(DocumentReference.where({}).perform_resources_iter(library.server))
