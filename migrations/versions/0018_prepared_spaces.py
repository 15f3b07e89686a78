"""Who people are for the law, spaces prepared for them, and the steps by which they are opened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def _facts(*, nir_required: bool) -> list[sa.Column[str]]:
    return [
        sa.Column("nir_sealed", sa.Text(), nullable=not nir_required),
        sa.Column("nir_digest", sa.String(64), nullable=not nir_required),
        sa.Column("card_sealed", sa.Text(), nullable=True),
        sa.Column("card_digest", sa.String(64), nullable=True),
        sa.Column("pivot_sealed", sa.Text(), nullable=True),
        sa.Column("pivot_digest", sa.String(64), nullable=True),
    ]


def upgrade() -> None:
    """Make the tables."""
    _make_civil_identity()
    _make_prepared_space()
    _make_activation()


def _make_civil_identity() -> None:
    op.create_table(
        "civil_identity",
        sa.Column("profile_id", sa.String(32), nullable=False),
        *_facts(nir_required=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["profile_id"], ["profile.id"], name="fk_civil_identity_profile_id_profile"),
        sa.PrimaryKeyConstraint("profile_id", name="pk_civil_identity"),
        sa.UniqueConstraint("nir_digest", name="uq_civil_identity_nir_digest"),
    )
    op.create_index("ix_civil_identity_pivot_digest", "civil_identity", ["pivot_digest"])


def _make_prepared_space() -> None:
    op.create_table(
        "prepared_space",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("person_sealed", sa.Text(), nullable=False),
        *_facts(nir_required=True),
        sa.Column("reach_sealed", sa.Text(), nullable=True),
        sa.Column("representatives_sealed", sa.Text(), nullable=True),
        sa.Column("lang", sa.String(8), nullable=False),
        sa.Column("code_digest", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("profile_id", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_prepared_space"),
        sa.UniqueConstraint("nir_digest", name="uq_prepared_space_nir_digest"),
        sa.UniqueConstraint("code_digest", name="uq_prepared_space_code_digest"),
    )
    op.create_index("ix_prepared_space_pivot_digest", "prepared_space", ["pivot_digest"])
    op.create_index("ix_prepared_space_expires_at", "prepared_space", ["expires_at"])


def _make_activation() -> None:
    op.create_table(
        "activation",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("prepared_id", sa.String(32), nullable=False),
        sa.Column("browser_digest", sa.String(64), nullable=False),
        sa.Column("interaction_id", sa.String(32), nullable=True),
        sa.Column("origin", sa.String(64), nullable=False),
        sa.Column("identifier", sa.String(64), nullable=True),
        sa.Column("password_hash", sa.String(255), nullable=True),
        sa.Column("email_sealed", sa.Text(), nullable=True),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("phone_sealed", sa.Text(), nullable=True),
        sa.Column("code_digest", sa.String(64), nullable=True),
        sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_activation"),
    )
    op.create_index("ix_activation_prepared_id", "activation", ["prepared_id"])
    op.create_index("ix_activation_expires_at", "activation", ["expires_at"])


def downgrade() -> None:
    """Drop the tables."""
    for table in ("activation", "prepared_space", "civil_identity"):
        op.drop_table(table)
