"""What is searched in the guide, in the words of each database's own engine."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE guide_search "
            "USING fts5(kind UNINDEXED, id UNINDEXED, title, body, tokenize = 'ascii')"
        )
        return
    op.execute(
        "CREATE TABLE guide_search ("
        "kind VARCHAR(20) NOT NULL, id VARCHAR(60) NOT NULL, words TSVECTOR NOT NULL, "
        "CONSTRAINT pk_guide_search PRIMARY KEY (kind, id))"
    )
    op.execute("CREATE INDEX ix_guide_search_words ON guide_search USING gin (words)")


def downgrade() -> None:
    op.execute("DROP TABLE guide_search")
