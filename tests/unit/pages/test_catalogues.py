"""The translation catalogues are what the program makes of the texts today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from consent_ui import catalogues
from consent_ui.i18n import LANGUAGES

# French puts a no-break space before these, and after an opening quote: an ordinary one would break lines there.
BREAKABLE = re.compile(r" [:;?!»](?!\()|« ")


@pytest.mark.parametrize("lang", list(LANGUAGES))
def test_catalogue_is_current_and_complete(lang: str) -> None:
    catalogue = catalogues.merged(lang)
    assert catalogues.missing(catalogue) == []
    assert catalogues.path(lang, "po").read_bytes() == catalogues.po(catalogue)
    assert catalogues.path(lang, "mo").read_bytes() == catalogues.mo(catalogue)


def test_french_never_breaks_a_line_before_its_marks() -> None:
    lines = catalogues.path("fr", "po").read_text(encoding="utf-8").splitlines()
    said = [line for line in lines if not line.startswith(("msgid", "#"))]
    assert [line for line in said if BREAKABLE.search(line) and "Plural-Forms" not in line] == []


def test_text_that_nobody_translated_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "CATALOGUES", tmp_path)
    for lang in LANGUAGES:
        (tmp_path / lang / "LC_MESSAGES").mkdir(parents=True)
    catalogues.main()
    assert "Sign in" in catalogues.missing(catalogues.merged("fr"))
    assert catalogues.missing(catalogues.merged("en")) == []
    assert (tmp_path / "fr/LC_MESSAGES/messages.mo").exists()
