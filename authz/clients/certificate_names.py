"""What a client that proves itself by a certificate registers about it (RFC 8705 §2.1.2). Pure."""

from __future__ import annotations

NAMES = (
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
)
