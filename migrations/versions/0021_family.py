"""Families: numbered seats that hold the limits of delegations, invitations, and the birthdays that were told of."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

LIVING = sa.text("until_at IS NULL")
MOST = {"self": 1, "legal_representative": 2, "carer": 3}
MOST_CARED_FOR = 5


def upgrade() -> None:
    """Add the columns, seat who acts already, and make the tables."""
    op.add_column("delegation", sa.Column("seat", sa.String(32), nullable=True))
    op.add_column("delegation", sa.Column("place", sa.Integer(), nullable=True))
    _seat()
    op.create_index("uq_delegation_seat", "delegation", ["profile_id", "seat"], unique=True)
    op.create_index("uq_delegation_place", "delegation", ["account_id", "place"], unique=True)
    op.create_index(
        "uq_delegation_living", "delegation", ["profile_id", "account_id"], unique=True, sqlite_where=LIVING,
        postgresql_where=LIVING,
    )  # fmt: skip
    op.create_table(
        "invitation",
        sa.Column("profile_id", sa.String(32), nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("code_digest", sa.String(64), nullable=False),
        sa.Column("guest_sealed", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(32), nullable=True),
        sa.ForeignKeyConstraint(["profile_id"], ["profile.id"], name="fk_invitation_profile_id_profile"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_invitation_account_id_account"),
        sa.PrimaryKeyConstraint("profile_id", "id", name="pk_invitation"),
        sa.UniqueConstraint("code_digest", name="uq_invitation_code_digest"),
    )
    op.create_index("ix_invitation_expires_at", "invitation", ["expires_at"])
    op.create_table(
        "age_step",
        sa.Column("profile_id", sa.String(32), nullable=False),
        sa.Column("step", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(["profile_id"], ["profile.id"], name="fk_age_step_profile_id_profile"),
        sa.PrimaryKeyConstraint("profile_id", "step", name="pk_age_step"),
    )


def downgrade() -> None:
    """Drop them; an invitation that waits is worth nothing any more."""
    op.drop_table("age_step")
    op.drop_table("invitation")
    for name in ("uq_delegation_living", "uq_delegation_place", "uq_delegation_seat"):
        op.drop_index(name, table_name="delegation")
    for column in ("place", "seat"):
        op.drop_column("delegation", column)


def _seat() -> None:
    """Give seats in the order of the delegations; a second one of one account for one profile is ended."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text("SELECT id, profile_id, account_id, kind, from_at FROM delegation WHERE until_at IS NULL ORDER BY id")
    ).all()
    seats: Counter[tuple[str, str]] = Counter()
    places: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()
    for row in rows:
        if (row.profile_id, row.account_id) in seen:
            connection.execute(sa.text("UPDATE delegation SET until_at = from_at WHERE id = :id"), {"id": row.id})
            continue
        seen.add((row.profile_id, row.account_id))
        seats[row.profile_id, row.kind] += 1
        seat: str | None = row.kind
        if row.kind != "self":
            number = seats[row.profile_id, row.kind]
            seat = f"{row.kind.removeprefix('legal_')}-{number}" if number <= MOST[row.kind] else None
        place = 0 if row.kind == "self" else None
        if row.kind == "carer":
            places[row.account_id] += 1
            place = places[row.account_id] if places[row.account_id] <= MOST_CARED_FOR else None
        values = {"id": row.id, "seat": seat, "place": place}
        connection.execute(sa.text("UPDATE delegation SET seat = :seat, place = :place WHERE id = :id"), values)
