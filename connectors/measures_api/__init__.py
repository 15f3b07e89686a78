"""The French measures interface V1.5.2, to the letter, at `/measures/fhir`; what we add is in docs/measures.md.

`dialect` reads its bundle (pure), `pushing` keeps one, `routes` are its addresses.
"""

from __future__ import annotations

from connectors.measures_api.routes import BASE, bp

__all__ = ["BASE", "bp"]
