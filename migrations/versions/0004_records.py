"""The embedded record store: measures, devices, documents, receipts of pushes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    _make_measure()
    _make_device()
    _make_document()
    _make_receipt()


def downgrade() -> None:
    """Drop the tables, those that refer to others first."""
    op.drop_table("receipt")
    op.drop_table("document")
    op.drop_table("device")
    op.drop_table("measure")


def _make_measure() -> None:
    op.create_table(
        "measure",
        sa.Column("profile_id", sa.String(32), nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("components", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_text", sa.String(48), nullable=False),
        sa.Column("offset_minutes", sa.Integer(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("days_code", sa.String(16), nullable=True),
        sa.Column("moment", sa.String(16), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("device_id", sa.String(32), nullable=True),
        sa.Column("device_created", sa.Boolean(), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("pairing_id", sa.String(32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("purge_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("profile_id", "id", name="pk_measure"),
    )
    op.create_index("ix_measure_latest", "measure", ["profile_id", "code", "effective_at"])
    op.create_index("ix_measure_pairing", "measure", ["profile_id", "pairing_id"])
    op.create_index("ix_measure_purge_at", "measure", ["purge_at"])


def _make_device() -> None:
    op.create_table(
        "device",
        sa.Column("profile_id", sa.String(32), nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("profile_id", "id", name="pk_device"),
    )


def _make_document() -> None:
    op.create_table(
        "document",
        sa.Column("profile_id", sa.String(32), nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("category", sa.String(16), nullable=False),
        sa.Column("type_code", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("mime", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("sha1", sa.String(40), nullable=False),
        sa.Column("confidentiality", sa.String(64), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("pairing_id", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("purge_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("profile_id", "id", name="pk_document"),
    )
    op.create_index("ix_document_created_at", "document", ["profile_id", "created_at"])
    op.create_index("ix_document_pairing", "document", ["profile_id", "pairing_id"])
    op.create_index("ix_document_purge_at", "document", ["purge_at"])


def _make_receipt() -> None:
    op.create_table(
        "receipt",
        sa.Column("profile_id", sa.String(32), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("key_digest", sa.String(64), nullable=False),
        sa.Column("request_digest", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("profile_id", "client_id", "key_digest", name="pk_receipt"),
    )
    op.create_index("ix_receipt_created_at", "receipt", ["created_at"])
