"""Whatever a patient may meet has its words in every language: scopes, refusals, the journal, each sentence."""

from __future__ import annotations

import ast
import importlib
import io
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from authz.catalogue import scopes
from authz.errors import Refusal
from consent_ui import i18n, journal, sentences
from tests.house.sources import ROOT, product, python

LANGUAGES = ("fr", "en")
# Said in a terminal, to whoever adds accounts: their sentence is the exception's own.
TOLD_TO_OPERATORS = {
    "AccountRefused",
    "AlreadyClosed",  # on a page who is closed is signed out, and is led to sign in
    "BeingErased",
    "CaseRefused",
    "CivilFactsKept",
    "IdentifierRefused",
    "LineRefused",
    "NoSuchAccount",
    "NotClosed",
    "OperatorUnnamed",
    "PasswordRefused",
}
# Nobody's profile: what operators and the worker do.
OPERATORS = ("catalogue:", "client:", "keys:", "message:", "purge:", "space:")
PLACES = re.compile(r"%\((\w+)\)")


@cache
def _catalogue(lang: str) -> Catalog:
    path = Path(i18n.CATALOGUES) / lang / "LC_MESSAGES/messages.po"
    with path.open("rb") as file:
        return read_po(file, locale=lang)


@cache
def _sentences() -> frozenset[tuple[str, ...]]:
    """Return each sentence of the pages, with its plural where it has one."""
    methods = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
    options = {"**/templates/**.html": {"silent": "false"}}
    keywords = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
    found = extract_from_dir(str(ROOT / "consent_ui"), methods, options, keywords)
    return frozenset((message,) if isinstance(message, str) else tuple(message) for _, _, message, _, _ in found)


def _tags() -> Iterator[str]:
    """Yield each tag that is written literally into the journal."""
    for source in product():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("audit.record"):
                yield from (
                    part.value
                    for part in ast.walk(node.args[0])
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and ":" in part.value.strip(":")
                )


def test_every_scope_has_its_words_in_every_language() -> None:
    """A patient is never asked about something that nobody has put in words."""
    for name in scopes.SCOPES:
        for lang in LANGUAGES:
            assert all(vars(scopes.text(name, lang)).values()), f"{name} in {lang}"


def test_every_refusal_that_a_patient_may_meet_has_its_words() -> None:
    """Each refusal of signing in, pairing and budgets has a title and a text, and no text is without its refusal."""
    for source in python("authz", "connectors"):
        importlib.import_module(source.path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    known = {kind.__name__: kind.__module__ for kind in _kinds(Refusal)}
    near = ("authz.identity", "authz.interaction", "authz.pairing", "authz.ratelimit")
    met = {name for name, module in known.items() if module.startswith(near)} - TOLD_TO_OPERATORS
    assert met - set(sentences.REFUSALS) == set()
    assert set(sentences.REFUSALS) - set(known) == set()


def _kinds(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for below in kind.__subclasses__():
        yield below
        yield from _kinds(below)


def test_every_line_of_the_journal_has_its_words() -> None:
    """Whatever is written for a patient is a sentence on the activity page."""
    assert {tag for tag in _tags() if not tag.startswith(OPERATORS)} - set(journal.TITLES) == set()


def test_no_words_of_the_journal_are_left_over() -> None:
    """A title whose tag nobody writes tells of something that no longer happens."""
    text = "\n".join(line for source in python("authz", "connectors") for line in source.lines)
    assert [tag for tag in journal.TITLES if f'"{tag}"' not in text] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sentence_of_a_page_is_translated(lang: str) -> None:
    """French and English are both complete, with the same places to fill in, and nothing is fuzzy."""
    missing = []
    for sentence in _sentences():
        message = _catalogue(lang).get(sentence[0])
        translated = _forms(message.string) if message else ()
        places = {tuple(sorted(set(PLACES.findall(text)))) for text in (*translated, sentence[-1])}
        if not translated or not all(translated) or (message and message.fuzzy) or len(places) > 1:
            missing.append(sentence[0])
    assert missing == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_translation_is_left_over(lang: str) -> None:
    """The catalogue holds what pages say and nothing else."""
    said = {sentence[0] for sentence in _sentences()}
    assert [forms[0] for forms in _texts(_catalogue(lang)) if forms[0] not in said] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_compiled_catalogue_says_the_same_as_its_source(lang: str) -> None:
    """The compiled file is committed, so that a clone speaks both languages: it has to be current."""
    compiled = Path(i18n.CATALOGUES) / lang / "LC_MESSAGES/messages.mo"
    assert _texts(read_mo(io.BytesIO(compiled.read_bytes()))) == _texts(_catalogue(lang))


def _texts(catalogue: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    return {_forms(message.id): _forms(message.string) for message in catalogue if message.id}


def _forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())
