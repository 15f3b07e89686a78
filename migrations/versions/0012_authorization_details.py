"""What authorizations and access tokens are about in detail, sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("token_family", sa.Column("details_sealed", sa.Text(), nullable=True))
    op.add_column("access_token", sa.Column("details_sealed", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop the columns."""
    op.drop_column("access_token", "details_sealed")
    op.drop_column("token_family", "details_sealed")
