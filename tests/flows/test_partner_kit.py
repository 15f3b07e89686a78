"""A partner's program, built on the kit, against the real server over a real socket."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest
from flask import Flask
from joserfc import jwk

from connectors import kit
from connectors.kit import credentials, documents, measures, pairing
from connectors.kit.partner import Credentials
from tests import cast, standing
from tests.actors import Partner as Registered
from tests.actors import Person
from tests.peers.served import Space, serving
from tests.peers.walk import walking

CALLBACK = "https://glucoapp.example/callback"
GLUCOSE, SUMMARY = "measures.glucose.write", "documents.summary.write"
WEIGHT, PRESSURE, STEPS = "measures.weight.write", "measures.blood_pressure.write", "measures.steps.write"
READ = "measures.read"
EVERYTHING = " ".join(("openid", "offline_access", GLUCOSE, SUMMARY, WEIGHT, PRESSURE, STEPS, READ))
EXAMPLE = "synthetic-14d.libreview-fr-mgdl.csv"


@dataclass
class Vendor:
    """A partner with its kit, and how a person links it."""

    space: Space
    partner: kit.Partner

    def pairs(self, person: Person, *consents: str) -> kit.TokenSet:
        """Let a person link this partner through the real pages."""
        account = kit.Account("a.martin@glucoapp.example", "Alice")
        address, pending = kit.begin(self.partner, "alice", account=account, scopes=EVERYTHING)
        with walking(person, self.space.issuer) as walker:
            return kit.finish(self.partner, walker.allows(address, consents=consents), pending)

    def taken(self, **when: float) -> measures.Taken:
        """Describe a measure of the linked person, so long ago."""
        held = kit.current(self.partner, "alice")
        at = datetime.now(UTC).replace(microsecond=0) - timedelta(**when)
        return measures.Taken(held.subject, held.subject_system, at)

    def goes_stale(self) -> kit.TokenSet:
        """Let the access token's life pass, as far as this partner knows."""
        found = self.partner.store.find("alice")
        assert found is not None
        self.partner.store.replace("alice", found.version, replace(found.tokens, expires_at=datetime.now(UTC)))
        return found.tokens


Opener = Callable[..., Vendor]


@pytest.fixture
def space(make_app: Callable[..., Flask]) -> Iterator[Space]:
    with serving(lambda issuer: make_app(issuer=issuer)) as served:
        yield served


@pytest.fixture
def opens(space: Space, tmp_path: Path) -> Iterator[Opener]:
    """Open a kit for a registered client; its proof is the client's secret unless another is given."""
    with ExitStack() as pools:

        def opened(client: Registered, proof: Credentials | None = None) -> Vendor:
            wire = kit.Wire(kit.Policy(first_wait=0.01))
            pools.callback(wire.pool.close)
            proof = proof or credentials.secret_basic(client.secret or "")
            store = kit.SqliteStore(tmp_path / "links.db")
            return Vendor(space, kit.Partner(space.issuer, client.client_id, proof, CALLBACK, store, wire))

        yield opened


@pytest.fixture
def vendor(opens: Opener, glucoapp: Registered) -> Vendor:
    return opens(glucoapp)


def total(vendor: Vendor, code: str) -> int:
    found: int = kit.last_measure(vendor.partner, "alice", code)["total"]
    return found


def test_partner_pairs_and_is_told_whose_record_it_is_and_until_when(vendor: Vendor, alice: Person) -> None:
    held = vendor.pairs(alice, SUMMARY)
    assert held.subject
    assert held.subject_system.startswith("urn:oid:")
    assert held.pairing_ends_at is not None
    assert held.pairing_ends_at > datetime.now(UTC) + timedelta(days=300)
    assert {GLUCOSE, SUMMARY} <= held.scopes
    assert WEIGHT not in held.scopes


def test_partner_whose_user_refuses_is_told_so(vendor: Vendor, alice: Person) -> None:
    account = kit.Account("a.martin@glucoapp.example")
    address, pending = kit.begin(vendor.partner, "alice", account=account, scopes=EVERYTHING)
    with walking(alice, vendor.space.issuer) as walker:
        callback = walker.refuses(address)
    with pytest.raises(kit.AuthorizationRefused, match="access_denied"):
        kit.finish(vendor.partner, callback, pending)


def test_partner_cannot_redeem_a_code_twice_and_the_link_dies(vendor: Vendor, alice: Person) -> None:
    account = kit.Account("a.martin@glucoapp.example")
    address, pending = kit.begin(vendor.partner, "alice", account=account, scopes=EVERYTHING)
    with walking(alice, vendor.space.issuer) as walker:
        callback = walker.allows(address)
    kit.finish(vendor.partner, callback, pending)
    with pytest.raises(kit.Refused, match="already used"):
        kit.finish(vendor.partner, callback, pending)
    vendor.goes_stale()
    with pytest.raises(kit.PairingOver):
        kit.current(vendor.partner, "alice")


