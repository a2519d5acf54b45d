"""indexes for the lists that only ever grow, and the day on which an application was taken back

Revision: 0023
Follows: 0022
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

QUEUE = ["office_id", "state", "due_on"]
BOUNDED = (
    ("applications", [*QUEUE, "opened_at", "submitted_on"]),
    ("applications", ["office_id", "decided_on"]),
    ("applications", ["office_id", "submitted_at"]),
    ("service_ratings", ["office_id", "level", "followed_on"]),
)


def upgrade() -> None:
    for table, columns in BOUNDED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(
                batch_op.f(f"ix_{table}_{'_'.join(columns)}"), columns, unique=False
            )
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f(f"ix_applications_{'_'.join(QUEUE)}"))
    op.execute(
        """
        UPDATE applications SET decided_on = (
            SELECT max(happened_on) FROM application_events
            WHERE application_id = applications.id AND kind = 'withdrawn'
        )
        WHERE state = 'withdrawn' AND decided_on IS NULL
        """
    )


def downgrade() -> None:
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f(f"ix_applications_{'_'.join(QUEUE)}"), QUEUE, unique=False
        )
    for table, columns in BOUNDED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(batch_op.f(f"ix_{table}_{'_'.join(columns)}"))
