"""People: accounts, profiles, who may act for whom, codes, browsers, and what is to be told to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    _make_account()
    _make_profile()
    _make_delegation()
    _make_one_time_code()
    _make_browser_session()
    _make_known_device()
    _make_contact()
    _make_message()


def downgrade() -> None:
    """Drop the tables, those that refer to others first."""
    op.drop_table("message")
    op.drop_table("contact")
    op.drop_table("known_device")
    op.drop_table("browser_session")
    op.drop_table("one_time_code")
    op.drop_table("delegation")
    op.drop_table("profile")
    op.drop_table("account")


def _make_account() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("identifier", sa.String(64), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claims_sealed", sa.Text(), nullable=False),
        sa.Column("totp_secret_sealed", sa.Text(), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("identifier", name="uq_account_identifier"),
    )


def _make_profile() -> None:
    op.create_table(
        "profile",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("person_sealed", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_profile"),
    )


def _make_delegation() -> None:
    op.create_table(
        "delegation",
        sa.Column("profile_id", sa.String(32), nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("relation", sa.String(32), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("profile_id", "id", name="pk_delegation"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_delegation_account_id"),
        sa.ForeignKeyConstraint(["profile_id"], ["profile.id"], name="fk_delegation_profile_id"),
    )
    op.create_index("ix_delegation_account_id", "delegation", ["account_id"])


def _make_one_time_code() -> None:
    op.create_table(
        "one_time_code",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("browser_digest", sa.String(64), nullable=False),
        sa.Column("code_digest", sa.String(64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_one_time_code"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_one_time_code_account_id"),
    )
    op.create_index("ix_one_time_code_account_id_id", "one_time_code", ["account_id", "id"])
    op.create_index("ix_one_time_code_expires_at", "one_time_code", ["expires_at"])


def _make_browser_session() -> None:
    op.create_table(
        "browser_session",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("profile_id", sa.String(32), nullable=True),
        sa.Column("secret_digest", sa.String(64), nullable=False),
        sa.Column("sid", sa.String(48), nullable=False),
        sa.Column("amr", sa.String(64), nullable=False),
        sa.Column("acr", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_browser_session"),
        sa.UniqueConstraint("secret_digest", name="uq_browser_session_secret_digest"),
        sa.UniqueConstraint("sid", name="uq_browser_session_sid"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_browser_session_account_id"),
        sa.ForeignKeyConstraint(["profile_id"], ["profile.id"], name="fk_browser_session_profile_id"),
    )
    op.create_index("ix_browser_session_account_id_id", "browser_session", ["account_id", "id"])
    op.create_index("ix_browser_session_expires_at", "browser_session", ["expires_at"])


def _make_known_device() -> None:
    op.create_table(
        "known_device",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("secret_digest", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_known_device"),
        sa.UniqueConstraint("secret_digest", "account_id", name="uq_known_device_secret_digest_account_id"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_known_device_account_id"),
    )
    op.create_index("ix_known_device_account_id", "known_device", ["account_id"])


def _make_contact() -> None:
    op.create_table(
        "contact",
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("lang", sa.String(8), nullable=False),
        sa.Column("email_sealed", sa.Text(), nullable=True),
        sa.Column("email_digest", sa.String(64), nullable=True),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("phone_sealed", sa.Text(), nullable=True),
        sa.Column("phone_digest", sa.String(64), nullable=True),
        sa.Column("phone_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name="pk_contact"),
    )
    op.create_index("ix_contact_email_digest", "contact", ["email_digest"])
    op.create_index("ix_contact_phone_digest", "contact", ["phone_digest"])


def _make_message() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("template", sa.String(32), nullable=False),
        sa.Column("lang", sa.String(8), nullable=True),
        sa.Column("params_sealed", sa.Text(), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
    )
    op.create_index("ix_message_account_id_channel_id", "message", ["account_id", "channel", "id"])
    op.create_index("ix_message_created_at", "message", ["created_at"])
    op.create_index("ix_message_urgent_due_at", "message", ["urgent", "due_at"])
