"""indexes by which a year of judgements is counted and listed without reading all there ever were

Revision: 0026
Follows: 0025
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

BEFORE = (["office_id", "rated_on"], ["office_id", "level", "followed_on"])
AFTER = (
    ["office_id", "rated_on", "service", "level"],
    ["office_id", "level", "rated_on", "followed_on"],
)


def upgrade() -> None:
    _exchange(BEFORE, AFTER)


def downgrade() -> None:
    _exchange(AFTER, BEFORE)


def _exchange(old: tuple[list[str], ...], new: tuple[list[str], ...]) -> None:
    # The new ones first: one of them serves the office while the old ones go.
    with op.batch_alter_table("service_ratings", schema=None) as batch_op:
        for columns in new:
            batch_op.create_index(_name(columns), columns, unique=False)
        for columns in old:
            batch_op.drop_index(_name(columns))


def _name(columns: list[str]) -> str:
    return op.f(f"ix_service_ratings_{'_'.join(columns)}")
