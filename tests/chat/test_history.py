"""Conversations in the ledger, and what of them fits a prompt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.chat.answer import Answer
from sealmate.chat.history import Chat, fitted, turns_of
from sealmate.errors import NotFoundError
from sealmate.model.protocol import Turn
from sealmate.records import Message
from tests.chat.home import SITTER, START, Home
from tests.store.build import statements


def words(text: str) -> int:
    return len(text.split())


def test_a_conversation_survives_a_restart(home: Home) -> None:
    passage = home.note(SITTER)
    source = {"id": passage.source_id, "title": "sitter", "passage": passage.id}
    chat = Chat(home.store, home.clock)
    assert chat.resume() == []
    chat.keep("Who minds the twins?", Answer("Ansa", 3, False, (source,), 0.9))
    again = Chat(home.store, home.clock)
    messages = again.resume()
    assert [(m.role, m.text, m.version) for m in messages] == [
        ("user", "Who minds the twins?", None),
        ("assistant", "Ansa", 3),
    ]
    assert messages[1].sources == (source,)
    assert again.turns() == (Turn("user", "Who minds the twins?"), Turn("assistant", "Ansa"))
    again.keep("And when?", Answer("on Thursdays", 3, False))
    assert len(chat.messages()) == 4


def test_a_turn_does_not_read_all_conversations(home: Home) -> None:
    chat = Chat(home.store, home.clock)
    for number in range(3):
        chat.leave()
        chat.keep(f"{number}?", Answer("Yes.", 0, True))
    with statements() as asked:
        assert chat.conversation is not None
    (one,) = [text for text in asked if "FROM conversations" in text]
    assert "WHERE conversations.id = ?" in one


def test_leaving_begins_a_new_conversation_and_the_old_one_can_be_taken_up(home: Home) -> None:
    chat = Chat(home.store, home.clock)
    chat.keep("One?", Answer("1", 0, True))
    first = chat.conversation
    chat.leave()
    assert chat.turns() == ()
    chat.keep("Two?", Answer("2", 0, True))
    assert first is not None
    assert [m.text for m in chat.resume(first.id)] == ["One?", "1"]
    with pytest.raises(NotFoundError):
        chat.resume(99)


def test_what_was_forgotten_leaves_the_conversation(home: Home) -> None:
    passage = home.note(SITTER)
    source = {"id": passage.source_id, "title": "sitter", "passage": passage.id}
    chat = Chat(home.store, home.clock)
    chat.keep("Who minds the twins?", Answer("Ansa", 0, False, (source,)))
    home.store.erasure.erase(passage.source_id)
    assert chat.turns() == ()
    chat.keep("Who?", Answer("I don't know that yet.", 0, True))
    assert len(chat.messages()) == 2


def test_only_whole_exchanges_are_turns() -> None:
    roles = ["user", "user", "assistant", "system", "user", "assistant", "user"]
    messages = [
        Message(n, 1, role, f"{role} {n}", START)  # type: ignore[arg-type]
        for n, role in enumerate(roles)
    ]
    said = [turn.content for turn in turns_of(messages)]
    assert said == ["user 1", "assistant 2", "user 4", "assistant 5"]
    assert [turn.content for turn in turns_of(messages, most=3)] == ["user 4", "assistant 5"]
    assert turns_of(messages, most=1) == ()


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8), st.integers(-5, 200)
)
def test_the_newest_exchanges_that_fit_are_kept(sizes: list[tuple[int, int]], room: int) -> None:
    history = [
        Turn(role, f"{number} " + "word " * size)
        for number, pair in enumerate(sizes)
        for role, size in zip(("user", "assistant"), pair, strict=True)
    ]
    kept = fitted(history, words, room)
    assert len(kept) % 2 == 0
    assert kept == tuple(history[len(history) - len(kept) :])
    assert sum(words(turn.content) for turn in kept) <= max(room, 0)
