"""the unit in which the days left of a case are counted

Revision: 0025
Follows: 0024

Cases that are there stay without one until `flask site prepare`, which runs this, has read their
decision and their events: in SQL nobody can, they are sealed. Until then their days are days.
"""

from alembic import op
import sqlalchemy as sa

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BEFORE = ["office_id", "state", "due_on", "opened_at", "submitted_on"]
QUEUE = ["office_id", "state", "due_on", "due_unit", "opened_at", "submitted_on"]


def upgrade() -> None:
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("due_unit", sa.String(length=12), nullable=True))
        batch_op.create_index("ix_applications_queue", QUEUE, unique=False)
        batch_op.drop_index(batch_op.f(f"ix_applications_{'_'.join(BEFORE)}"))


def downgrade() -> None:
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f(f"ix_applications_{'_'.join(BEFORE)}"), BEFORE, unique=False
        )
        batch_op.drop_index("ix_applications_queue")
    # Not in a batch: that would write the table anew on SQLite, where others refer to its rows.
    op.drop_column("applications", "due_unit")
