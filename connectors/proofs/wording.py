"""What a proof says, in French and English: every word of the paper, and its title in the record. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from connectors.cgm.texts import language, long_date

# Every word in every language: {"key": {"fr": "…", "en": "…"}}.
_WORDS: Final[dict[str, dict[str, str]]] = json.loads((Path(__file__).parent / "texts.json").read_text("utf-8"))


@dataclass(frozen=True)
class Facts:
    """What a proof says: who acts or acted for whom, in which kind, since and until when, and how it came.

    Instants are in the reader's zone; `decided_by` is empty where nobody decided it, or is not known any more. What
    ended with majority ended on the birthday, `came_of_age`, whenever that was written down.
    """

    account_id: str
    name: str
    subject: str
    kind: str
    since: datetime
    step: str
    why: str
    decided_by: str
    at: datetime
    came_of_age: date | None = None


def words(facts: Facts, *, lang: str, space: str) -> dict[str, Any]:
    """Return the words of the paper, in the shape that `paper.make` takes."""
    lang = language(lang)
    told = {key: texts[lang] for key, texts in _WORDS.items()}
    is_begin = facts.step == "begin"
    rows = [
        [told["person"], facts.name],
        [told["kind"], told[facts.kind]],
        [told["for"], facts.subject],
        [told["since"], _moment(facts.since, lang, told)],
        *([] if is_begin else [[told["until"], _until(facts, lang, told)]]),
        [told["how"], _how(facts, told)],
    ]
    return {
        "lang": lang,
        "title": told[f"title_{facts.step}"].format(name=facts.name),
        "subject": told["subject"].format(name=facts.subject),
        "space": space,
        "made_on": told["made_on"].format(day=long_date(facts.at.date(), lang)),
        "date": [facts.at.year, facts.at.month, facts.at.day],
        "note": told[f"note_{facts.step}"].format(space=space),
        "page": told["page"],
        "empty": "",
        "parts": [
            {"title": told["facts"], "head": [told["what"], told["value"]], "rows": rows},
            {"title": told["may"], "head": [told["what"], told["value"]], "rows": _may(facts.kind, told)}
            if is_begin
            else {"title": told["after"], "head": [told["what"], told["value"]], "rows": _after(facts, told)},
        ],
    }


def _how(facts: Facts, told: dict[str, str]) -> str:
    known = told.get(f"how_{facts.why}_by") if facts.decided_by else None
    return known.format(name=facts.decided_by) if known else told[f"how_{facts.why}"]


def _may(kind: str, told: dict[str, str]) -> list[list[str]]:
    return [[told[f"may_{act}"], told[f"{act}_{kind}"]] for act in ("see", "link", "decide")]


def _after(facts: Facts, told: dict[str, str]) -> list[list[str]]:
    links = told["after_links_majority" if facts.why == "majority" else "after_links"]
    return [[told["may_see"], told["after_see"]], [told["links"], links]]


def _until(facts: Facts, lang: str, told: dict[str, str]) -> str:
    return long_date(facts.came_of_age, lang) if facts.came_of_age else _moment(facts.at, lang, told)


def _moment(at: datetime, lang: str, told: dict[str, str]) -> str:
    return told["moment"].format(day=long_date(at.date(), lang), hour=f"{at:%H:%M}")
