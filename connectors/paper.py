"""Facts on paper, as a PDF: archival (PDF/A-2a) and accessible (PDF/UA-1), the same bytes for the same words.

One layout for every paper that is made of titles and tables of words: the summary of an export, proofs of who acts.
"""

from __future__ import annotations

import json
import threading
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import typst

from connectors import cgm

HERE: Final = Path(__file__).parent
# The compiler keeps the fonts loaded; nothing says that two threads may use it at once.
_lock: Final = threading.Lock()


def make(data: dict[str, Any]) -> bytes:
    """Return the PDF of a paper's words, tagged for readers that speak."""
    with _lock:
        inputs = {"data": json.dumps(data, ensure_ascii=False)}
        # typst refuses to write a file that breaks one of the two standards.
        return cast(bytes, _compiler().compile(format="pdf", sys_inputs=inputs, pdf_standards=["a-2a", "ua-1"]))


@cache
def _compiler() -> typst.Compiler:
    fonts = [str(Path(cgm.__file__).parent / "fonts")]
    return typst.Compiler(input=str(HERE / "paper.typ"), root=str(HERE), font_paths=fonts, ignore_system_fonts=True)
