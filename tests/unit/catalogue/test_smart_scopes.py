"""SMART scopes as a grammar, and how they become units of consent: nothing unread opens anything, nothing widens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authz.catalogue import scopes, smart
from authz.clients import smart_scopes
from authz.clients.smart_scopes import is_within, lets_through, meet, read, read_limit, registered
from connectors.records import codes
from connectors.records.fhir_mapping.documents import CATEGORIES, CATEGORY_SYSTEM
from tests.spec import spec

SMART = "SMART App Launch"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
VITAL, LAB = f"{OBSERVATION_CATEGORY}|vital-signs", f"{OBSERVATION_CATEGORY}|laboratory"
ALL = frozenset(scopes.SCOPES)


def told(scope: str, granted: frozenset[str] = ALL, limits: str = "") -> str:
    """Return what a token response would say."""
    return smart.told(scope, granted, limits, scopes.PROTOCOL)


@spec(SMART, "scopes", "v1 words are read as the interactions of v2, and told in v1 where they say what is granted")
@pytest.mark.parametrize(
    ("name", "letters", "written"),
    [
        ("patient/Observation.read", "rs", "patient/Observation.read"),
        ("patient/Observation.write", "c", "patient/Observation.write"),
        ("patient/Observation.*", "crs", "patient/Observation.*"),
        ("patient/Observation.rs", "rs", "patient/Observation.rs"),
        ("patient/Observation.cruds", "crs", "patient/Observation.crs"),
        ("patient/Patient.r", "r", "patient/Patient.r"),
        ("patient/Patient.*", "rs", "patient/Patient.read"),
    ],
)
def test_scope_is_read_and_written(name: str, letters: str, written: str) -> None:
    (part,) = read(name)
    assert (part.letters, str(part)) == (letters, written)


@spec(SMART, "scopes", "interactions that are out of order or undefined are ignored")
@pytest.mark.parametrize(
    "name",
    [
        "patient/Observation.sr", "patient/Observation.", "patient/Observation", "patient/Observation.rx",
        "patient/Observation.ud", "patient/Condition.rs", "patient/observation.rs", "patient/Patient.c",
        "user/Observation.rs", "system/*.rs", "launch/patient", "launch", "patient/Observation.rs?",
        "patient/Observation.rs?category", "patient/Observation.rs?category=", "patient/Observation.rs?category=a,",
        "patient/Observation.rs?category=|a", "patient/Observation.rs?category=a|",
        "patient/Observation.rs?category=a|b|c",
        "patient/Observation.rs?category=a&category=b", "patient/Observation.rs?code:in=x",
        "patient/Observation.rs?patient.birthdate=1990", "patient/Observation.rs?_filter=x",
        "patient/Observation.rs?status=final", "patient/Patient.rs?category=a", "patient/Observation.read?category=a",
        "patient/DocumentReference.rs?code=a", "patient/Observation.rs?category=a%2Cb",
        "patient/Observation.rs?category=a%20b",
        "patient/Observation.rs?category=a%26code=b", "patient/Observation.rs?category=" + "a" * 201,
        "patient/Observation.rs?category=" + ",".join(map(str, range(21))), "patient/Observation.rs?category=é",
    ],
)  # fmt: skip
def test_what_is_not_understood_opens_nothing(name: str) -> None:
    assert read(name) == ()
    assert registered(name, ["patient/*.cruds"]) == []


def test_wildcard_is_every_kind_that_there_is() -> None:
    assert [str(part) for part in read("patient/*.rs")] == [f"patient/{kind}.rs" for kind in smart_scopes.DOES]
    assert [str(part) for part in read(f"patient/*.rs?category={VITAL}")] == [
        f"patient/Observation.rs?category={VITAL}", f"patient/DocumentReference.rs?category={VITAL}",
    ]  # fmt: skip


def test_query_may_be_encoded_and_is_always_written_the_same() -> None:
    encoded = VITAL.replace(":", "%3A").replace("/", "%2F").replace("|", "%7C")
    (part,) = read(f"patient/Observation.rs?code=b,a&category={encoded}")
    assert str(part) == f"patient/Observation.rs?category={VITAL}&code=a,b"


@pytest.mark.parametrize(
    ("asked", "own", "left"),
    [
        ("patient/*.rs", ["patient/Observation.r"], ["patient/Observation.r"]),
        ("patient/*.read", ["patient/*.rs"],
         ["patient/Patient.read", "patient/Observation.read", "patient/DocumentReference.read"]),
        ("patient/Observation.rs?category=a", ["patient/Observation.rs"], ["patient/Observation.rs?category=a"]),
        ("patient/Observation.rs", ["patient/Observation.rs?category=a"], ["patient/Observation.rs?category=a"]),
        ("patient/Observation.rs?category=a,b", ["patient/Observation.rs?category=a"],
         ["patient/Observation.rs?category=a"]),
        ("patient/Observation.rs?category=b", ["patient/Observation.rs?category=a"], []),
        ("patient/Observation.crs", ["patient/Observation.rs", "patient/Observation.c"], ["patient/Observation.crs"]),
        ("patient/Observation.rs", ["patient/Observation.r", "patient/Observation.rs?category=a"],
         ["patient/Observation.r", "patient/Observation.s?category=a"]),
        ("patient/Observation.rs", ["measures.read"], []),
    ],
)  # fmt: skip
def test_client_asks_for_no_more_than_is_registered(asked: str, own: list[str], left: list[str]) -> None:
    assert registered(asked, own) == left


@spec(SMART, "scopes", "scopes need the ordinary units of consent")
@pytest.mark.parametrize(
    ("scope", "units"),
    [
        ("patient/*.rs", ["measures.read", "documents.read", "profile"]),
        ("patient/Observation.c?code=http://loinc.org|29463-7", ["measures.weight.write"]),
        ("patient/Observation.c?code=29463-7,41950-7", ["measures.weight.write", "measures.steps.write"]),
        ("patient/DocumentReference.c", ["documents.summary.write"]),
        ("patient/DocumentReference.c?category=RADIO_SC", []),
        ("openid fhirUser launch/patient patient/Condition.rs", []),
    ],
)  # fmt: skip
def test_scope_needs_units_of_consent(scope: str, units: list[str]) -> None:
    assert scopes.asked(scope) == units


def test_limits_of_a_request_are_those_of_units_that_nothing_asks_for_as_a_whole() -> None:
    vital, lab = (f"patient/Observation.rs?category={name}" for name in (VITAL, LAB))
    assert smart.limits_asked(vital) == {"measures.read": f"category={VITAL}"}
    assert smart.limits_asked(f"{vital} {lab}") == {"measures.read": f"category={LAB} category={VITAL}"}
    for wide in ("patient/Observation.r", "measures.read", "patient/*.read"):
        assert "measures.read" not in smart.limits_asked(f"{vital} {wide}")
    # A query that names all of what a unit is about narrows nothing.
    assert smart.limits_asked("patient/Observation.c?code=http://loinc.org|29463-7") == {}
    assert smart.limits_asked("patient/Observation.c?code=MED-972") == {
        "measures.glucose.write": "code=" + smart.TAASIP + "MED-972"
    }


@spec(SMART, "scopes", "the granted scopes are told, narrowed to what the patient left on")
@pytest.mark.parametrize(
    ("scope", "granted", "left"),
    [
        ("openid patient/*.rs", {"measures.read"}, "openid patient/Observation.rs"),
        ("patient/*.read", {"profile", "measures.read"}, "patient/Patient.read patient/Observation.read"),
        ("patient/Observation.crs", {"measures.read"}, "patient/Observation.rs"),
        ("patient/Observation.*", {"measures.read"}, "patient/Observation.read"),
        ("patient/Observation.crs", {"measures.weight.write"}, "patient/Observation.c?code=http://loinc.org|29463-7"),
        ("patient/Observation.c?category=a", {"measures.weight.write"},
         "patient/Observation.c?category=a&code=http://loinc.org|29463-7"),
        ("launch/patient patient/Observation.rs", set(), "launch/patient"),
        ("measures.read patient/Observation.rs", {"measures.read"}, "measures.read patient/Observation.rs"),
    ],
)  # fmt: skip
def test_answer_says_what_the_patient_left_on(scope: str, granted: set[str], left: str) -> None:
    assert told(scope, frozenset(granted)) == left


def test_answer_says_the_limit_of_a_later_consent() -> None:
    limits = f"measures.read?category={VITAL}"
    assert told("patient/Observation.rs", limits=limits) == f"patient/Observation.rs?category={VITAL}"
    assert told(f"patient/Observation.rs?category={LAB}", limits=limits) == ""


@pytest.mark.parametrize(
    ("asked", "agreed", "is_enough"),
    [("", "", True), ("category=a", "", True), ("", "category=a", False), ("category=a", "category=a category=b", True),
     ("category=a category=c", "category=a category=b", False), ("category=a&code=x", "category=a", True)],
)  # fmt: skip
def test_request_is_remembered_only_within_what_was_agreed_to(asked: str, agreed: str, is_enough: bool) -> None:
    assert smart.is_within(asked, agreed) is is_enough


def test_limits_that_cannot_be_read_let_nothing_through() -> None:
    assert smart.read_limits("rubbish") == []
    reach = smart.reach("patient/Observation.rs", ALL, "measures.read?rubbish", scopes.PROTOCOL)
    assert reach.limits("measures.read", "Observation", "r") == []


def test_plain_scope_is_held_to_the_limit_of_the_consent_too() -> None:
    reach = smart.reach("openid measures.read", ALL, f"measures.read?category={VITAL}", scopes.PROTOCOL)
    assert reach.names == {"openid"}
    assert not reach.lets("measures.read", "Observation", "r", {"category": [(OBSERVATION_CATEGORY, "laboratory")]})
    assert reach.lets("measures.read", "Observation", "r", {"category": [(OBSERVATION_CATEGORY, "vital-signs")]})


def test_codes_of_units_are_those_of_the_table_of_measures() -> None:
    for unit, limit in smart.WRITE["Observation"].items():
        kinds = [kind for kind in codes.KINDS if kind.scope == unit]
        codings = {coding for kind in kinds for coding in ((kind.system, kind.code), *kind.aliases)}
        assert dict(limit)["code"] == {f"{system}|{code}" for system, code in codings}
    written = {f"{CATEGORY_SYSTEM}|{category}" for category, unit in CATEGORIES.items() if unit}
    assert dict(smart.WRITE["DocumentReference"]["documents.summary.write"])["category"] == written
    assert set(smart.WRITE["Observation"]) == {kind.scope for kind in codes.KINDS if kind.scope}


TOKENS = st.sampled_from(["a", "s|a", "t|a", "b", "s|b", "c"])
LIMITS = st.dictionaries(st.sampled_from(["category", "code"]), st.frozensets(TOKENS, min_size=1)).map(
    lambda found: tuple(sorted(found.items()))
)
CODINGS = st.tuples(st.sampled_from(["s", "t", ""]), st.sampled_from(["a", "b", "c"]))
FACTS = st.fixed_dictionaries({name: st.lists(CODINGS, max_size=2) for name in ("category", "code")})


@given(LIMITS, LIMITS, FACTS)
def test_both_limits_let_through_no_more_than_each(
    one: smart_scopes.Limit, other: smart_scopes.Limit, facts: smart_scopes.Facts
) -> None:
    both = meet(one, other)
    if both is not None and lets_through(both, facts):
        assert lets_through(one, facts)
        assert lets_through(other, facts)
    if both is not None:
        assert is_within(both, one)
        assert is_within(both, other)
    if is_within(one, other) and lets_through(one, facts):
        assert lets_through(other, facts)
    if one:
        assert read_limit(smart_scopes.query(one)) == one
