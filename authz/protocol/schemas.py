"""The shapes of what the protocol's endpoints take and answer, as JSON Schema; `described` says who takes which.

Answers allow further members, as their specifications do; what stands here is what partners may rely on.
"""

from __future__ import annotations

from authz.clients.metadata import GRANT_TYPES
from authz.clients.profiles import PROVEN
from authz.openapi import TEXT, Schema, record

ADDRESS: Schema = {"type": "string", "format": "uri"}
NUMBER: Schema = {"type": "integer", "minimum": 0}
POSITIVE: Schema = {"type": "integer", "minimum": 1}
YES_NO: Schema = {"type": "boolean"}
LIST: Schema = {"type": "array", "items": TEXT}
DETAILS: Schema = {"type": "array", "items": record({"type": TEXT}), "minItems": 1, "maxItems": 1}
FULL_LIST: Schema = LIST | {"minItems": 1}
SECRET: Schema = {"type": "string", "minLength": 1, "pattern": r"^[\x20-\x7e]+$"}
ACTOR: Schema = record({"sub": SECRET})
JWT: Schema = {"type": "string", "pattern": r"^[\w-]+\.[\w-]+\.[\w-]+$"}
# A client proves itself by the header, or by one of these in the form.
PROOF: dict[str, Schema] = {
    "client_id": TEXT,
    "client_secret": TEXT,
    "client_assertion_type": TEXT,
    "client_assertion": TEXT,
}
ASKED: dict[str, Schema] = {
    "response_type": {"const": "code"},
    "redirect_uri": ADDRESS,
    "scope": TEXT,
    "state": TEXT | {"maxLength": 2048},
    "nonce": TEXT | {"maxLength": 2048},
    "code_challenge": TEXT,
    "code_challenge_method": {"const": "S256"},
    "response_mode": TEXT,
    "prompt": TEXT,
    "max_age": TEXT,
    "acr_values": TEXT,
    "claims": TEXT,
    "id_token_hint": TEXT,
    "login_hint": TEXT | {"maxLength": 254},
    "ui_locales": TEXT | {"maxLength": 100},
    "dpop_jkt": TEXT,
    "resource": TEXT,
    "authorization_details": TEXT,
    "request": TEXT,
    "app_account": TEXT | {"maxLength": 254},
    "app_account_name": TEXT | {"maxLength": 100},
}
_JWK = record({"kty": TEXT, "kid": TEXT}, {"use": TEXT, "alg": TEXT, "n": TEXT, "e": TEXT, "crv": TEXT, "x": TEXT})
_CLIENT: dict[str, Schema] = {
    "client_name": TEXT,
    "redirect_uris": LIST,
    "grant_types": {"type": "array", "items": {"enum": list(GRANT_TYPES)}},
    "response_types": {"type": "array", "items": {"enum": ["code"]}},
    "token_endpoint_auth_method": {"enum": [*PROVEN, "none"]},
    "scope": TEXT,
    "contacts": LIST,
    "client_uri": ADDRESS,
    "logo_uri": ADDRESS,
    "tos_uri": ADDRESS,
    "policy_uri": ADDRESS,
    "jwks_uri": ADDRESS,
    "jwks": {"type": "object"},
    "software_statement": TEXT,
    "id_token_signed_response_alg": TEXT,
    "introspection_signed_response_alg": TEXT,
    "authorization_details_types": LIST,
    "subject_type": {"enum": ["pairwise", "public"]},
}
# What is null is left out (RFC 7592 §2.2).
_WISHED: dict[str, Schema] = {name: {"anyOf": [schema, {"type": "null"}]} for name, schema in _CLIENT.items()}
SCHEMAS: dict[str, Schema] = {
    "Error": record({"error": SECRET}, {"error_description": TEXT, "pairing_state": TEXT}),
    "TokenRequest": record(
        {"grant_type": {"enum": list(GRANT_TYPES)}},
        {"code": TEXT, "redirect_uri": TEXT, "code_verifier": TEXT, "refresh_token": TEXT, "device_code": TEXT,
         "scope": TEXT, "resource": TEXT, "authorization_details": TEXT, "subject_token": TEXT,
         "subject_token_type": TEXT, "requested_token_type": TEXT, "requested_expiry": TEXT} | PROOF,
    ),
    "SmartConfiguration": record(
        {
            "issuer": ADDRESS,
            "authorization_endpoint": ADDRESS,
            "token_endpoint": ADDRESS,
            "grant_types_supported": FULL_LIST,
            "capabilities": FULL_LIST,
            "code_challenge_methods_supported": FULL_LIST,
            "scopes_supported": FULL_LIST,
            "management_endpoint": ADDRESS,
        }
    ),
    "Token": record(
        {"access_token": SECRET, "token_type": {"enum": ["Bearer", "DPoP"]}, "expires_in": POSITIVE},
        {"scope": TEXT, "issued_token_type": TEXT, "refresh_token": SECRET, "refresh_token_expires_in": NUMBER,
         "id_token": JWT, "authorization_details": DETAILS,
         "pairing_id": TEXT, "pairing_ends_at": {"type": "string", "format": "date-time"}, "subject": TEXT,
         "subject_system": TEXT},
    ),
    "TokenNamed": record({"token": TEXT}, {"token_type_hint": TEXT} | PROOF),
    "Introspection": record(
        {"active": YES_NO},
        {"client_id": TEXT, "iss": ADDRESS, "token_type": TEXT, "scope": TEXT, "iat": NUMBER, "exp": NUMBER,
         "sub": TEXT, "pairing_id": TEXT, "auth_time": NUMBER, "acr": TEXT, "cnf": {"type": "object"}, "act": ACTOR,
         "aud": {"anyOf": [ADDRESS, {"type": "array", "items": ADDRESS, "minItems": 2}]},
         "authorization_details": DETAILS},
    ),
    "PushRequest": record({}, ASKED | PROOF),
    "Pushed": record({"request_uri": {"type": "string", "pattern": "^urn:ietf:params:oauth:request_uri:"},
                      "expires_in": POSITIVE}),
    "DeviceRequest": record({}, {"scope": TEXT, "resource": TEXT, "authorization_details": TEXT,
                                 "app_account": TEXT, "app_account_name": TEXT,
                                 "ui_locales": TEXT} | PROOF),
    "Device": record(
        {"device_code": SECRET, "user_code": SECRET, "verification_uri": ADDRESS, "verification_uri_complete": ADDRESS,
         "expires_in": POSITIVE, "interval": POSITIVE}
    ),
    "UserInfo": record(
        {"sub": SECRET},
        {"act": ACTOR, "name": TEXT, "given_name": TEXT, "family_name": TEXT, "email": TEXT, "email_verified": YES_NO,
         "phone_number": TEXT, "phone_number_verified": YES_NO, "birthdate": TEXT, "updated_at": NUMBER,
         "address": {"type": "object"}},
    ),
    "ClientMetadata": record({}, _WISHED),
    "ClientReplacement": record({"client_id": TEXT}, _WISHED | {"client_secret": TEXT}),
    "ClientInformation": record(
        {"client_id": SECRET, "client_id_issued_at": NUMBER, "registration_access_token": SECRET,
         "registration_client_uri": ADDRESS, "grant_types": LIST, "response_types": LIST},
        {"client_secret": SECRET, "client_secret_expires_at": NUMBER, "redirect_uris": LIST, "scope": TEXT},
    ),
    "ServerMetadata": record(
        {"issuer": ADDRESS, "authorization_endpoint": ADDRESS, "token_endpoint": ADDRESS, "jwks_uri": ADDRESS,
         "response_types_supported": FULL_LIST, "grant_types_supported": FULL_LIST, "scopes_supported": FULL_LIST,
         "subject_types_supported": FULL_LIST, "id_token_signing_alg_values_supported": FULL_LIST,
         "code_challenge_methods_supported": FULL_LIST, "token_endpoint_auth_methods_supported": FULL_LIST},
    ),
    "ResourceMetadata": record(
        {"resource": ADDRESS, "authorization_servers": FULL_LIST, "scopes_supported": LIST},
        {"resource_name": TEXT, "bearer_methods_supported": LIST},
    ),
    "Keys": record({"keys": {"type": "array", "items": _JWK, "minItems": 1}}),
    "Health": record({"status": {"enum": ["ok", "failing"]}}, {"checks": {"type": "object"}}),
}  # fmt: skip
