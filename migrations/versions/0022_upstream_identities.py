"""Identities at upstream providers, the browsers that came by them, and what waits in an interaction."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Make the tables and the column."""
    op.create_table(
        "upstream_identity",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("subject_digest", sa.String(64), nullable=False),
        sa.Column("claims_sealed", sa.Text(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_upstream_identity"),
        sa.UniqueConstraint("issuer", "subject_digest", name="uq_upstream_identity_issuer_subject_digest"),
        sa.UniqueConstraint("account_id", "issuer", name="uq_upstream_identity_account_id_issuer"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_upstream_identity_account_id"),
    )
    op.create_table(
        "upstream_session",
        sa.Column("session_id", sa.String(32), nullable=False),
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("id_token_sealed", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_upstream_session"),
    )
    op.create_index("ix_upstream_session_expires_at", "upstream_session", ["expires_at"])
    op.add_column("interaction", sa.Column("upstream_sealed", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("interaction", "upstream_sealed")
    op.drop_table("upstream_session")
    op.drop_table("upstream_identity")
