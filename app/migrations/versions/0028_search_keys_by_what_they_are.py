"""the keys that a case is found by are told apart by what they are, without an id of their own

Revision: 0028
Follows: 0027

Each application writes seven of them: one index less to write into, and none in random order.
"""

from alembic import op
import sqlalchemy as sa

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

TABLE = "application_search_keys"


def upgrade() -> None:
    with op.batch_alter_table(TABLE, schema=None) as batch_op:
        batch_op.drop_index(batch_op.f(f"ix_{TABLE}_application_id"))
        batch_op.drop_constraint(batch_op.f(f"pk_{TABLE}"), type_="primary")
        batch_op.drop_column("id")
        batch_op.create_primary_key(batch_op.f(f"pk_{TABLE}"), ["application_id", "person", "kind"])


def downgrade() -> None:
    with op.batch_alter_table(TABLE, schema=None) as batch_op:
        batch_op.add_column(sa.Column("id", sa.Uuid(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"UPDATE {TABLE} SET id = gen_random_uuid()")
    else:
        op.execute(f"UPDATE {TABLE} SET id = lower(hex(randomblob(16)))")
    with op.batch_alter_table(TABLE, schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f(f"pk_{TABLE}"), type_="primary")
        batch_op.alter_column("id", nullable=False)
        batch_op.create_primary_key(batch_op.f(f"pk_{TABLE}"), ["id"])
        batch_op.create_index(
            batch_op.f(f"ix_{TABLE}_application_id"), ["application_id"], unique=False
        )
