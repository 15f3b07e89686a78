# mypy: ignore-errors
"""Lay the peer's tables, its people and its two applications; run once before the server starts."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench_settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402

call_command("migrate", verbosity=0)
for number in range(int(os.environ["BENCH_PEOPLE"])):
    User.objects.create_user(
        f"alice{number}", f"alice{number}@example.org", os.environ["BENCH_PASSWORD"], first_name="Alice"
    )
for client_id, grant_type in (("bench", "authorization-code"), ("bench-service", "client-credentials")):
    Application.objects.create(
        client_id=client_id,
        client_secret=os.environ["BENCH_CLIENT_SECRET"],
        client_type="confidential",
        authorization_grant_type=grant_type,
        redirect_uris="https://app.example.org/callback",
        algorithm="RS256",
        skip_authorization=True,
    )
