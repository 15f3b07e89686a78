"""Connectors, the record store and what partners install: all about measures, nothing about who may send them."""

from __future__ import annotations

from functools import partial

from flask import Flask


def install(app: Flask) -> None:
    """Add the addresses at which partners push and read."""
    from authz import surfaces
    from authz.catalogue import resources, scopes
    from connectors import described, fhir_api, intake, measures_api, proofs, registry
    from connectors.records import ending, http

    for owner in (measures_api, fhir_api, intake):
        app.register_blueprint(owner.bp)
    described.install(app)
    ending.connect()
    app.extensions.setdefault("upkeep", {})["records"] = ending.purge
    app.extensions.setdefault("erasers", {})["records"] = ending.erase
    proofs.install(app)
    resources.register(app, fhir_api.BASE, name="FHIR", scopes=_scopes_of_fhir)
    resources.register(app, measures_api.BASE, name="Measures", scopes=lambda: scopes.on("measure:"))
    for name in registry.MODULES:
        resources.register(app, f"{intake.BASE}/{name}", name=f"Connector {name}", scopes=partial(_scopes_of, name))
    for prefix in ("/measures/fhir", "/fhir", "/connectors"):
        surfaces.register(app, prefix, http.refuse)


def _scopes_of_fhir() -> list[str]:
    """Return the scopes that open something at the FHIR base, in the words of this space and in SMART's."""
    from authz.catalogue import scopes
    from authz.clients import smart_scopes

    return [*scopes.of_action("read", "write"), *smart_scopes.WHOLE]


def _scopes_of(name: str) -> list[str]:
    """Return the scopes that a connector writes under; asked for, not known at start, for its module is loaded late."""
    from connectors import registry

    connector = registry.find(name)
    return list(connector.card.scopes) if connector else []
