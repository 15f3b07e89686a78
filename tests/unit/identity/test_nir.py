"""The social security number and the serial of its card, as people type them."""

from __future__ import annotations

import pytest
from stdnum.fr import nir as authority

from authz.identity.nir import CardRefused, NirRefused, as_card_serial, as_nir

# Made up: no such communes, keys as they should be.
LYON, CORSE_A, CORSE_B = "2580469999001", "185052A999001", "285072B999002"


def keyed(thirteen: str) -> str:
    """Return a number with its key."""
    return thirteen + str(authority.calc_check_digits(thirteen))


@pytest.mark.parametrize("thirteen", [LYON, CORSE_A, CORSE_B, "3991299999003", "7991299999003", "8991299999003"])
def test_patient_types_a_number_with_its_right_key(thirteen: str) -> None:
    number = keyed(thirteen)
    assert as_nir(number) == number
    printed = (
        f" {number[0]} {number[1:3]} {number[3:5]} {number[5:7].lower()} {number[7:10]} {number[10:13]}-{number[13:]} "
    )
    assert as_nir(printed) == number


@pytest.mark.parametrize("thirteen", [LYON, CORSE_A, CORSE_B])
def test_patient_types_a_number_with_each_wrong_key(thirteen: str) -> None:
    right = keyed(thirteen)[13:]
    for key in (f"{number:02d}" for number in range(100)):
        if key != right:
            with pytest.raises(NirRefused) as refused:
                as_nir(thirteen + key)
            assert refused.value.params == {"rule": "key"}


def test_one_department_of_corsica_is_not_the_other() -> None:
    with pytest.raises(NirRefused):
        as_nir(keyed(CORSE_A).replace("2A", "2B"))


@pytest.mark.parametrize(
    "text",
    [
        *("", "2580469999001", keyed(LYON) + "1", "5" + keyed(LYON)[1:], keyed(LYON)[:5] + "3A" + keyed(LYON)[7:]),
        *("alice.martin", "²580469999001" + "00", keyed(LYON).replace("2", "٢"), keyed(LYON) + "\x00", "1" * 5000),
    ],
)
def test_patient_types_no_number_at_all(text: str) -> None:
    with pytest.raises(NirRefused) as refused:
        as_nir(text)
    assert refused.value.params == {"rule": "shape"}
    assert not text or text not in str(vars(refused.value))


def test_patient_types_the_serial_of_the_card() -> None:
    assert as_card_serial("80250 00001 12345678901") == "12345678901"
    assert as_card_serial(" 123 4567-8901 ") == "12345678901"


@pytest.mark.parametrize("text", ["", "1234567890", "1234567890A", "¹²³⁴⁵⁶⁷⁸⁹⁰¹", "١٢٣٤٥٦٧٨٩٠١", "12345678901\x00"])
def test_patient_types_no_serial(text: str) -> None:
    with pytest.raises(CardRefused):
        as_card_serial(text)
