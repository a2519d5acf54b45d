"""looking after accounts

Revision: 0018
Follows: 0017
"""

from alembic import op
import sqlalchemy as sa

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("officers", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("may_export", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("invitation_hash", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("invited_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("totp_pending_sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("officers", schema=None) as batch_op:
        for name in (
            "totp_pending_sealed",
            "invited_until",
            "invitation_hash",
            "may_export",
        ):
            batch_op.drop_column(name)
