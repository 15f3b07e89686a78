"""HTTP of the specifications: one module an endpoint, and the server that lists them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask

# Where a refusal is told as OAuth JSON; elsewhere it is a page.
JSON = ("/token", "/par", "/device_authorization", "/register", "/introspect", "/revoke", "/userinfo", "/jwks",
        "/.well-known/", "/fhir/.well-known/", "/healthz", "/readyz", "/openapi.json",
        "/sms/")  # fmt: skip


def install(app: Flask) -> None:
    """Add the protocol's routes to the application."""
    from authz import surfaces
    from authz.catalogue import resources, scopes
    from authz.interaction import flow
    from authz.interaction.steps import Step
    from authz.pairing import majority
    from authz.protocol import backchannel, cross_origin, described, dpop, responses, server

    for module in _endpoints():
        app.register_blueprint(module.bp)
    for prefix in JSON:
        surfaces.register(app, prefix, responses.refuse)
    resources.register(app, "/userinfo", name="UserInfo", scopes=lambda: ["openid", *scopes.of_action("identity")])
    described.install(app)
    backchannel.install()
    majority.install()
    with app.app_context():
        server.install(app)
        app.after_request(dpop.offer)
        app.after_request(cross_origin.allow)
        flow.register_pages({Step.RETURN: "authorize.come_back"})


def _endpoints() -> Iterable[Any]:
    """Return the modules with routes; loaded when an application is built, for each of them loads this package."""
    from authz.protocol import (
        authorize,
        deliveries,
        described,
        device,
        discovery,
        end_session,
        health,
        introspect,
        par,
        registration,
        resource_metadata,
        revoke,
        smart,
        token,
        userinfo,
    )

    yield from (authorize, deliveries, described, device, discovery, end_session, health, introspect, par)
    yield from (registration, resource_metadata, revoke, smart, token, userinfo)
