"""Which passwords are accepted, and how they are kept."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from authz.identity import passwords
from authz.identity.passwords import PasswordRefused, check_shape

PERSONAL = ["alice.martin", "Alice", "Martin", "1958", "Al"]


@pytest.mark.parametrize(
    "password",
    [
        "Vingt-trois hérissons bleus",
        "kT9#mzQ2!wLp7",
        "un vélo rouge dans la cour",
        "pluie-tabouret-violon",
        "x" * 3 + "kzQ28wLpRt",
    ],
)
def test_patient_chooses_a_strong_password(password: str) -> None:
    check_shape(password, personal=PERSONAL)


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("kT9#mzQ2!wL", "short"),
        ("k" * 257, "long"),
        ("Alice-kT9#mzQ2!", "personal"),
        ("xx M@rtin kzQ28wLp", "personal"),
        ("ALÏCE kzQ28wLpRt", "personal"),
        ("motdepasse123", "common"),
        ("M0td3p@sse2026!", "common"),
        ("aaaaaaaaaaaaaaaa", "common"),
        ("abcdefghijklmnop", "common"),
        ("azertyuiop2026", "common"),
        ("correct horse battery staple", "common"),
        ("Passw0rd-Passw0rd", "common"),
        ("123456789012345", "common"),
    ],
)
def test_patient_cannot_choose_a_weak_password(password: str, rule: str) -> None:
    with pytest.raises(PasswordRefused) as refused:
        check_shape(password, personal=PERSONAL)
    assert refused.value.params["rule"] == rule


def test_password_is_kept_as_argon2id_with_our_parameters() -> None:
    kept = passwords.hash_of("Vingt-trois hérissons bleus")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.is_right("Vingt-trois hérissons bleus", kept)
    assert passwords.is_right("Vingt-trois he\u0301rissons bleus", kept), "the same keys on another keyboard"
    assert not passwords.is_right("vingt-trois hérissons bleus", kept)
    assert not passwords.is_outdated(kept)


def test_without_an_account_the_answer_is_no_even_for_the_decoy() -> None:
    assert not passwords.is_right("anything", None)
    assert not passwords.is_right("\ud800", None), "what is no text is no fault either"
    assert not passwords.is_right("anything", "not a hash")


def test_hash_made_with_other_parameters_is_outdated() -> None:
    assert passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x"))
