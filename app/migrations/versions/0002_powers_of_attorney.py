"""powers of attorney, confirmations on people's own phones, and who stands beside the filer

Revision: 0002
Follows: 0001
"""

from alembic import op
import sqlalchemy as sa

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "confirmation_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.String(length=10), nullable=False),
        sa.Column("phone_hash", sa.String(length=64), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("tail_hash", sa.String(length=64), nullable=False),
        sa.Column("tail_tries", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("code_browser_hash", sa.String(length=64), nullable=True),
        sa.Column("code_tries", sa.Integer(), nullable=False),
        sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmation_requests")),
        sa.UniqueConstraint(
            "kind",
            "subject_id",
            "person",
            name=op.f("uq_confirmation_requests_kind_subject_id_person"),
        ),
        sa.UniqueConstraint("token_hash", name=op.f("uq_confirmation_requests_token_hash")),
    )
    with op.batch_alter_table("confirmation_requests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_confirmation_requests_closed_at_sent_at"),
            ["closed_at", "sent_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_confirmation_requests_phone_hash"), ["phone_hash"], unique=False
        )

    op.create_table(
        "powers_of_attorney",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("agent_citizen_id", sa.Uuid(), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("matters", sa.JSON(), nullable=False),
        sa.Column("acts", sa.JSON(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("may_delegate", sa.Boolean(), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("agent_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_citizen_id"],
            ["citizens.id"],
            name=op.f("fk_powers_of_attorney_agent_citizen_id_citizens"),
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["powers_of_attorney.id"],
            name=op.f("fk_powers_of_attorney_parent_id_powers_of_attorney"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_powers_of_attorney")),
        sa.UniqueConstraint("number", name=op.f("uq_powers_of_attorney_number")),
    )
    with op.batch_alter_table("powers_of_attorney", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_powers_of_attorney_agent_citizen_id"), ["agent_citizen_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_powers_of_attorney_parent_id"), ["parent_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_powers_of_attorney_root_id"), ["root_id"], unique=False
        )

    op.create_table(
        "application_parties",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("citizen_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.String(length=10), nullable=False),
        sa.Column("is_principal", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_application_parties_application_id_applications"),
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"], ["citizens.id"], name=op.f("fk_application_parties_citizen_id_citizens")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_parties")),
        sa.UniqueConstraint(
            "application_id",
            "citizen_id",
            name=op.f("uq_application_parties_application_id_citizen_id"),
        ),
    )
    with op.batch_alter_table("application_parties", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_application_parties_citizen_id"), ["citizen_id"], unique=False
        )

    op.create_table(
        "entrusted",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("power_id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=True),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(draft_id IS NULL) <> (application_id IS NULL)", name=op.f("ck_entrusted_about_one")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_entrusted_application_id_applications"),
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["drafts.id"], name=op.f("fk_entrusted_draft_id_drafts")
        ),
        sa.ForeignKeyConstraint(
            ["power_id"],
            ["powers_of_attorney.id"],
            name=op.f("fk_entrusted_power_id_powers_of_attorney"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entrusted")),
        sa.UniqueConstraint(
            "power_id", "application_id", name=op.f("uq_entrusted_power_id_application_id")
        ),
        sa.UniqueConstraint("power_id", "draft_id", name=op.f("uq_entrusted_power_id_draft_id")),
    )
    with op.batch_alter_table("entrusted", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_entrusted_application_id"), ["application_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_entrusted_draft_id"), ["draft_id"], unique=False)

    op.create_table(
        "power_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("power_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("office_id", sa.Uuid(), nullable=True),
        sa.Column("whom", sa.String(length=10), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["office_id"], ["office.id"], name=op.f("fk_power_events_office_id_office")
        ),
        sa.ForeignKeyConstraint(
            ["power_id"],
            ["powers_of_attorney.id"],
            name=op.f("fk_power_events_power_id_powers_of_attorney"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_power_events")),
        sa.UniqueConstraint("power_id", "sequence", name=op.f("uq_power_events_power_id_sequence")),
    )
    op.create_table(
        "power_principals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("power_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.String(length=10), nullable=False),
        sa.Column("citizen_id", sa.Uuid(), nullable=True),
        sa.Column("named_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["citizen_id"], ["citizens.id"], name=op.f("fk_power_principals_citizen_id_citizens")
        ),
        sa.ForeignKeyConstraint(
            ["power_id"],
            ["powers_of_attorney.id"],
            name=op.f("fk_power_principals_power_id_powers_of_attorney"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_power_principals")),
        sa.UniqueConstraint("power_id", "person", name=op.f("uq_power_principals_power_id_person")),
    )
    with op.batch_alter_table("power_principals", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_power_principals_citizen_id"), ["citizen_id"], unique=False
        )

    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("by_agent", sa.Boolean(), server_default=sa.false(), nullable=False)
        )

    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("by_agent", sa.Boolean(), server_default=sa.false(), nullable=False)
        )


def downgrade() -> None:

    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.drop_column("by_agent")

    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.drop_column("by_agent")

    with op.batch_alter_table("power_principals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_power_principals_citizen_id"))

    op.drop_table("power_principals")
    op.drop_table("power_events")
    with op.batch_alter_table("entrusted", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entrusted_draft_id"))
        batch_op.drop_index(batch_op.f("ix_entrusted_application_id"))

    op.drop_table("entrusted")
    with op.batch_alter_table("application_parties", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_application_parties_citizen_id"))

    op.drop_table("application_parties")
    with op.batch_alter_table("powers_of_attorney", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_powers_of_attorney_root_id"))
        batch_op.drop_index(batch_op.f("ix_powers_of_attorney_parent_id"))
        batch_op.drop_index(batch_op.f("ix_powers_of_attorney_agent_citizen_id"))

    op.drop_table("powers_of_attorney")
    with op.batch_alter_table("confirmation_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_confirmation_requests_phone_hash"))
        batch_op.drop_index(batch_op.f("ix_confirmation_requests_closed_at_sent_at"))

    op.drop_table("confirmation_requests")
