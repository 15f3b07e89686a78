"""SMS through Twilio's own client, against a stand-in that answers as Twilio describes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from authz.errors import Unavailable
from authz.notifications.channels import sms
from authz.notifications.channels.envelope import Envelope
from authz.settings import Settings
from tests.fakes.twilio import RESOURCE, SID, TOKEN, Twilio, twilio

FROM = "+33755550100"
SERVICE = "MG" + "0123456789abcdef" * 2


def _deliver(fake: Twilio, envelope: Envelope, config: Settings, *, sender: str = FROM, token: str = TOKEN) -> None:
    url = f"twilio://{SID}:{token}@{sender}?base={fake.base}"
    sms.deliver(replace(envelope, to="+33612345339"), replace(config, sms_url=url))


def test_patient_receives_a_short_message(envelope: Envelope, config: Settings) -> None:
    with twilio() as fake:
        _deliver(fake, envelope, config)
        _deliver(fake, envelope, config, sender="MonEspace")
        _deliver(fake, envelope, config, sender=SERVICE)
    told = [(one["to"], one["from"], one["messaging_service_sid"], one["body"]) for one in fake.messages]
    text = envelope.text.strip()
    assert told == [
        ("+33612345339", FROM, None, text),
        ("+33612345339", "MonEspace", None, text),
        ("+33612345339", None, SERVICE, text),
    ]


@pytest.mark.parametrize(
    ("status", "code", "retry"),
    [
        (400, 21211, False),
        (400, 21610, False),
        (400, 21408, False),
        (429, 20429, True),
        (500, 20500, True),
        (400, 30001, True),
    ],
)
def test_refusal_is_final_only_when_the_number_is_hopeless(
    envelope: Envelope, config: Settings, status: int, code: int, retry: bool
) -> None:
    with twilio() as fake:
        fake.next_errors = [(status, code)]
        with pytest.raises(Unavailable, match=f"twilio: {status} {code}") as unavailable:
            _deliver(fake, envelope, config)
    assert unavailable.value.retry is retry


def test_wrong_credentials_are_tried_again_until_the_operator_mends_them(envelope: Envelope, config: Settings) -> None:
    with twilio() as fake, pytest.raises(Unavailable, match="401 20003") as unavailable:
        _deliver(fake, envelope, config, token="wrong")
    assert unavailable.value.retry
    assert fake.messages == []


def test_garbled_answer_and_silence_are_tried_again(envelope: Envelope, config: Settings) -> None:
    with twilio() as fake:
        fake.next_body = b"<html>"
        with pytest.raises(Unavailable) as unavailable:
            _deliver(fake, envelope, config)
        assert unavailable.value.retry
    fake.base = "http://127.0.0.1:1"
    with pytest.raises(Unavailable) as unavailable:
        _deliver(fake, envelope, config)
    assert unavailable.value.retry


def test_without_credentials_nothing_is_sent(envelope: Envelope, config: Settings) -> None:
    with pytest.raises(Unavailable):
        sms.deliver(envelope, replace(config, sms_url="twilio://nobody"))


def test_sink_is_the_default(envelope: Envelope, config: Settings, tmp_path: Path) -> None:
    sms.deliver(envelope, config)
    assert json.loads((tmp_path / "sms" / f"{envelope.id}.json").read_text())["to"] == envelope.to


def test_stand_in_is_as_strict_as_twilio() -> None:
    fake, sure = Twilio(), (SID, f"{SID}:{TOKEN}")
    whole = {"To": "+33612345339", "From": FROM, "Body": "x"}
    status, resource = fake.create(*sure, whole)
    assert (status, set(resource)) == (201, RESOURCE)
    assert fake.create(*sure, whole | {"Colour": "blue"})[1]["code"] == 20001
    assert fake.create(*sure, whole | {"StatusCallback": "not an address"})[1]["code"] == 21609
    for without, code in (("Body", 21602), ("From", 21603), ("To", 21211)):
        assert fake.create(*sure, {k: v for k, v in whole.items() if k != without})[1]["code"] == code


@pytest.mark.parametrize(("said", "wait"), [("17", 17), ("999999", sms.LONGEST_WAIT), ("", 0), ("soon", 0), ("-5", 0)])
def test_provider_that_asks_for_a_pause_is_given_one(
    envelope: Envelope, config: Settings, said: str, wait: int
) -> None:
    with twilio() as fake:
        fake.next_errors, fake.retry_after = [(429, 20429)], said
        with pytest.raises(Unavailable, match="429 20429") as unavailable:
            _deliver(fake, envelope, config)
    assert (unavailable.value.retry, unavailable.value.wait) == (True, wait)


def test_report_is_asked_for_where_the_provider_reaches_us(envelope: Envelope, config: Settings) -> None:
    """Over https alone: nobody outside reaches a loopback."""
    with twilio() as fake:
        _deliver(fake, envelope, config)
        _deliver(fake, envelope, replace(config, issuer="http://localhost:8000"))
    assert fake.callbacks == [f"https://space.example/sms/reports/{envelope.id}", ""]


def test_problem_in_the_newer_form_is_read_as_well(envelope: Envelope, config: Settings) -> None:
    """RFC 9457, which Twilio's newer services answer with."""
    told = {"type": "https://www.twilio.com/docs/errors/21610", "title": "Stopped", "status": 400, "code": 21610}
    with twilio() as fake:
        fake.next_errors, fake.next_body = [(400, 21610)], json.dumps(told).encode()
        with pytest.raises(Unavailable, match="twilio: 400 21610") as unavailable:
            _deliver(fake, envelope, config)
    assert not unavailable.value.retry
