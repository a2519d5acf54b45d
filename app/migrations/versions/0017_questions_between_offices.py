"""questions between offices with their own clock, and results told to the place of hukou

Revision: 0014
Follows: 0013
"""

from alembic import op
import sqlalchemy as sa

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "verification_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("about", sa.String(length=20), nullable=False),
        sa.Column("whom", sa.String(length=10), nullable=False),
        sa.Column("question_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_office_id", sa.Uuid(), nullable=True),
        sa.Column("to_code", sa.String(length=9), nullable=False),
        sa.Column("to_name", sa.String(length=80), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=12), nullable=False),
        sa.Column("is_promise", sa.Boolean(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("remind_on", sa.Date(), nullable=False),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.Column("escalated_on", sa.Date(), nullable=True),
        sa.Column("reply_code_hash", sa.String(length=64), nullable=True),
        sa.Column("reply_code_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("finding", sa.String(length=20), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("reply_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("promise_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("left_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_verification_requests_{column}_{table}")
            )
            for column, table in (
                ("application_id", "applications"),
                ("office_id", "office"),
                ("asked_by", "officers"),
                ("to_office_id", "office"),
                ("answered_by", "officers"),
                ("left_by", "officers"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification_requests")),
        sa.UniqueConstraint(
            "application_id", "ordinal", name=op.f("uq_verification_requests_application_id_ordinal")
        ),
        sa.UniqueConstraint(
            "reply_code_hash", name=op.f("uq_verification_requests_reply_code_hash")
        ),
    )
    with op.batch_alter_table("verification_requests", schema=None) as batch_op:
        for columns in (
            ["to_office_id", "stage", "due_on"],
            ["office_id", "stage", "due_on"],
            ["stage", "due_on"],
        ):
            batch_op.create_index(
                batch_op.f(f"ix_verification_requests_{'_'.join(columns)}"), columns, unique=False
            )
    op.create_table(
        "result_notes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("from_office_id", sa.Uuid(), nullable=False),
        sa.Column("result", sa.String(length=20), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_result_notes_application_id_applications"),
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["office.id"], name=op.f("fk_result_notes_office_id_office")
        ),
        sa.ForeignKeyConstraint(
            ["from_office_id"], ["office.id"], name=op.f("fk_result_notes_from_office_id_office")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_notes")),
        sa.UniqueConstraint(
            "application_id", "office_id", name=op.f("uq_result_notes_application_id_office_id")
        ),
    )
    with op.batch_alter_table("result_notes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_result_notes_office_id_told_on"), ["office_id", "told_on"], unique=False
        )


def downgrade() -> None:
    op.drop_table("result_notes")
    op.drop_table("verification_requests")
