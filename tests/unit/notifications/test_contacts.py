"""Addresses: which are taken, how they are shown."""

from __future__ import annotations

import pytest

from authz.notifications.contacts import ContactRefused, Reach, as_email, as_phone, mask_email, mask_phone


@pytest.mark.parametrize(
    "text", ["alice@example.org", " a.b+c@sous.domaine.example ", "élise@exemple.fr", "o'neil@x.ie"]
)
def test_address_is_taken_as_it_is_written_to(text: str) -> None:
    assert as_email(text) == text.strip()


@pytest.mark.parametrize(
    "text", ["", "alice", "a@b@c", "a b@c.org", "a@c.org\nBcc: x@y.org", "a,b@c.org", "<a@c.org>", "a@" + "x" * 190]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ContactRefused):
        as_email(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("06 12 34 53 39", "+33612345339"),
        ("+33 (0)6 12 34 53 39", "+33612345339"),
        ("+32.470.12.34.56", "+32470123456"),
        ("+1 (202) 555-0123", "+12025550123"),
    ],
)
def test_number_is_taken_in_one_spelling(text: str, number: str) -> None:
    assert as_phone(text) == number


@pytest.mark.parametrize("text", ["12", "+0612345678", "06 12 34 53 3", "+33 6 12 34 53 39 00 00 00", "call me"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ContactRefused):
        as_phone(text)


@pytest.mark.parametrize(
    ("email", "shown"),
    [("camu@example.org", "c•••••u@example.org"), ("ab@example.org", "a•••••@example.org"), ("a@x.fr", "a•••••@x.fr")],
)
def test_address_is_shown_masked(email: str, shown: str) -> None:
    assert mask_email(email) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("+33612345339", "+33 ••••••339"), ("+12025550123", "+1 ••••••123"), ("+3545551234", "+3 ••••••234")],
)
def test_number_is_shown_masked(phone: str, shown: str) -> None:
    assert mask_phone(phone) == shown


def test_reach_knows_which_address_a_channel_wants() -> None:
    reach = Reach(lang="fr", email="a@x.fr", phone="+33612345339")
    assert [reach.address(channel) for channel in ("email", "sms", "letter")] == ["a@x.fr", "+33612345339", None]
