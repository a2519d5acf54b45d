"""an account can be closed, and messages are found by whom they went to

Revision: 0013
Follows: 0012
"""

from alembic import op
import sqlalchemy as sa

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("citizens", schema=None) as batch_op:
        batch_op.alter_column("phone_hash", existing_type=sa.String(length=64), nullable=True)
        batch_op.alter_column("phone_sealed", existing_type=sa.LargeBinary(), nullable=True)
        batch_op.add_column(sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("outbox_messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("phone_hash", sa.String(length=64), nullable=True))
    with op.batch_alter_table("outbox_messages", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outbox_messages_phone_hash"), ["phone_hash"], unique=False
        )
    with op.batch_alter_table("complaints", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_complaints_citizen_id"), ["citizen_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("complaints", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_complaints_citizen_id"))
    with op.batch_alter_table("outbox_messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_messages_phone_hash"))
        batch_op.drop_column("phone_hash")
    # A closed account has no number to go back to; its row still stands for what was filed.
    op.execute("UPDATE citizens SET phone_hash = 'closed-' || id WHERE phone_hash IS NULL")
    op.execute("UPDATE citizens SET phone_sealed = '' WHERE phone_sealed IS NULL")
    with op.batch_alter_table("citizens", schema=None) as batch_op:
        batch_op.drop_column("closed_at")
        batch_op.alter_column("phone_sealed", existing_type=sa.LargeBinary(), nullable=False)
        batch_op.alter_column("phone_hash", existing_type=sa.String(length=64), nullable=False)
