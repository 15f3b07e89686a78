"""What the last decision on a link was about in detail, sealed: it holds for what is answered from memory."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the column."""
    op.add_column("pairing", sa.Column("details_sealed", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("pairing", "details_sealed")
