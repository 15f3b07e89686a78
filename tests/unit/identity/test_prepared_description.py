"""What an operator's register must say of each person, and what is refused without a word about them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from flask import Flask

from authz.identity import pivot
from authz.identity.prepared_description import RULES, LineRefused, described

TODAY = date(2026, 11, 24)
JEANNE: dict[str, Any] = {
    "given_name": "Jeanne",
    "family_name": "Lefèvre",
    "birthdate": "1958-04-12",
    "nir": "2 58 04 69 999 001 14",
    "card_serial": "80250 12345678901",
}
ZOE: dict[str, Any] = {
    "given_name": "Zoé",
    "family_name": "Lefèvre",
    "birthdate": "2017-09-02",
    "nir": "217096999900562",
    "representative_nir": "258046999900114",
}


def test_operator_describes_an_adult(app: Flask) -> None:
    more = {"email": " jeanne@example.org", "phone": "06 12 34 56 78", "lang": "en-GB", "address": "1 rue|69000 Lyon|"}
    with app.app_context():
        found = described(JEANNE | more | {"colour": "blue", "gender": ""}, today=TODAY)
    assert (found.space.nir, found.space.card) == ("258046999900114", "12345678901")
    assert (found.space.email, found.space.phone, found.space.lang) == ("jeanne@example.org", "+33612345678", "en")
    assert found.address == ("1 rue", "69000 Lyon")
    assert not found.is_minor
    assert found.space.pivot_digest is None


def test_operator_describes_a_child(app: Flask) -> None:
    with app.app_context():
        found = described(ZOE | {"address": ["1 rue", "69000 Lyon"]}, today=TODAY)
        both = described(ZOE | {"representative_nir": "258046999900114; 180016999900402"}, today=TODAY)
    assert found.is_minor
    assert found.space.representatives == ("258046999900114",)
    assert len(both.space.representatives) == 2
    assert found.space.card == ""


def test_operator_describes_a_pivot_identity(app: Flask) -> None:
    told = {"gender": "F", "birthplace": "69123", "birthcountry": "99100", "given_names": "Jeanne Marie"}
    with app.app_context():
        found = described(JEANNE | told, today=TODAY).space
        known = pivot.of(
            family_name="LEFEVRE", given_names="JEANNE MARIE", gender="female", birthdate="1958-04-12",
            birthplace="69123", birthcountry="99100",
        )  # fmt: skip
        assert found.pivot_digest == pivot.digest(known)
    assert json.loads(found.pivot)["given_names"] == "JEANNE MARIE"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"given_name": ""}, "missing"),
        ({"nir": None}, "missing"),
        ({"family_name": ["x"]}, "text"),
        ({"family_name": True}, "text"),
        ({"family_name": "x" * 201}, "text"),
        ({"family_name": "Le\x00f"}, "text"),
        ({"family_name": "Lef\udce8vre"}, "text"),
        ({"birthdate": "12/04/1958"}, "birthdate"),
        ({"birthdate": "19580412"}, "birthdate"),
        ({"birthdate": "1958-02-30"}, "birthdate"),
        ({"birthdate": "2030-01-01"}, "birthdate"),
        ({"nir": "2580469999001"}, "nir_shape"),
        ({"nir": "258046999900115"}, "nir_key"),
        ({"card_serial": ""}, "card"),
        ({"card_serial": "123"}, "card"),
        ({"gender": "F"}, "identity"),
        ({"gender": "F", "birthplace": "Lyon", "birthcountry": "99100"}, "identity"),
        ({"email": "nobody"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"lang": "de"}, "lang"),
        ({"representative_nir": "258046999900114"}, "representative"),
        ({"birthdate": "2017-09-02"}, "representative"),
        ({"birthdate": "2017-09-02", "representative_nir": "258046999900115"}, "representative"),
        ({"birthdate": "2017-09-02", "representative_nir": ["258046999900114"] * 3}, "representative"),
        ({"birthdate": "2017-09-02", "representative_nir": {"a": 1}}, "text"),
        ({"address": "|".join("1234567")}, "text"),
    ],
)
def test_a_line_that_cannot_be_used_is_refused_with_a_rule(app: Flask, changes: dict[str, Any], rule: str) -> None:
    with app.app_context(), pytest.raises(LineRefused) as refused:
        described(JEANNE | changes, today=TODAY)
    assert refused.value.params == {"rule": rule}
    assert rule in RULES


def test_a_line_that_says_nothing_is_refused(app: Flask) -> None:
    with app.app_context(), pytest.raises(LineRefused) as refused:
        described(None, today=TODAY)
    assert refused.value.params == {"rule": "unreadable"}
    with app.app_context(), pytest.raises(LineRefused) as refused:
        described(JEANNE, today=TODAY, needs_email=True)
    assert refused.value.params == {"rule": "reach"}
