"""HTTP of the specifications: one module an endpoint, and the server that lists them."""

from __future__ import annotations

from flask import Flask

# Where a refusal is told as OAuth JSON; elsewhere it is a page.
JSON = ("/token", "/par", "/device_authorization", "/register", "/introspect", "/revoke", "/userinfo", "/jwks",
        "/.well-known/", "/healthz", "/readyz")  # fmt: skip


def install(app: Flask) -> None:
    """Add the protocol's routes to the application."""
    from authz import surfaces
    from authz.catalogue import resources, scopes
    from authz.interaction import flow
    from authz.interaction.steps import Step
    from authz.protocol import (
        authorize,
        backchannel,
        cross_origin,
        device,
        discovery,
        dpop,
        end_session,
        health,
        introspect,
        par,
        registration,
        resource_metadata,
        responses,
        revoke,
        server,
        token,
        userinfo,
    )

    endpoints = (authorize, device, discovery, end_session, health, introspect, par, registration, revoke, token)
    for module in (*endpoints, resource_metadata, userinfo):
        app.register_blueprint(module.bp)
    for prefix in JSON:
        surfaces.register(app, prefix, responses.refuse)
    resources.register(app, "/userinfo", name="UserInfo", scopes=lambda: ["openid", *scopes.of_action("identity")])
    backchannel.install()
    with app.app_context():
        server.install(app)
        app.after_request(dpop.offer)
        app.after_request(cross_origin.allow)
        flow.register_pages({Step.RETURN: "authorize.come_back"})
