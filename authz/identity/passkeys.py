"""What passkeys answer: making one and signing in by one (Web Authentication Level 3 §7); webauthn's door.

The user is verified each time, so that a passkey is two factors by itself: what one has, and what one is or knows.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import webauthn
from webauthn import helpers
from webauthn.helpers import structs
from webauthn.registration.verify_registration_response import VerifiedRegistration

from authz import entropy, settings
from authz.errors import Refusal
from authz.identity import challenges, credentials

LONGEST_ANSWER = 40_000
ADD, SIGN_IN = "passkey:add", "passkey:sign-in"
# RFC 8176: a key held by one device, or one that its owner's devices share; both after a test of the user.
AMR = {False: ("hwk", "user", "mfa"), True: ("swk", "user", "mfa")}
# Statements that name their maker by a certificate, and by nothing that the library would trust by itself.
_VOUCHED = (structs.AttestationFormat.PACKED, structs.AttestationFormat.TPM)
_REQUIRED = structs.UserVerificationRequirement.REQUIRED
_Found = TypeVar("_Found")


class PasskeyRefused(Refusal):
    """The answer of the passkey does not hold: damaged, too late, for another place, or not signed by it."""

    code = "invalid_passkey"
    description = "The passkey was not accepted."


class PasskeyUnverified(Refusal):
    """The passkey answered without a test of its user (fingerprint, face, PIN)."""

    code = "user_not_verified"
    description = "The device did not verify its user."


class PasskeyNotVouched(Refusal):
    """Nobody whom the operator trusts vouches for this kind of passkey."""

    code = "attestation_required"
    description = "This kind of passkey is not accepted here."


@dataclass(frozen=True)
class Proof:
    """Who signed in by a passkey, and by which factors."""

    account_id: str
    amr: tuple[str, ...]


def creation_options(account_id: str, *, user_name: str, display_name: str) -> str:
    """Return what a browser needs to make a passkey for an account, as JSON; refuses with TooManyPasskeys."""
    known = credentials.list_rows(account_id)
    if len(known) >= credentials.MOST:
        raise credentials.TooManyPasskeys()
    options = webauthn.generate_registration_options(
        rp_id=_rp_id(),
        rp_name=settings.current().brand_name,
        user_id=account_id.encode(),
        user_name=user_name,
        user_display_name=display_name,
        challenge=challenges.issue(ADD, account_id),
        timeout=_timeout(),
        attestation=structs.AttestationConveyancePreference("direct" if _is_vouching() else "none"),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED, user_verification=_REQUIRED
        ),
        exclude_credentials=_described(known),
    )
    return webauthn.options_to_json(options)


def add(account_id: str, answer: str, *, name: str) -> None:
    """Keep the passkey that a browser has made for an account (§7.1), and tell the account."""
    challenge = _challenge(answer, ADD, account_id)
    made = _made(answer, challenge)
    if len(credentials.list_rows(account_id)) >= credentials.MOST:
        raise credentials.TooManyPasskeys()
    kept = challenges.spend(challenge) and credentials.keep(
        account_id,
        name=name,
        id=entropy.new_id(),
        credential_id=helpers.bytes_to_base64url(made.credential_id),
        public_key=helpers.bytes_to_base64url(made.credential_public_key),
        aaguid=made.aaguid,
        sign_count=made.sign_count,
        is_synced=made.credential_device_type == structs.CredentialDeviceType.MULTI_DEVICE,
        is_backed_up=made.credential_backed_up,
    )
    if not kept:
        raise PasskeyRefused(reason="used before")


def request_options(account_id: str = "") -> str:
    """Return what a browser needs to sign in by a passkey, as JSON: any of ours, or one of an account's."""
    options = webauthn.generate_authentication_options(
        rp_id=_rp_id(),
        challenge=challenges.issue(SIGN_IN, account_id),
        timeout=_timeout(),
        allow_credentials=_described(credentials.list_rows(account_id)) if account_id else None,
        user_verification=_REQUIRED,
    )
    return webauthn.options_to_json(options)


