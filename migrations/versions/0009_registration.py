"""Clients that register themselves: initial access tokens, and the tokens for what was registered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "initial_token",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("profile", sa.String(16), nullable=False),
        sa.Column("pkce_required", sa.Boolean(), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_initial_token"),
    )
    op.create_index("ix_initial_token_expires_at", "initial_token", ["expires_at"])
    op.create_table(
        "client_registration",
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client_id", name="pk_client_registration"),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("client_registration")
    op.drop_table("initial_token")
