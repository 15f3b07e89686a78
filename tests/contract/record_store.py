"""The suite every record store runs: subclass it and give the fixture `store`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.records import codes
from connectors.records.contract import NewDevice, NewDocument, NewMeasure, Origin, RecordStore

NOW = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)
ALICE = Origin("a" * 32, "glucoapp", "1" * 32)
ALICE_AGAIN = replace(ALICE, pairing_id="2" * 32)
ALICE_OTHERAPP = replace(ALICE, client_id="otherapp", pairing_id="3" * 32)
ZOE = replace(ALICE, profile_id="b" * 32, pairing_id="4" * 32)
SENSOR = NewDevice("urn:oid:1.2.3", "SN-1", {"type": {"text": "capteur"}})
WEIGHT = NewMeasure(codes.WEIGHT, NOW, NOW.isoformat(), 64.2, source="urn:oid:1.2.3", resource={"status": "final"})
REPORT = NewDocument("Rapport", "SYNTHESE", "application/pdf", b"%PDF-1", NOW, details={"n": 1})
Unit = Callable[[], AbstractContextManager[Any]]


def weighed(days_ago: int, value: float) -> NewMeasure:
    """Return a weight of some days ago."""
    return replace(WEIGHT, effective_at=NOW - timedelta(days=days_ago), value=value)


class RecordStoreContract:
    """What any record store does; a class that runs it has a fixture `store`."""

    def test_store_keeps_a_measure_whole(self, store: RecordStore, unit: Unit) -> None:
        new = replace(
            WEIGHT, code=codes.GMI, value=5.6, components={}, offset_minutes=60, days=14, days_code="GEN-276",
            moment="LA46-8", comment="é", device=SENSOR, identifier="a|1",
        )  # fmt: skip
        with unit():
            put = store.put_measure(ALICE, new, at=NOW)
            assert (put.created, put.device_created, put.conflict) == (True, True, False)
        with unit():
            found = store.find_measure(ALICE.profile_id, put.id)
            assert found is not None
            assert (found.code, found.value, found.unit, found.days, found.moment, found.comment) == (
                codes.GMI, 5.6, "%", 14, "LA46-8", "é",
            )  # fmt: skip
            assert (found.effective_at, found.effective_text, found.offset_minutes) == (NOW, NOW.isoformat(), 60)
            assert (found.client_id, found.pairing_id, found.created_at) == ("glucoapp", ALICE.pairing_id, NOW)
            assert found.resource == {"status": "final"}
            devices = store.list_devices(ALICE.profile_id, [put.device_id or ""])
            assert [(device.system, device.value, device.resource) for device in devices] == [
                ("urn:oid:1.2.3", "SN-1", {"type": {"text": "capteur"}})
            ]
            assert store.list_devices(ZOE.profile_id, [put.device_id or ""]) == []
            assert store.list_devices(ALICE.profile_id, [put.device_id or ""], since=NOW) == devices
            later = NOW + timedelta(seconds=1)
            assert store.list_devices(ALICE.profile_id, [put.device_id or ""], since=later) == []

    def test_store_keeps_a_repeat_once_and_answers_as_the_first_time(self, store: RecordStore, unit: Unit) -> None:
        new = replace(WEIGHT, device=SENSOR)
        with unit():
            first = store.put_measure(ALICE, new, at=NOW)
        with unit():
            again = store.put_measure(ALICE_AGAIN, new, at=NOW + timedelta(days=1))
            assert again == replace(first, created=False)
            other = store.put_measure(ALICE, replace(weighed(1, 64.3), device=SENSOR), at=NOW)
            assert (other.created, other.device_created, other.device_id) == (True, False, first.device_id)
            assert store.search(ALICE.profile_id, codes.WEIGHT).total == 2

    def test_store_keeps_the_same_content_apart_by_app_and_profile(self, store: RecordStore, unit: Unit) -> None:
        with unit():
            ids = {store.put_measure(origin, WEIGHT, at=NOW).id for origin in (ALICE, ALICE_OTHERAPP, ZOE)}
            assert len(ids) == 3
            assert store.search(ALICE.profile_id, codes.WEIGHT).total == 2
            assert store.search(ZOE.profile_id, codes.WEIGHT).total == 1

    def test_store_overwrites_nothing_under_the_same_identifier(self, store: RecordStore, unit: Unit) -> None:
        with unit():
            first = store.put_measure(ALICE, replace(WEIGHT, identifier="a|1"), at=NOW)
            clash = store.put_measure(ALICE, replace(WEIGHT, identifier="a|1", value=80.0), at=NOW)
            assert (clash.id, clash.created, clash.conflict) == (first.id, False, True)
            found = store.find_measure(ALICE.profile_id, first.id)
            assert found is not None
            assert found.value == 64.2

    def test_stranger_finds_nothing(self, store: RecordStore, unit: Unit) -> None:
        with unit():
            measure = store.put_measure(ALICE, WEIGHT, at=NOW)
            document = store.put_document(ALICE, REPORT, at=NOW)
            assert store.find_measure(ZOE.profile_id, measure.id) is None
            assert store.find_document(ZOE.profile_id, document.id) is None
            assert store.find_content(ZOE.profile_id, document.id) is None
            assert store.latest(ZOE.profile_id) == []
            assert store.list_documents(ZOE.profile_id) == []

    def test_reader_gets_the_newest_of_each_code(self, store: RecordStore, unit: Unit) -> None:
        with unit():
            for new in (weighed(2, 66), weighed(0, 64), weighed(1, 65), replace(WEIGHT, code=codes.GMI, value=5.6)):
                store.put_measure(ALICE, new, at=NOW)
            found = {measure.code: measure.value for measure in store.latest(ALICE.profile_id)}
            assert found == {codes.WEIGHT: 64.0, codes.GMI: 5.6}

    def test_reader_pages_through_a_search(self, store: RecordStore, unit: Unit) -> None:
        with unit():
            for day in range(5):
                store.put_measure(ALICE, weighed(day, 60 + day), at=NOW)
            page = store.search(ALICE.profile_id, codes.WEIGHT, limit=2, offset=2)
            assert page.total == 5
            assert [measure.value for measure in page.measures] == [62.0, 63.0]
            since, until = NOW - timedelta(days=3), NOW - timedelta(days=1)
            bounded = store.search(ALICE.profile_id, codes.WEIGHT, since=since, until=until)
            assert [measure.value for measure in bounded.measures] == [62.0, 63.0]
            assert bounded.total == 2
            assert store.search(ALICE.profile_id, codes.GMI).total == 0

    def test_store_keeps_a_document_once_with_its_bytes(self, store: RecordStore, unit: Unit) -> None:
        new = replace(REPORT, confidentiality=("N", "MASQUE_PS"), identifier="a|1", type_code="11503-0")
        with unit():
            put = store.put_document(ALICE, new, at=NOW)
            again = store.put_document(ALICE, new, at=NOW)
            assert (put.created, again.created, again.id, again.conflict) == (True, False, put.id, False)
            assert store.put_document(ALICE, replace(new, content=b"other"), at=NOW).conflict
            found = store.find_document(ALICE.profile_id, put.id)
            assert found is not None
            assert store.list_documents(ALICE.profile_id) == [found]
            assert (found.title, found.size, found.details, found.confidentiality, found.identifier) == (
                "Rapport", 6, {"n": 1}, ("N", "MASQUE_PS"), "a|1",
            )  # fmt: skip
            assert found.sha256 == hashlib.sha256(b"%PDF-1").hexdigest()
            assert store.find_content(ALICE.profile_id, put.id) == b"%PDF-1"

    def test_patient_hides_what_a_pairing_brought_and_takes_it_back(self, store: RecordStore, unit: Unit) -> None:
        with unit():
            measure = store.put_measure(ALICE, WEIGHT, at=NOW)
            document = store.put_document(ALICE, REPORT, at=NOW)
            store.put_measure(ALICE_OTHERAPP, WEIGHT, at=NOW)
            assert store.hide_of_pairing(ALICE.profile_id, ALICE.pairing_id, at=NOW) == 2
            assert store.find_measure(ALICE.profile_id, measure.id) is None
            assert store.find_content(ALICE.profile_id, document.id) is None
            assert [found.client_id for found in store.latest(ALICE.profile_id)] == ["otherapp"]
            assert store.list_documents(ALICE.profile_id) == []
        with unit():
            assert store.restore_of_pairing(ALICE.profile_id, ALICE.pairing_id) == 2
            assert store.find_measure(ALICE.profile_id, measure.id) is not None

    def test_app_sends_hidden_data_again_through_a_new_pairing_and_they_show(
        self, store: RecordStore, unit: Unit
    ) -> None:
        with unit():
            store.put_measure(ALICE, WEIGHT, at=NOW)
            store.put_document(ALICE, REPORT, at=NOW)
            store.hide_of_pairing(ALICE.profile_id, ALICE.pairing_id, at=NOW, purge_at=NOW)
            assert not store.put_measure(ALICE, WEIGHT, at=NOW).created
            assert store.latest(ALICE.profile_id) == []
            assert not store.put_measure(ALICE_AGAIN, WEIGHT, at=NOW).created
            assert not store.put_document(ALICE_AGAIN, REPORT, at=NOW).created
            assert [found.pairing_id for found in store.latest(ALICE.profile_id)] == [ALICE_AGAIN.pairing_id]
            assert len(store.list_documents(ALICE.profile_id)) == 1
            assert store.purge(at=NOW + timedelta(days=1)) == 0

    def test_space_is_erased_in_parts_and_no_other_with_it(self, store: RecordStore, unit: Unit) -> None:
        with unit():
            for days in range(3):
                store.put_measure(ALICE, replace(weighed(days, 60), device=SENSOR), at=NOW)
            store.put_document(ALICE, REPORT, at=NOW)
            store.hide_of_pairing(ALICE.profile_id, ALICE.pairing_id, at=NOW)
            kept = store.put_measure(ZOE, replace(WEIGHT, device=SENSOR), at=NOW)
            counts = [store.erase_of_profile(ALICE.profile_id, limit=2) for _ in range(3)]
            assert counts == [4, 1, 0]
            assert store.restore_of_pairing(ALICE.profile_id, ALICE.pairing_id) == 0
            assert store.find_measure(ZOE.profile_id, kept.id) is not None
            assert store.list_devices(ZOE.profile_id, [kept.device_id or ""])

    def test_operator_purges_what_is_due_and_nothing_else(self, store: RecordStore, unit: Unit) -> None:
        with unit():
            put = store.put_measure(ALICE, replace(WEIGHT, device=SENSOR), at=NOW)
            store.put_document(ALICE, REPORT, at=NOW)
            shared = store.put_measure(ALICE_AGAIN, replace(weighed(1, 60), device=NewDevice("s", "kept")), at=NOW)
            due = NOW + timedelta(days=7)
            store.hide_of_pairing(ALICE.profile_id, ALICE.pairing_id, at=NOW, purge_at=due)
            assert store.purge(at=NOW) == 0
            assert store.purge(at=due) == 2
            assert store.restore_of_pairing(ALICE.profile_id, ALICE.pairing_id) == 0
            kept = [put.device_id or "", shared.device_id or ""]
            assert [device.id for device in store.list_devices(ALICE.profile_id, kept)] == [shared.device_id]
            assert store.put_measure(ALICE, replace(WEIGHT, device=SENSOR), at=NOW).created
