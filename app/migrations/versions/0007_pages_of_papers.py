"""small pictures, order, hints and quarantine of uploaded pages

Revision: 0007
Follows: 0006
"""

from alembic import op
import sqlalchemy as sa

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stored", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("token", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("look", sa.String(length=10), nullable=True))
        batch_op.add_column(
            sa.Column("quarantined_at", sa.DateTime(timezone=True), nullable=True)
        )
        batch_op.create_index(
            batch_op.f("ix_uploads_quarantined_at"), ["quarantined_at"], unique=False
        )
        batch_op.create_unique_constraint(batch_op.f("uq_uploads_token"), ["token"])
    # What lies in the store for the files of before: the content and its seal of 33 bytes.
    op.execute("UPDATE uploads SET stored = size + 33")


def downgrade() -> None:
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_uploads_token"), type_="unique")
        batch_op.drop_index(batch_op.f("ix_uploads_quarantined_at"))
        batch_op.drop_column("quarantined_at")
        batch_op.drop_column("look")
        batch_op.drop_column("token")
        batch_op.drop_column("stored")
