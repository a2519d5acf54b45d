"""drafts filled in at a window

Revision: 0020
Follows: 0019
"""

from alembic import op
import sqlalchemy as sa

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("window_office_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("officer_id", sa.Uuid(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_drafts_window_office_id"), ["window_office_id"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_drafts_window_office_id_office"), "office", ["window_office_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_drafts_window_office_id_office"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_drafts_window_office_id"))
        batch_op.drop_column("officer_id")
        batch_op.drop_column("window_office_id")
