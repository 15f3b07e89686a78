"""Where the SMS provider reports what became of a message: at the address it was given, signed with our token there."""

from __future__ import annotations

from flask import Blueprint, Response, request

from authz import settings
from authz.errors import Refusal
from authz.guard import mark
from authz.notifications import deliveries
from authz.notifications.channels import sms

bp = Blueprint("deliveries", __name__)


class NotTheProvider(Refusal):
    """The report is not signed, or not by the account's token."""

    code = "invalid_request"
    status = 403
    description = "The report is not signed by the provider."


@bp.post(f"{sms.REPORTS}<message_id>")
@mark("signed")
def take(message_id: str) -> Response:
    """Take one report; a message that is gone, or was reported on, is no reason to send it again."""
    config = settings.current()
    # The address as we gave it, whatever the proxy made of the Host header.
    url, signature = config.issuer + request.path, request.headers.get("X-Twilio-Signature", "")
    if not sms.is_report(url, request.form, signature, config):
        raise NotTheProvider(reason="signature")
    failure = sms.outcome(request.form)
    if failure is not None:
        deliveries.report(message_id, failure)
    return Response(status=204)