def test_partner_with_a_private_key_needs_no_secret(opens: Opener, alice: Person, app: Flask) -> None:
    key = jwk.ECKey.generate_key("P-256", {"kid": "k1", "use": "sig"})
    client = cast.register(
        app,
        cast.GLUCO_ENTRY,
        token_endpoint_auth_method="private_key_jwt",
        jwks={"keys": [key.as_dict(private=False)]},
    )
    vendor = opens(client, credentials.private_key(key.as_pem(private=True), key_id="k1"))
    vendor.pairs(alice)
    vendor.goes_stale()
    assert kit.current(vendor.partner, "alice").access_token


def test_public_partner_pairs_and_rotates(opens: Opener, alice: Person, app: Flask) -> None:
    client = cast.register(app, cast.GLUCO_ENTRY, token_endpoint_auth_method="none")
    vendor = opens(client, credentials.public())
    before = vendor.pairs(alice)
    vendor.goes_stale()
    assert kit.current(vendor.partner, "alice").refresh_token != before.refresh_token


def test_eight_workers_of_a_partner_refresh_once_and_the_link_lives(vendor: Vendor, alice: Person) -> None:
    vendor.pairs(alice)
    before = vendor.goes_stale()
    with ThreadPoolExecutor(8) as workers:
        held = list(workers.map(lambda _: kit.current(vendor.partner, "alice"), range(8)))
    assert len({tokens.access_token for tokens in held}) == 1
    assert held[0].access_token != before.access_token
    vendor.goes_stale()
    assert kit.current(vendor.partner, "alice").access_token != held[0].access_token


WORKER = """
import sys
from pathlib import Path
from connectors import kit
from connectors.kit import credentials
issuer, client_id, secret, store = sys.argv[1:]
proof = credentials.secret_basic(secret)
partner = kit.Partner(issuer, client_id, proof, "https://glucoapp.example/callback", kit.SqliteStore(Path(store)))
print(kit.current(partner, "alice").access_token)
"""


def test_four_processes_of_a_partner_refresh_once(
    vendor: Vendor, glucoapp: Registered, alice: Person, tmp_path: Path
) -> None:
    vendor.pairs(alice)
    before = vendor.goes_stale()
    told = [vendor.space.issuer, glucoapp.client_id, glucoapp.secret or "", str(tmp_path / "links.db")]
    command = [sys.executable, "-c", WORKER, *told]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    held = {worker.communicate(timeout=60)[0] for worker in workers}
    assert [worker.returncode for worker in workers] == [0] * 4
    assert len(held) == 1
    assert before.access_token not in held
    assert vendor.goes_stale().access_token in held.pop()


def test_partner_that_lost_the_answer_gets_the_same_successor(vendor: Vendor, alice: Person) -> None:
    vendor.pairs(alice)
    before = vendor.goes_stale()
    assert before.refresh_token is not None
    fields = {"grant_type": "refresh_token", "refresh_token": before.refresh_token}
    lost = pairing.post(vendor.partner, "token_endpoint", fields).json()
    assert kit.current(vendor.partner, "alice").refresh_token == lost["refresh_token"]


def test_partner_sends_each_kind_of_measure_and_a_repeat_adds_nothing(vendor: Vendor, alice: Person) -> None:
    vendor.pairs(alice, SUMMARY, WEIGHT, PRESSURE, STEPS, READ)
    sensor = measures.Device("1.2.250.1.999.7.1.1", "SYNTH-14D", measures.CGM, "Abbott", "FreeStyle Libre 3")
    taken = replace(vendor.taken(hours=1), device=sensor)
    bundles = {
        "MED-969": measures.mean_glucose(taken, mg_dl=145, days=14),
        "MED-972": measures.gmi(replace(taken, comment="After the flu"), percent=6.8, days=30),
        "29463-7": measures.weight(vendor.taken(hours=2), kg=62.4),
        "85354-9": measures.blood_pressure(vendor.taken(hours=2), systolic=121, diastolic=78),
        "41950-7": measures.steps(vendor.taken(hours=2), count=8042),
    }
    for code, bundle in bundles.items():
        first = kit.push_measure(vendor.partner, "alice", bundle)
        again = kit.push_measure(vendor.partner, "alice", bundle)
        assert first["entry"][0]["response"]["status"] == "201 Created", code
        assert again["entry"][0]["response"]["location"] == first["entry"][0]["response"]["location"]
        assert total(vendor, code) == 1


def test_partner_deposits_a_document_once(vendor: Vendor, alice: Person) -> None:
    held = vendor.pairs(alice, SUMMARY)
    file = documents.File("Note", "text/plain", b"Bonne semaine.\n", datetime(2026, 2, 16, tzinfo=UTC))
    written = documents.reference(file, subject=held.subject, subject_system=held.subject_system, author="GlucoApp")
    first, again = (kit.push_document(vendor.partner, "alice", written) for _ in range(2))
    assert first["id"] == again["id"]
    assert first["content"][0]["attachment"]["title"] == "Note"


