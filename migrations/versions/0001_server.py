"""The server's own: clients, their catalogue entries, signing keys, the journal, budgets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _make_client()
    _make_seen_assertion()
    _make_catalogue_entry()
    _make_signing_key()
    _make_activity()
    _make_budget()


def downgrade() -> None:
    """Drop the tables, those that refer to others first."""
    op.drop_table("budget")
    op.drop_table("activity")
    op.drop_table("signing_key")
    op.drop_table("catalogue_entry")
    op.drop_table("seen_assertion")
    op.drop_table("client")


def _make_client() -> None:
    op.create_table(
        "client",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("secret_digest", sa.String(64), nullable=True),
        sa.Column("profile", sa.String(16), nullable=False),
        sa.Column("catalogue_entry_id", sa.String(64), nullable=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("registration", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_client"),
    )
    op.create_index("ix_client_catalogue_entry_id", "client", ["catalogue_entry_id"])


def _make_seen_assertion() -> None:
    op.create_table(
        "seen_assertion",
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("jti_digest", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "jti_digest", name="pk_seen_assertion"),
    )
    op.create_index("ix_seen_assertion_expires_at", "seen_assertion", ["expires_at"])


def _make_catalogue_entry() -> None:
    op.create_table(
        "catalogue_entry",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("oid", sa.String(64), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("publisher", sa.String(120), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.Column("logo_type", sa.String(32), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("terms_url", sa.String(500), nullable=False),
        sa.Column("privacy_url", sa.String(500), nullable=False),
        sa.Column("support", sa.String(255), nullable=False),
        sa.Column("start_url", sa.String(500), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_catalogue_entry"),
    )


def _make_signing_key() -> None:
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("private_sealed", sa.Text(), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kid", name="pk_signing_key"),
    )


def _make_activity() -> None:
    op.create_table(
        "activity",
        sa.Column("profile_id", sa.String(32), nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tag", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=True),
        sa.Column("client_id", sa.String(64), nullable=True),
        sa.Column("pairing_id", sa.String(32), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("content_digest", sa.String(64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("chain", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("profile_id", "id", name="pk_activity"),
    )
    op.create_index("ix_activity_account_id_id", "activity", ["account_id", "id"])
    op.create_index("ix_activity_seq", "activity", ["seq"], unique=True)


def _make_budget() -> None:
    op.create_table(
        "budget",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("spent_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_budget"),
    )
    op.create_index("ix_budget_spent_until", "budget", ["spent_until"])
