"""Conversations: kept in the ledger, and as much of one as a prompt has room for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise

from sealmate.chat.answer import Answer
from sealmate.model.protocol import Turn
from sealmate.records import Conversation, Message
from sealmate.store import Store
from sealmate.store.state import FORGOTTEN

MOST_TURNS = 6  # a longer memory of the conversation confuses a small model more than it helps
_AROUND = 16  # tokens that a chat template wraps around two turns
_TITLE = 60


class Chat:
    """One conversation at a time, kept in the ledger as it goes."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._conversation: Conversation | None = None

    def resume(self, conversation_id: int | None = None) -> list[Message]:
        """Go on with a conversation, or the one used last; its messages, oldest first.

        Without any the next exchange begins one. Raises NotFoundError for an unknown id.
        """
        chats = self._store.chats
        self._conversation = (
            chats.latest() if conversation_id is None else chats.get(conversation_id)
        )
        return self.messages()

    def leave(self) -> None:
        """The next exchange begins a new conversation."""
        self._conversation = None

    @property
    def conversation(self) -> Conversation | None:
        """The conversation going on; None before its first exchange, or if it was forgotten."""
        current = self._conversation
        if current and self._store.chats.find(current.id) is None:
            self._conversation = None
        return self._conversation

    def messages(self) -> list[Message]:
        """All messages of the conversation, oldest first."""
        current = self.conversation
        return self._store.chats.messages(current.id) if current else []

    def turns(self) -> tuple[Turn, ...]:
        """The last exchanges, for `Assistant.ask`."""
        return turns_of(self.messages())

    def forgettings(self) -> int:
        """How often something was forgotten until now, for `keep`."""
        return int(self._store.state.get(FORGOTTEN, 0))

    def keep(
        self, question: str, answer: Answer, since: int | None = None
    ) -> tuple[Message, Message] | None:
        """Store a question with its answer, both or neither; None if neither, as something was
        forgotten `since` it was asked (see `forgettings`): the answer may have it still."""
        with self._store.transaction():
            if since is not None and since != self.forgettings():
                return None
            current = self.conversation
            if current is None:
                title = " ".join(question.split())[:_TITLE]
                current = self._conversation = self._store.chats.start(title)
            asked = Message(0, current.id, "user", question, self._clock())
            said = Message(
                0, current.id, "assistant", answer.text, self._clock(), answer.version,
                answer.sources,
            )  # fmt: skip
            return self._store.chats.add_message(asked), self._store.chats.add_message(said)


def turns_of(messages: Sequence[Message], most: int = MOST_TURNS) -> tuple[Turn, ...]:
    """The last `most` turns of whole exchanges.

    A question without an answer (stopped, crashed) is left out: chat templates want turns to
    alternate.
    """
    turns: list[Turn] = []
    for one, after in pairwise(messages):
        if (one.role, after.role) == ("user", "assistant"):
            turns += [Turn("user", one.text), Turn("assistant", after.text)]
    return tuple(turns[-(most - most % 2) :]) if most > 1 else ()


def fitted(history: Sequence[Turn], count: Callable[[str], int], tokens: int) -> tuple[Turn, ...]:
    """The newest whole exchanges of `history` that have at most `tokens` tokens together."""
    kept: list[Turn] = []
    pairs = [
        pair for pair in pairwise(history) if (pair[0].role, pair[1].role) == ("user", "assistant")
    ]
    for question, answer in reversed(pairs):
        tokens -= count(question.content) + count(answer.content) + _AROUND
        if tokens < 0:
            break
        kept = [question, answer, *kept]
    return tuple(kept)
