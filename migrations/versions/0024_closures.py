"""Closed accounts: until when they are archived, and what is left once they are erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "closure",
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("profile_id", sa.String(32), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.String(32), nullable=False),
        sa.Column("erase_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erasing_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name="pk_closure"),
    )
    op.create_index("ix_closure_due_at", "closure", ["due_at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("closure")
