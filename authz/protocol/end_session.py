"""The end-session endpoint (OpenID Connect RP-Initiated Logout 1.0 §2, §3): an app asks to sign the patient out.

Only an ID token of ours proves which app asks; without that proof nobody is sent anywhere, and unless it names the very
session of this browser the patient is asked first: a link on any page could else sign people out.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from authz.clients import registry
from authz.errors import Refusal
from authz.guard import mark
from authz.identity import sessions
from authz.interaction import hints, leaving
from authz.interaction.leaving import Leaving
from authz.protocol import responses

bp = Blueprint("end_session", __name__)
LONGEST_STATE = 2048


class LogoutRefused(Refusal):
    """A request to sign out that cannot be read: given twice, too long, or at odds with itself."""

    description = "The request to sign out is not right."


@bp.route("/end_session", methods=["GET", "POST"])
@mark("public")
def end_session() -> Response:
    """Sign this browser out, at once or after asking; a POST comes without its cookies and comes back as a GET.

    What was posted stays out of the address, and with it out of logs: only the sealed wish is in it.
    """
    if any(len(values) > 1 for _name, values in request.values.lists()):
        raise LogoutRefused("A parameter is given more than once.")
    if request.method == "POST":
        return _sent(f"{request.path}?{urlencode({'wish': leaving.sealed(_wish())})}")
    wish = leaving.unsealed(request.args["wish"]) if "wish" in request.args else _wish()
    browser = sessions.current()
    if browser is None:
        return _sent(leaving.end_url(wish))
    if wish.sid == browser.sid:
        return _sent(leaving.finish(wish))
    return _sent(leaving.ask_url(replace(wish, session_id=browser.id)))


def _wish() -> Leaving:
    """Return what is asked for, as far as it is proven."""
    hint = hints.read(request.values.get("id_token_hint", ""))
    client_id, state = request.values.get("client_id"), request.values.get("state", "")
    if hint and client_id not in (None, hint.client_id):
        raise LogoutRefused("client_id and id_token_hint name different clients.")
    if len(state) > LONGEST_STATE:
        raise LogoutRefused("The parameter state is too long.")
    client = registry.find(hint.client_id if hint else client_id or "")
    wanted = request.values.get("post_logout_redirect_uri", "")
    # Nobody is sent anywhere on the word of a request that any page can make.
    is_proven = (
        hint is not None and client is not None and wanted in client.metadata.get("post_logout_redirect_uris", [])
    )
    return Leaving(
        client_id=client.id if client else "",
        address=_with_state(wanted, state) if is_proven else "",
        ui_locales=request.values.get("ui_locales", "")[:100],
        sid=hint.sid if hint else "",
    )


def _with_state(address: str, state: str) -> str:
    """Return the address with the state that the client gave, and nothing else of ours."""
    if not state:
        return address
    parts = urlsplit(address)
    query = urlencode({"state": state})
    return urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query))


def _sent(address: str) -> Response:
    answer = redirect(address, 303)
    answer.headers.extend(responses.NO_STORE | {"Referrer-Policy": "no-referrer"})
    return answer
