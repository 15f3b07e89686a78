"""The glucose report as a PDF: archival (PDF/A-2a) and accessible (PDF/UA-1), the same bytes for the same input.

The only module that knows typst. Layout and wording are ours; the figures are the consensus's.
"""

from __future__ import annotations

import json
import threading
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final, cast

import typst

from connectors.cgm.goals import Population
from connectors.cgm.report_data import report_data
from connectors.cgm.summary import Summary

HERE: Final = Path(__file__).parent

# The compiler keeps the fonts loaded between reports; nothing says that two threads may use it at once.
_lock: Final = threading.Lock()


def make_report(
    summary: Summary, *, lang: str, made_at: datetime, population: Population, subject: str = "", origin: str = ""
) -> bytes:
    """Return the report; `summary` must hold the points of each day. `made_at` is in the reader's zone."""
    data = report_data(summary, lang=lang, made_at=made_at, subject=subject, origin=origin, population=population)
    inputs = {"data": json.dumps(data, ensure_ascii=False)}
    with _lock:
        # typst refuses to write a file that breaks one of the two standards.
        written = _compiler().compile(format="pdf", sys_inputs=inputs, pdf_standards=["a-2a", "ua-1"])
    # A list only where pages become pictures, nothing only where a file is named.
    return cast(bytes, written)


@cache
def _compiler() -> typst.Compiler:
    """Return the one compiler: our own fonts only, and no file outside this folder."""
    return typst.Compiler(
        input=str(HERE / "report.typ"),
        root=str(HERE),
        font_paths=[str(HERE / "fonts")],
        ignore_system_fonts=True,
    )
