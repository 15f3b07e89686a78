"""Limits of consents: the queries to which an app narrowed what it asked for, and their sum on the pairing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the columns; what was agreed to before has no limit."""
    for table in ("consent", "pairing"):
        op.add_column(table, sa.Column("limits", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop the columns, and with them what opens only within a limit: it must not come back as a whole."""
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT profile_id, id, granted, limits FROM pairing WHERE limits IS NOT NULL"))
    for profile_id, pairing_id, granted, limits in rows.all():
        limited = {part.partition("?")[0] for part in limits.split()}
        left = " ".join(name for name in granted.split() if name not in limited)
        where = {"left": left, "profile": profile_id, "pairing": pairing_id}
        connection.execute(
            sa.text("UPDATE pairing SET granted = :left WHERE profile_id = :profile AND id = :pairing"), where
        )
    for table in ("consent", "pairing"):
        op.drop_column(table, "limits")
