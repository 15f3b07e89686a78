"""OpenID Connect: the claims that a request named, and which clients had tokens in a signed-in browser."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column and the index."""
    op.add_column("token_family", sa.Column("claims", sa.Text(), nullable=True))
    op.create_index("ix_token_family_sid", "token_family", ["sid"])


def downgrade() -> None:
    """Remove both."""
    op.drop_index("ix_token_family_sid", "token_family")
    op.drop_column("token_family", "claims")
