"""messages are told once, and why one did not leave is kept

Revision: 0008
Follows: 0007
"""

from alembic import op
import sqlalchemy as sa

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outbox_messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("once_key", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("params_sealed", sa.LargeBinary(), nullable=True))
        # Of messages from before nobody counted; two is the most they could take.
        batch_op.add_column(sa.Column("segments", sa.Integer(), nullable=False, server_default="2"))
        batch_op.add_column(sa.Column("unsure_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("problem", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("gateway_id", sa.String(length=60), nullable=True))
    with op.batch_alter_table("outbox_messages", schema=None) as batch_op:
        batch_op.alter_column("segments", existing_type=sa.Integer(), server_default=None)
        batch_op.create_index(
            batch_op.f("ix_outbox_messages_state_created_at"), ["state", "created_at"], unique=False
        )
        batch_op.create_unique_constraint(batch_op.f("uq_outbox_messages_once_key"), ["once_key"])


def downgrade() -> None:
    with op.batch_alter_table("outbox_messages", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_outbox_messages_once_key"), type_="unique")
        batch_op.drop_index(batch_op.f("ix_outbox_messages_state_created_at"))
        batch_op.drop_column("gateway_id")
        batch_op.drop_column("problem")
        batch_op.drop_column("unsure_since")
        batch_op.drop_column("segments")
        batch_op.drop_column("params_sealed")
        batch_op.drop_column("once_key")
