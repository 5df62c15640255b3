"""Conversations."""

from __future__ import annotations

from pathlib import Path

import pytest

from sealmate.errors import NotFoundError, StoreError
from tests.store.build import opened, turn


def test_a_chat_survives_a_restart(home: Path) -> None:
    with opened(home) as store:
        assert store.chats.latest() is None
        older, newer = store.chats.start("one"), store.chats.start("two")
        cited = ({"id": 1, "title": "Pets", "passage": 4},)
        store.chats.add_message(turn(older.id, "user", "Who is Rex?", 100))
        store.chats.add_message(
            turn(older.id, "assistant", "A dog.", 101, version=2, sources=cited)
        )
    with opened(home) as store:
        latest = store.chats.latest()
        assert latest == older
        question, answer = store.chats.messages(older.id)
        assert (question.role, question.sources) == ("user", ())
        assert (answer.version, answer.sources) == (2, cited)
        assert store.chats.list() == [older, newer]
        assert (store.chats.find(newer.id), store.chats.find(9)) == (newer, None)
        with pytest.raises(StoreError, match="does not exist"):
            store.chats.add_message(turn(9, "user", "hello"))
        with pytest.raises(NotFoundError):
            store.chats.messages(9)
