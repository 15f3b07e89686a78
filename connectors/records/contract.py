"""What a record store is: the values that go in and come out, and the operations every backend offers.

Every backend runs the suite `tests/contract/record_store.py`. A store keeps what it is given: consents, bounds and the
journal are its callers' business. `at` is the caller's present instant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class Origin:
    """Whose record it goes to, and through which app and pairing."""

    profile_id: str
    client_id: str
    pairing_id: str

    @classmethod
    def of_space(cls, profile_id: str) -> Origin:
        """Return the origin of what the space itself adds."""
        return cls(profile_id, "", "")


@dataclass(frozen=True)
class NewDevice:
    """The object that measured; `system` and `value` are its identifier in the app's own tree of OIDs."""

    system: str
    value: str
    resource: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NewMeasure:
    """A measure to keep; `identifier` is the app's own name for it, `resource` the FHIR elements kept as sent."""

    code: str
    effective_at: datetime
    effective_text: str
    value: float | None = None
    components: Mapping[str, float] = field(default_factory=dict)
    offset_minutes: int | None = None
    days: int | None = None
    days_code: str | None = None
    moment: str | None = None
    comment: str | None = None
    identifier: str | None = None
    source: str = ""
    device: NewDevice | None = None
    resource: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NewDocument:
    """A document to keep; `details` is what a page needs to show it without opening the file."""

    title: str
    category: str
    mime: str
    content: bytes
    effective_at: datetime
    confidentiality: tuple[str, ...] = ("N",)
    identifier: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    type_code: str | None = None


@dataclass(frozen=True)
class Put:
    """What became of something given to the store: its id, and whether it is new, kept before, or in conflict."""

    id: str
    created: bool
    device_id: str | None = None
    device_created: bool = False
    conflict: bool = False


@dataclass(frozen=True)
class Measure:
    """A measure of the record; `is_computed` when the space worked it out itself."""

    id: str
    profile_id: str
    code: str
    value: float | None
    unit: str
    components: Mapping[str, float]
    effective_at: datetime
    effective_text: str
    offset_minutes: int | None
    days: int | None
    moment: str | None
    comment: str | None
    device_id: str | None
    client_id: str
    pairing_id: str
    source: str
    created_at: datetime
    resource: Mapping[str, Any]
    is_computed: bool = False


@dataclass(frozen=True)
class Device:
    """An object that measured."""

    id: str
    system: str
    value: str
    client_id: str
    created_at: datetime
    resource: Mapping[str, Any]


@dataclass(frozen=True)
class Document:
    """A document of the record, without its bytes."""

    id: str
    profile_id: str
    category: str
    title: str
    mime: str
    size: int
    sha256: str
    sha1: str
    confidentiality: tuple[str, ...]
    details: Mapping[str, Any]
    effective_at: datetime
    client_id: str
    pairing_id: str
    created_at: datetime
    type_code: str | None = None
    identifier: str | None = None

    @property
    def is_of_space(self) -> bool:
        """Whether the space itself deposited it: no app did, and no app reads it."""
        return not self.client_id

    @property
    def is_hidden_from_professionals(self) -> bool:
        """Whether only the patient and the depositor see it."""
        return "MASQUE_PS" in self.confidentiality


@dataclass(frozen=True)
class Wanted:
    """Which measures a search is for; None is any. A category is `system|code`, or a code of any system."""

    codes: frozenset[str] | None = None
    categories: frozenset[str] | None = None


@dataclass(frozen=True)
class Found:
    """One page of a search, newest first, and how many there are in all."""

    total: int
    measures: Sequence[Measure]


class RecordStore(Protocol):
    """The operations of a record store."""

    def put_measure(self, origin: Origin, new: NewMeasure, *, at: datetime) -> Put:
        """Keep a measure and its device once: the same identity from the same app creates nothing again."""
        ...

    def put_document(self, origin: Origin, new: NewDocument, *, at: datetime) -> Put:
        """Keep a document once: the same identity from the same app creates nothing again."""
        ...

    def find_measure(self, profile_id: str, measure_id: str) -> Measure | None:
        """Find one visible measure of a profile."""
        ...

    def latest(self, profile_id: str) -> list[Measure]:
        """List the newest visible measure of each code."""
        ...

    def search(
        self,
        profile_id: str,
        code: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Found:
        """Search the visible measures of one code, newest first; `since` is included, `until` is not."""
        ...

    def select(
        self,
        profile_id: str,
        any_of: Sequence[Wanted],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Found:
        """Search the visible measures that are any of what is wanted, newest first; bounds as in `search`."""
        ...

    def list_devices(self, profile_id: str, ids: Sequence[str], *, since: datetime | None = None) -> list[Device]:
        """List devices of a profile by their ids; with `since`, those of which a measure can be seen since then."""
        ...

    def list_documents(self, profile_id: str) -> list[Document]:
        """List the visible documents of a profile, newest first, without their bytes."""
        ...

    def find_document(self, profile_id: str, document_id: str) -> Document | None:
        """Find one visible document of a profile, without its bytes."""
        ...

    def find_content(self, profile_id: str, document_id: str) -> bytes | None:
        """Find the bytes of one visible document."""
        ...

    def hide_of_pairing(
        self, profile_id: str, pairing_id: str, *, at: datetime, purge_at: datetime | None = None
    ) -> int:
        """Hide all that came through a pairing; with `purge_at` it is erased from then on. Returns how many."""
        ...

    def restore_of_pairing(self, profile_id: str, pairing_id: str) -> int:
        """Undo hiding, and an erasure that has not happened yet. Returns how many."""
        ...

    def erase_of_profile(self, profile_id: str, *, limit: int = 1000) -> int:
        """Erase all of a profile, hidden or not, up to a number of rows of each kind. Returns how many."""
        ...

    def purge(self, *, at: datetime, limit: int = 1000) -> int:
        """Erase what is due, up to a number of rows. Returns how many."""
        ...
