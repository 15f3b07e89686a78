"""Pages for patients: HTML only. `flow` is the way towards an app, `pages` the patient at home.

To add a page: one module, one template, and its name in `PAGES`.
"""

from __future__ import annotations

from flask import Flask

from authz import surfaces
from authz.interaction import arriving, departing, leaving
from authz.interaction import flow as interactions
from authz.interaction.steps import Step
from authz.protocol import response_modes
from consent_ui import apps, assets, errors, guards, headers, i18n, layout
from consent_ui.flow import (
    account,
    activation,
    arrival,
    consent,
    device,
    done,
    form_post,
    login,
    logout,
    passkey,
    recover,
    reset,
    second_factor,
    upstream,
)
from consent_ui.pages import (
    about,
    activity,
    child,
    closing,
    confirm,
    documents,
    ending,
    export,
    factors,
    family,
    identities,
    inviting,
    joining,
    keys,
    measures,
    notices,
    password,
    profile,
    reach,
    security,
    service,
    services,
    start,
)

FLOW = (
    account,
    activation,
    arrival,
    login,
    recover,
    reset,
    passkey,
    second_factor,
    upstream,
    consent,
    done,
    device,
    logout,
)
AT_HOME = (
    measures,
    child,
    documents,
    services,
    service,
    ending,
    activity,
    profile,
    family,
    inviting,
    joining,
    security,
    keys,
    identities,
    factors,
    password,
    reach,
    confirm,
    notices,
    closing,
    export,
)
PAGES = (start, *AT_HOME, about)
STEPS = {
    Step.ARRIVAL: "arrival.show",
    Step.LOGIN: "login.show",
    Step.SECOND_FACTOR: "second_factor.show",
    Step.LINK: "upstream.ask",
    Step.ACCOUNT: "account.show",
    Step.CONSENT: "consent.show",
    Step.DONE: "done.show",
    Step.OBJECT: "device.end",
}


def install(app: Flask) -> None:
    """Put the pages on the application: language, headers, layout, and what serves which step."""
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None)
    guards.csrf.init_app(app)
    i18n.init(app)
    layout.init(app)
    headers.init(app)
    for owner in (assets, layout, apps, *FLOW, *PAGES):
        app.register_blueprint(owner.bp)
    surfaces.register(app, "", errors.render)
    with app.app_context():
        interactions.register_pages(STEPS)
        interactions.register_reopening(closing.REOPENING)
        leaving.register_pages(**logout.PAGES)
        departing.register_page("upstream.leave")
        arriving.install("activation.access")
    response_modes.register_form_page(app, form_post.page)
