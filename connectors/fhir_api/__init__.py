"""The FHIR R4 facade at `/fhir`: a capability statement, documents deposited and read back, measures read.

`documents` keeps one, `capability` describes the server, `routes` are the addresses.
"""

from __future__ import annotations

from connectors.fhir_api.routes import BASE, bp

__all__ = ["BASE", "bp"]
