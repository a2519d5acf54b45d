"""how cases ended, why they were late, and the sums of each month

Revision: 0019
Follows: 0018
"""

from alembic import op
import sqlalchemy as sa

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# What is counted in a month is found by its day.
BY_DAY = (
    ("application_events", ["kind", "happened_on"]),
    ("complaints", ["made_on"]),
    ("service_ratings", ["rated_on"]),
)


def upgrade() -> None:
    op.create_table(
        "case_outcomes",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("result", sa.String(length=20), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("waited", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_case_outcomes_application_id_applications"),
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["office.id"], name=op.f("fk_case_outcomes_office_id_office")
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_case_outcomes")),
    )
    with op.batch_alter_table("case_outcomes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_case_outcomes_ended_on_office_id"),
            ["ended_on", "office_id"],
            unique=False,
        )
    op.create_table(
        "late_reasons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("noted_on", sa.Date(), nullable=False),
        sa.Column("noted_by", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_late_reasons_application_id_applications"),
        ),
        sa.ForeignKeyConstraint(
            ["noted_by"], ["officers.id"], name=op.f("fk_late_reasons_noted_by_officers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_reasons")),
        sa.UniqueConstraint("application_id", name=op.f("uq_late_reasons_application_id")),
    )
    op.create_table(
        "monthly_figures",
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("figure", sa.String(length=20), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.String(length=20), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["office_id"], ["office.id"], name=op.f("fk_monthly_figures_office_id_office")
        ),
        sa.PrimaryKeyConstraint(
            "office_id",
            "figure",
            "month",
            "service",
            "detail",
            name=op.f("pk_monthly_figures"),
        ),
    )
    with op.batch_alter_table("monthly_figures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_monthly_figures_month"), ["month"], unique=False)
    for table, columns in BY_DAY:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(
                batch_op.f(f"ix_{table}_{'_'.join(columns)}"), columns, unique=False
            )


def downgrade() -> None:
    for table, columns in BY_DAY:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(batch_op.f(f"ix_{table}_{'_'.join(columns)}"))
    op.drop_table("monthly_figures")
    op.drop_table("late_reasons")
    op.drop_table("case_outcomes")
