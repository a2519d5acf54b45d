"""several drafts of one service for one person

Revision: 0004
Follows: 0003
"""

from alembic import op
import sqlalchemy as sa

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("begin_key", sa.String(length=64), nullable=True))
    # No form that began a draft of before can be sent again; any value of its own will do.
    op.execute("UPDATE drafts SET begin_key = CAST(id AS VARCHAR(64))")
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.alter_column("begin_key", existing_type=sa.String(length=64), nullable=False)
        batch_op.drop_constraint(batch_op.f("uq_drafts_open_key"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_drafts_begin_key"), ["begin_key"])
        batch_op.drop_column("open_key")


def downgrade() -> None:
    # Left empty: a citizen may have several drafts by now, and one of each service had the key.
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("open_key", sa.String(length=100), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_drafts_begin_key"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_drafts_open_key"), ["open_key"])
        batch_op.drop_column("begin_key")
