"""The words of messages: complete in both languages, and proof against what names bring along."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from authz.notifications import texts
from authz.notifications.contacts import LANGS
from authz.settings import Settings

APP = Flask(__name__)
APP.extensions["settings"] = Settings()
NAMES = sorted(path.stem for path in (texts.FOLDER / "fr").glob("*.txt"))


def test_each_text_exists_in_each_language_and_names_the_same_things() -> None:
    for lang in LANGS:
        assert sorted(path.stem for path in (texts.FOLDER / lang).glob("*.txt")) == NAMES
    for name in NAMES:
        named = [{i for part in texts.load(name, lang) for i in part.get_identifiers()} for lang in LANGS]
        assert named[0] == named[1], name
        assert all(part.is_valid() for lang in LANGS for part in texts.load(name, lang))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lang", LANGS)
def test_each_text_can_be_said(name: str, lang: str) -> None:
    said = {key: f"<{key}>" for part in texts.load(name, lang) for key in part.get_identifiers()}
    said |= {"day": "2027-03-01", "page": "/home"}
    with APP.app_context():
        subject, text = texts.render(name, lang, said)
    assert subject
    assert "$" not in subject + text
    assert text.endswith("\n")


def test_telling_what_cannot_be_said_is_a_fault_at_once() -> None:
    with pytest.raises(KeyError, match="app"):
        texts.check("new_document", {"profile": "Zoé"})
    with pytest.raises(FileNotFoundError):
        texts.check("no_such_text", {})
    texts.check("new_document", {"app": "Glycélia", "profile": "Zoé", "more": "than needed"})


def test_unknown_language_falls_back_to_french_and_sms_are_short() -> None:
    with APP.app_context():
        assert "est votre code" in texts.render("code", "de", {"code": "1", "minutes": "15"})[0]
        assert len(texts.render("code", "en", {"code": "123456", "minutes": "15"}, is_short=True)[1]) < 153
        assert texts.render("new_device", "en", {"browser": "x"}, is_short=True)[1]


@given(st.text())
def test_name_from_outside_forges_neither_header_nor_paragraph_nor_link(name: str) -> None:
    with APP.app_context():
        subject, text = texts.render(
            "pairing_opened", "fr", {"app": name + "\r\nBcc: x@y.org http://evil.example $home", "profile": "x"}
        )
    assert subject.isprintable()
    assert "\nBcc" not in text
    assert "http://evil" not in text
    assert text.count("\n") == 6


@pytest.mark.parametrize("page", ["https://evil.example/", "javascript:x", "", "evil", "@evil.example/"])
def test_message_leads_to_this_server_alone(page: str) -> None:
    with APP.app_context():
        assert texts.page_address({"page": page}) == "http://localhost:8000/"
        assert texts.page_address({"page": "/home/services"}) == "http://localhost:8000/home/services"


def test_days_are_written_in_the_language_of_the_message() -> None:
    said = {"app": "G", "profile": "P", "day": "2027-03-01"}
    with APP.app_context():
        assert "le 1er mars 2027" in texts.render("pairing_ending", "fr", said)[1]
        assert "on 1 March 2027" in texts.render("pairing_ending", "en", said)[1]