def check(answer: str, account_id: str = "") -> Proof:
    """Accept a passkey's answer once and say whose it is (§7.2); of one account only, if one is named."""
    challenge = _challenge(answer, SIGN_IN, account_id)
    sent = _read(lambda: helpers.parse_authentication_credential_json(answer))
    row = credentials.find_row(helpers.bytes_to_base64url(sent.raw_id))
    if row is None or row.closed_at or (account_id and row.account_id != account_id):
        raise credentials.PasskeyUnknown(reason="unknown credential")
    # Who is asked for by name need not be named back (§7.2 step 6).
    if sent.response.user_handle != row.account_id.encode() and not (account_id and not sent.response.user_handle):
        raise PasskeyRefused(reason="user handle")
    told = _read(
        lambda: webauthn.verify_authentication_response(
            credential=sent,
            expected_challenge=challenge,
            expected_rp_id=_rp_id(),
            expected_origin=_origin(),
            credential_public_key=helpers.base64url_to_bytes(row.public_key),
            credential_current_sign_count=0,  # compared by `count`, once the signature has been checked
        )
    )
    if not told.user_verified:
        raise PasskeyUnverified(reason="no user verification")
    is_synced = told.credential_device_type == structs.CredentialDeviceType.MULTI_DEVICE
    if is_synced != row.is_synced or not challenges.spend(challenge):
        raise PasskeyRefused(reason="replayed, or no longer of its kind")
    credentials.count(row, told.new_sign_count, is_backed_up=told.credential_backed_up)
    return Proof(row.account_id, AMR[is_synced])


def _made(answer: str, challenge: bytes) -> VerifiedRegistration:
    """Verify a new passkey: its user was tested, and somebody vouches for it where the operator wants that."""
    roots = _authorities() if _is_vouching() else []
    made = _read(
        lambda: webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=_rp_id(),
            expected_origin=_origin(),
            pem_root_certs_bytes_by_fmt=dict.fromkeys(_VOUCHED, roots) if roots else None,
        )
    )
    if not made.user_verified:
        raise PasskeyUnverified(reason="no user verification")
    if roots:
        statement = helpers.parse_attestation_object(made.attestation_object)
        if statement.fmt not in _VOUCHED or not statement.att_stmt.x5c:
            raise PasskeyNotVouched(reason=str(statement.fmt))
    return made


def _challenge(answer: str, purpose: str, account_id: str) -> bytes:
    """Return the challenge that an answer names, if it is one that we gave; never one of another site's frame."""
    if len(answer) > LONGEST_ANSWER:
        raise PasskeyRefused(reason="too long")
    sent: Any = _read(lambda: helpers.parse_client_data_json(_client_data(answer)))
    if sent.cross_origin or not challenges.is_ours(sent.challenge, purpose, account_id):
        raise PasskeyRefused(reason="challenge")
    challenge: bytes = sent.challenge
    return challenge


def _client_data(answer: str) -> bytes:
    return helpers.base64url_to_bytes(json.loads(answer)["response"]["clientDataJSON"])


def _read(reading: Callable[[], _Found]) -> _Found:
    """Have the library read or verify what was sent.

    No list of faults would be whole: a hostile answer reaches its parsers of JSON, CBOR and certificates, each of which
    raises what it likes, RecursionError among them.
    """
    try:
        return reading()
    except Exception as error:
        raise PasskeyRefused(reason=type(error).__name__) from error


def _described(rows: list[Any]) -> list[structs.PublicKeyCredentialDescriptor]:
    return [structs.PublicKeyCredentialDescriptor(id=helpers.base64url_to_bytes(row.credential_id)) for row in rows]


def _is_vouching() -> bool:
    return settings.current().passkey_attestation == "required"


def _authorities() -> list[bytes]:
    """Return each certificate of the operator's file."""
    end = b"-----END CERTIFICATE-----"
    parts = Path(settings.current().passkey_ca).read_bytes().split(end)
    return [part.strip() + b"\n" + end + b"\n" for part in parts if b"BEGIN CERTIFICATE" in part]


def _timeout() -> int:
    return int(challenges.TTL.total_seconds() * 1000)


def _rp_id() -> str:
    return urlsplit(settings.current().issuer).hostname or ""


def _origin() -> str:
    parts = urlsplit(settings.current().issuer)
    return f"{parts.scheme}://{parts.netloc}"
