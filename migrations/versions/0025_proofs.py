"""Proofs of who acts for a profile, until they are made and are documents of its record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "proof",
        sa.Column("profile_id", sa.String(32), nullable=False),
        sa.Column("delegation_id", sa.String(32), nullable=False),
        sa.Column("step", sa.String(8), nullable=False),
        sa.Column("why", sa.String(16), nullable=False),
        sa.Column("decided_by", sa.String(32), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("profile_id", "delegation_id", "step", name="pk_proof"),
    )
    op.create_index("ix_proof_due_at", "proof", ["due_at"])


def downgrade() -> None:
    """Drop the table; a proof that was not made yet is not made."""
    op.drop_table("proof")
