"""Secrets that come and go: the root of the digests that stay, and how far sealing anew has come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "digest_root",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_digest_root"),
    )
    op.create_table(
        "resealing",
        sa.Column("column", sa.String(64), nullable=False),
        sa.Column("secret", sa.String(8), nullable=False),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("column", name="pk_resealing"),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("resealing")
    op.drop_table("digest_root")
