"""Ways back in: what was asked, what was proven, and who let it through."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "recovery",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("browser_digest", sa.String(64), nullable=False),
        sa.Column("asked_sealed", sa.Text(), nullable=True),
        sa.Column("account_id", sa.String(32), nullable=True),
        sa.Column("code_digest", sa.String(64), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("second", sa.String(16), nullable=True),
        sa.Column("password_hash", sa.String(255), nullable=True),
        sa.Column("cancel_digest", sa.String(64), nullable=True),
        sa.Column("opened_by", sa.String(32), nullable=True),
        sa.Column("approved_by", sa.String(32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_recovery"),
        sa.UniqueConstraint("cancel_digest", name="uq_recovery_cancel_digest"),
    )
    op.create_index("ix_recovery_expires_at", "recovery", ["expires_at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("recovery")
