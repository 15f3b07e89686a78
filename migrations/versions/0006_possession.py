"""Proof of possession: what codes and tokens are bound to, and the proofs that were used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns and make the table."""
    op.add_column("authorization_code", sa.Column("dpop_jkt", sa.String(43), nullable=True))
    op.add_column("access_token", sa.Column("bound_to", sa.String(64), nullable=True))
    op.add_column("refresh_token", sa.Column("bound_to", sa.String(64), nullable=True))
    op.create_table(
        "seen_proof",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_seen_proof"),
    )
    op.create_index("ix_seen_proof_expires_at", "seen_proof", ["expires_at"])


def downgrade() -> None:
    """Drop the table and the columns."""
    op.drop_table("seen_proof")
    op.drop_column("refresh_token", "bound_to")
    op.drop_column("access_token", "bound_to")
    op.drop_column("authorization_code", "dpop_jkt")
