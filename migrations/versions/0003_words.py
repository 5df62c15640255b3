"""The words of passages as they are written, beside the stemmed index."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An index without a stemmer, whose terms are words that a model knows, and their list.

    Like the stemmed one it stores no text and reads the view; positions are not needed.
    """
    op.execute(
        "CREATE VIRTUAL TABLE passages_words USING fts5(text, heading, title, "
        "content='passage_search', content_rowid='id', detail=none, "
        "tokenize='unicode61 remove_diacritics 0')"
    )
    op.execute("CREATE VIRTUAL TABLE passages_vocabulary USING fts5vocab('passages_words', 'row')")
    op.execute(
        "CREATE TRIGGER passages_words_insert AFTER INSERT ON passages BEGIN "
        "INSERT INTO passages_words(rowid, text, heading, title) "
        "SELECT id, text, heading, title FROM passage_search WHERE id = new.id; END"
    )
    op.execute(
        "CREATE TRIGGER passages_words_delete BEFORE DELETE ON passages BEGIN "
        "INSERT INTO passages_words(passages_words, rowid, text, heading, title) "
        "SELECT 'delete', id, text, heading, title FROM passage_search WHERE id = old.id; END"
    )
    op.execute("INSERT INTO passages_words(passages_words) VALUES ('rebuild')")


def downgrade() -> None:
    raise NotImplementedError("put back a copy from the backups folder instead")
