"""Which access token another one was made of, by exchange."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the column and find by it: most tokens have none."""
    op.add_column("access_token", sa.Column("exchanged_from", sa.String(64), nullable=True))
    there = sa.text("exchanged_from IS NOT NULL")
    op.create_index(
        "ix_access_token_exchanged_from",
        "access_token",
        ["exchanged_from"],
        sqlite_where=there,
        postgresql_where=there,
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_index("ix_access_token_exchanged_from", "access_token")
    op.drop_column("access_token", "exchanged_from")
