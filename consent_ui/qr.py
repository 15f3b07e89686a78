"""QR codes as drawings in the page; segno's door."""

from __future__ import annotations

import segno
from markupsafe import Markup


def drawn(text: str) -> Markup:
    """Draw a text for a camera: dark on light whatever the page's colours, with the quiet zone that readers need."""
    drawing: str = segno.make(text, error="m", micro=False).svg_inline(
        border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True
    )
    return Markup(drawing)  # nosec B704 # squares, drawn by us
