"""The readable part of an export: whose it is, the latest measures, documents, links and what is allowed, on paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext

from authz import settings
from authz.catalogue import scopes
from authz.pairing import consents, pairings
from connectors import records
from connectors.records import Document
from consent_ui import figures, links, words
from consent_ui.export.sections import Subject

MOST = 300  # lines of a table: the rest is in the file of data


def summary(subject: Subject, files: Sequence[tuple[str, Document]]) -> dict[str, Any]:
    """Return the words of the summary, in the reader's language."""
    profile, profile_id = subject.profile, subject.profile.id
    return {
        "lang": subject.lang,
        "title": gettext("My health space on paper"),
        "subject": profile.name,
        "space": settings.current().brand_name,
        "made_on": gettext("Made on %(day)s", day=words.day(subject.made_at)),
        "date": [subject.made_at.year, subject.made_at.month, subject.made_at.day],
        "note": gettext(
            "This is a summary. All measures, all activity and every detail are in the file data.json beside it."
        ),
        "page": gettext("Page {page} of {pages}"),
        "empty": gettext("Nothing here."),
        "parts": [
            _part(gettext("Whose space it is"), (gettext("What"), gettext("Value")), _facts(subject)),
            _part(
                gettext("Latest measures"),
                (gettext("Measure"), gettext("Value"), gettext("Date")),
                _measures(profile_id),
            ),
            _part(gettext("Documents"), (gettext("Title"), gettext("Date"), gettext("File")), _documents(files)),
            _part(
                gettext("Synchronised services"),
                (gettext("Service"), gettext("State"), gettext("What is allowed")),
                _links(subject),
            ),
        ],
    }


def _part(title: str, head: tuple[str, ...], rows: list[list[str]]) -> dict[str, Any]:
    return {"title": title, "head": head, "rows": rows[:MOST]}


def _facts(subject: Subject) -> list[list[str]]:
    born = subject.profile.birthdate
    rows = [[gettext("Name"), subject.profile.name]]
    return rows + ([[gettext("Born on"), words.day(born)]] if born else [])


def _measures(profile_id: str) -> list[list[str]]:
    tiles = [figures.tile(measure, None, {}) for measure in records.latest(profile_id)]
    return [[tile.title, f"{tile.value} {tile.unit}", words.moment(tile.at)] for tile in tiles]


def _documents(files: Sequence[tuple[str, Document]]) -> list[list[str]]:
    return [[document.title, words.day(document.effective_at), name] for name, document in files]


def _links(subject: Subject) -> list[list[str]]:
    rows = []
    for pairing in pairings.list_of_profile(subject.profile.id):
        shown = links.link(pairing)
        allowed = [name for name, row in consents.current(pairing).items() if row.is_granted and name in scopes.SCOPES]
        titles = [scopes.text(name, subject.lang).title for name in allowed]
        rows.append([shown.app.name, shown.told, " · ".join(titles) or gettext("Nothing")])
    return rows
