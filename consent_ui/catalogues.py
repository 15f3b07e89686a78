"""The translation catalogues: collect the texts, keep what is translated, compile. Run it after changing a text.

`python -c "from consent_ui import catalogues; catalogues.main()"` rewrites the `.po` files and the `.mo` files that a
clone runs with; English is its own translation. A text without French is left empty, and a test fails until somebody
writes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from consent_ui.i18n import CATALOGUES, LANGUAGES

HERE = Path(__file__).parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
HEADER = "# {}: the texts of the patients' pages."
# What gettext writes of dates, names and tools would change each time the catalogue is made again.
NOISE = ("POT-Creation-Date", "PO-Revision-Date", "Generated-By", "Last-Translator", "Language-Team", "Report-Msgid",
         "Project-Id-Version")  # fmt: skip
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def collect() -> Catalog:
    """Gather every text of the package, in the order of files."""
    found = Catalog()
    options = {"templates/**.html": {"silent": "false", "trimmed": "true"}}
    for path, _line, text, _comments, context in extract_from_dir(HERE, METHODS, options):
        found.add(text, None, [(path, 0)], context=context)
    return found


def merged(lang: str) -> Catalog:
    """The catalogue of a language: today's texts with the translations there are."""
    catalogue = _kept(lang)
    catalogue.update(collect(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.header_comment, catalogue.fuzzy = HEADER.format(LANGUAGES[lang]), False
    if lang == "en":
        for message in _texts(catalogue):
            message.string = message.id
    return catalogue


def missing(catalogue: Catalog) -> list[str]:
    """Texts that a language lacks, in any of their forms."""
    return [
        str(message.id)
        for message in _texts(catalogue)
        if not all(message.string if isinstance(message.string, tuple | list) else [message.string])
    ]


def po(catalogue: Catalog) -> bytes:
    """The catalogue as translators edit it."""
    out = BytesIO()
    write_po(out, catalogue, width=120, sort_by_file=True, include_lineno=False, omit_header=False)
    lines = out.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(tuple(f'"{name}' for name in NOISE))).encode()


def mo(catalogue: Catalog) -> bytes:
    """The catalogue as the server reads it."""
    catalogue.creation_date = catalogue.revision_date = EPOCH
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def path(lang: str, ending: str) -> Path:
    """Where a catalogue is kept."""
    return CATALOGUES / lang / "LC_MESSAGES" / f"messages.{ending}"


def _kept(lang: str) -> Catalog:
    if not path(lang, "po").exists():
        return Catalog(locale=lang, project="Appairage", charset="utf-8")
    with path(lang, "po").open("rb") as file:
        return read_po(file, locale=lang)


def _texts(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def main() -> None:
    """Rewrite every catalogue."""
    for lang in LANGUAGES:
        catalogue = merged(lang)
        path(lang, "po").write_bytes(po(catalogue))
        path(lang, "mo").write_bytes(mo(catalogue))
