"""E-mail over a real SMTP server: encrypted, signed in, refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from authz.errors import Unavailable
from authz.notifications.channels import CHANNELS, email
from authz.notifications.channels.envelope import Envelope
from authz.settings import Settings
from tests.fakes.smtp import mail_server


def test_patient_receives_a_letter_in_clear_words(envelope: Envelope, config: Settings) -> None:
    with mail_server() as server:
        CHANNELS["email"](envelope, replace(config, mail_url=f"smtp://127.0.0.1:{server.port}"))
    letter = server.received[0]
    assert server.recipients == ["alice@example.org"]
    assert letter["Subject"] == envelope.subject
    assert letter["From"] == "Mon dossier santé <no-reply@space.example>"
    assert letter["Message-ID"] == f"<{envelope.id}@space.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Content-Language"] == "fr"
    assert letter.get_content().replace("\r\n", "\n") == envelope.text


def test_letter_is_encrypted_wherever_the_server_can(envelope: Envelope, config: Settings, certificate: Path) -> None:
    with mail_server(starttls=certificate.parent, login=("space", "pass:word@1")) as server:
        url = f"smtp://space:{quote('pass:word@1', safe='')}@localhost:{server.port}"
        email.deliver(envelope, replace(config, mail_url=url, outbound_ca=str(certificate)))
    with mail_server(tls=certificate.parent) as other:
        email.deliver(
            envelope, replace(config, mail_url=f"smtps://localhost:{other.port}", outbound_ca=str(certificate))
        )
    assert server.encrypted == other.encrypted == [True]


def test_letter_is_not_sent_to_a_server_nobody_vouches_for(
    envelope: Envelope, config: Settings, certificate: Path
) -> None:
    with mail_server(starttls=certificate.parent) as server:
        with pytest.raises(Unavailable) as unavailable:
            email.deliver(envelope, replace(config, mail_url=f"smtp://localhost:{server.port}"))
        assert unavailable.value.retry
    assert server.received == []


@pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])
def test_letter_is_not_sent_in_clear_beyond_loopback_unless_the_operator_says_so(
    envelope: Envelope, config: Settings
) -> None:
    with mail_server(host="127.0.0.2") as server:
        url = f"smtp://127.0.0.2:{server.port}"
        with pytest.raises(Unavailable) as unavailable:
            email.deliver(envelope, replace(config, mail_url=url))
        assert unavailable.value.retry
        assert server.received == []
        email.deliver(envelope, replace(config, mail_url=url + "?starttls=off"))
        assert len(server.received) == 1


def test_wrong_credentials_are_tried_again_until_the_operator_mends_them(
    envelope: Envelope, config: Settings, certificate: Path
) -> None:
    with mail_server(starttls=certificate.parent, login=("space", "right")) as server:
        url = f"smtp://space:wrong@localhost:{server.port}"
        with pytest.raises(Unavailable, match="credentials") as unavailable:
            email.deliver(envelope, replace(config, mail_url=url, outbound_ca=str(certificate)))
    assert unavailable.value.retry


@pytest.mark.parametrize(("answer", "retry"), [("550 no such person", False), ("450 busy", True)])
def test_refused_recipient_is_given_up_only_when_the_server_says_for_good(
    envelope: Envelope, config: Settings, answer: str, retry: bool
) -> None:
    with mail_server() as server:
        server.answers[envelope.to] = answer
        with pytest.raises(Unavailable, match="recipient") as unavailable:
            email.deliver(envelope, replace(config, mail_url=f"smtp://127.0.0.1:{server.port}"))
    assert unavailable.value.retry is retry


@pytest.mark.parametrize(("answer", "retry"), [("554 spam", False), ("451 later", True)])
def test_refused_letter_is_given_up_only_when_the_server_says_for_good(
    envelope: Envelope, config: Settings, answer: str, retry: bool
) -> None:
    with mail_server() as server:
        server.answer_to_data = answer
        with pytest.raises(Unavailable, match=answer[:3]) as unavailable:
            email.deliver(envelope, replace(config, mail_url=f"smtp://127.0.0.1:{server.port}"))
    assert unavailable.value.retry is retry


@pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.3"])
def test_letter_is_not_sent_to_a_server_of_another_name(
    envelope: Envelope, config: Settings, certificate: Path
) -> None:
    """Vouched for, but not for the name that the operator gave."""
    with mail_server(host="127.0.0.3", starttls=certificate.parent) as server:
        url = f"smtp://127.0.0.3:{server.port}"
        with pytest.raises(Unavailable) as unavailable:
            email.deliver(envelope, replace(config, mail_url=url, outbound_ca=str(certificate)))
    assert unavailable.value.retry
    assert server.received == []


def test_letter_whose_server_hangs_up_is_sent_again_under_the_same_id(envelope: Envelope, config: Settings) -> None:
    """Nobody knows whether it was taken: twice is better than never, and mailboxes drop what they have by its id."""
    with mail_server() as server:
        settings = replace(config, mail_url=f"smtp://127.0.0.1:{server.port}")
        server.hangs_up = True
        with pytest.raises(Unavailable) as unavailable:
            email.deliver(envelope, settings)
        assert unavailable.value.retry
        server.hangs_up = False
        email.deliver(envelope, settings)
    assert [letter["Message-ID"] for letter in server.received] == [f"<{envelope.id}@space.example>"]


def test_silent_server_is_tried_again(envelope: Envelope, config: Settings) -> None:
    with pytest.raises(Unavailable) as unavailable:
        email.deliver(envelope, replace(config, mail_url="smtp://127.0.0.1:1"))
    assert unavailable.value.retry


@pytest.mark.parametrize("form", ["", "file:{}", "file://{}"])
def test_sink_keeps_one_json_file_a_message(envelope: Envelope, config: Settings, tmp_path: Path, form: str) -> None:
    folder = tmp_path / "mail"
    for _ in range(2):
        email.deliver(envelope, replace(config, mail_url=form.format(folder)))
    files = list(folder.iterdir())
    assert [path.name for path in files] == [f"{envelope.id}.json"]
    assert json.loads(files[0].read_text()) == {
        "to": "alice@example.org",
        "subject": envelope.subject,
        "text": envelope.text,
        "created_at": "2026-11-24T12:00:00+00:00",
    }


def test_sink_that_cannot_be_written_is_tried_again(envelope: Envelope, config: Settings, tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file where the folder should be")
    with pytest.raises(Unavailable) as unavailable:
        email.deliver(envelope, config)
    assert unavailable.value.retry
