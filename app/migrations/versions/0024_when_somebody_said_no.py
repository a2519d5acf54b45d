"""when somebody who was asked on their phone said no

Revision: 0024
Follows: 0023
"""

from alembic import op
import sqlalchemy as sa

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("confirmation_requests", schema=None) as batch_op:
        batch_op.add_column(sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("confirmation_requests", schema=None) as batch_op:
        batch_op.drop_column("refused_at")
