"""Connectors, the record store and what partners install: all about measures, nothing about who may send them."""

from __future__ import annotations

from flask import Flask


def install(app: Flask) -> None:
    """Add the addresses at which partners push and read."""
    from authz import surfaces
    from authz.catalogue import resources
    from connectors import fhir_api, intake, measures_api, registry
    from connectors.records import ending, http

    for owner in (measures_api, fhir_api, intake):
        app.register_blueprint(owner.bp)
    ending.connect()
    app.extensions.setdefault("upkeep", {})["records"] = ending.purge
    resources.register(app, fhir_api.BASE, name="FHIR")
    resources.register(app, measures_api.BASE, name="Measures")
    for name in registry.MODULES:
        resources.register(app, f"{intake.BASE}/{name}", name=f"Connector {name}")
    for prefix in ("/measures/fhir", "/fhir", "/connectors"):
        surfaces.register(app, prefix, http.refuse)