def example() -> bytes:
    return resources.files("connectors.sample_app").joinpath("data", EXAMPLE).read_bytes()


def statuses(answer: dict[str, object]) -> list[tuple[str, str]]:
    items = answer["items"]
    assert isinstance(items, list)
    return [(item["kind"], item["status"]) for item in items]


def test_partner_sends_an_export_once(vendor: Vendor, alice: Person) -> None:
    vendor.pairs(alice, SUMMARY, READ)
    first = kit.push_export(vendor.partner, "alice", example(), zone="Europe/Paris")
    assert statuses(first) == [("measure", "created"), ("measure", "created"), ("document", "created")]
    kit.push_export(vendor.partner, "alice", example(), zone="Europe/Paris")
    assert total(vendor, "MED-969") == 1


def test_partner_sends_an_export_again_once_its_report_is_allowed(vendor: Vendor, alice: Person) -> None:
    vendor.pairs(alice)
    first = kit.push_export(vendor.partner, "alice", example(), zone="Europe/Paris")
    assert statuses(first) == [("measure", "created"), ("measure", "created"), ("document", "refused")]
    vendor.pairs(alice, SUMMARY)
    again = kit.push_export(vendor.partner, "alice", example(), zone="Europe/Paris")
    assert statuses(again) == [("measure", "existing"), ("measure", "existing"), ("document", "created")]


def test_partner_without_this_consent_reads_the_sentence_of_the_dialect(vendor: Vendor, alice: Person) -> None:
    vendor.pairs(alice)
    with pytest.raises(kit.ConsentMissing) as missing:
        kit.push_measure(vendor.partner, "alice", measures.weight(vendor.taken(), kg=62.4))
    assert (missing.value.status, missing.value.text) == (403, "Consent not given, access refused.")
    with pytest.raises(kit.ConsentMissing):
        kit.last_measure(vendor.partner, "alice", "29463-7")


def test_partner_whose_value_no_living_person_has_reads_why(vendor: Vendor, alice: Person) -> None:
    vendor.pairs(alice, WEIGHT)
    with pytest.raises(kit.Refused, match="Observation resource not valid") as refusal:
        kit.push_measure(vendor.partner, "alice", measures.weight(vendor.taken(), kg=6240))
    assert refusal.value.status == 422


def changed(person: Person, change: Callable[..., object]) -> None:
    """Change the person's link as the home pages do."""
    from authz.pairing import pairings

    with standing.unit_in(person.app):
        change(pairings.list_of_profile(person.profile_id())[0], by=person.account_id)


def test_partner_learns_of_a_pause_and_goes_on_after_it(vendor: Vendor, alice: Person) -> None:
    from authz.pairing import pairings

    vendor.pairs(alice, WEIGHT)
    bundle = measures.weight(vendor.taken(), kg=62.4)
    changed(alice, lambda link, by: pairings.pause(link, datetime.now(UTC) + timedelta(days=3), by=by))
    with pytest.raises(kit.PairingOver) as over:
        kit.push_measure(vendor.partner, "alice", bundle)
    assert over.value.state == "paused"
    vendor.goes_stale()
    changed(alice, pairings.resume)
    kit.push_measure(vendor.partner, "alice", bundle)


def test_partner_learns_of_the_end_from_its_push_and_from_its_refresh(vendor: Vendor, alice: Person) -> None:
    from authz.pairing import pairings

    before = vendor.pairs(alice, WEIGHT)
    bundle = measures.weight(vendor.taken(), kg=62.4)
    changed(alice, pairings.end)
    with pytest.raises(kit.PairingOver, match="ended") as over:
        kit.push_measure(vendor.partner, "alice", bundle)
    assert (over.value.state, over.value.status) == ("ended", 403)
    vendor.partner.store.save("alice", replace(before, expires_at=datetime.now(UTC)))
    with pytest.raises(kit.PairingOver) as over:
        kit.current(vendor.partner, "alice")
    assert (over.value.state, over.value.code) == ("ended", "invalid_grant")


def test_partner_disconnects_and_its_tokens_die(vendor: Vendor, alice: Person) -> None:
    before = vendor.pairs(alice, WEIGHT)
    bundle = measures.weight(vendor.taken(), kg=62.4)
    assert kit.disconnect(vendor.partner, "alice")
    with pytest.raises(kit.NotPaired):
        kit.push_measure(vendor.partner, "alice", bundle)
    vendor.partner.store.save("alice", before)
    with pytest.raises(kit.PairingOver):
        kit.push_measure(vendor.partner, "alice", bundle)
