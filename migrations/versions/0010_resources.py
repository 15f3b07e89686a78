"""The resources that authorizations and access tokens are narrowed to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("token_family", sa.Column("resources", sa.Text(), nullable=True))
    op.add_column("access_token", sa.Column("resources", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop the columns."""
    op.drop_column("access_token", "resources")
    op.drop_column("token_family", "resources")
