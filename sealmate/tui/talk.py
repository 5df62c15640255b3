"""The conversation on the screen: kept in the ledger by `Chat`, shown with its passages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sealmate.errors import NotFoundError
from sealmate.records import Conversation, Message
from sealmate.tui.services import Services
from sealmate.tui.text import one_line

if TYPE_CHECKING:
    from sealmate.chat.assistant import Answer
    from sealmate.chat.history import Chat
    from sealmate.model.protocol import Turn

# Older turns stay in the ledger; drawing hundreds of Markdown widgets takes seconds.
MOST_SHOWN = 60
_EXCERPT = 90


@dataclass(frozen=True, slots=True)
class Shown:
    """A message with what is shown beside it: the beginning of each cited passage by id, and what
    other notes say to it."""

    message: Message
    excerpts: Mapping[int, str]
    disputes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class View:
    """The newest messages of a conversation, oldest first, and how many came `before` them."""

    newest: Sequence[Shown] = ()
    before: int = 0


class Talk:
    """One conversation at a time. The methods use the ledger and may block."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._made: Chat | None = None

    @property
    def _chat(self) -> Chat:
        if self._made is None:
            from sealmate.chat.history import Chat  # the store comes with it: 0.3 s

            self._made = Chat(self._services.store(), self._services.clock)
        return self._made

    def resume(self, conversation_id: int | None = None) -> View:
        """Go on with a conversation, or the one used last. Raises NotFoundError."""
        self._chat.resume(conversation_id)
        return self.shown()

    def leave(self) -> Conversation | None:
        """The next question begins a new conversation; the one that this leaves, if any."""
        left = self._chat.conversation
        self._chat.leave()
        return left

    def now(self) -> Conversation | None:
        """This conversation, once it has begun."""
        return self._chat.conversation

    def listed(self) -> list[Conversation]:
        """All conversations, the one used last first."""
        return self._services.store().chats.list()

    def check(self, conversation_id: int) -> None:
        """Raise NotFoundError if there is no such conversation."""
        self._services.store().chats.get(conversation_id)

    def shown(self) -> View:
        """What is shown of this conversation."""
        messages = self._chat.messages()
        asked = [None, *messages]
        newest = [
            Shown(message, self.excerpts(message.sources), self._disputes_then(question, message))
            for question, message in list(zip(asked, messages, strict=False))[-MOST_SHOWN:]
        ]
        return View(newest, len(messages) - len(newest))

    def turns(self) -> Sequence[Turn]:
        """The last exchanges, for the model."""
        return self._chat.turns()

    def forgettings(self) -> int:
        """How often something was forgotten until now."""
        return self._chat.forgettings()

    def keep(self, question: str, answer: Answer, since: int) -> bool:
        """Keep a question with its answer, unless something was forgotten `since`."""
        return self._chat.keep(question, answer, since) is not None

    def keep_stopped(self, question: str, said: str, since: int) -> bool:
        """Keep what was said before a person stopped it, as the active version's answer; False
        if it was not kept."""
        from sealmate.chat.assistant import Answer

        if not said:
            return False
        answer = Answer(said, self._services.store().versions.active(), False)
        return self.keep(question, answer, since)

    def excerpts(self, sources: Sequence[Mapping[str, Any]]) -> dict[int, str]:
        """The beginnings of the passages that `sources` cite, by passage id."""
        found: dict[int, str] = {}
        for cited in sources:
            if isinstance(key := cited.get("passage"), int):
                with suppress(NotFoundError):  # forgotten since
                    found[key] = _beginning(self._services.store().passages.get(key).text)
        return found

    def disputes(self, question: str, answer: Answer) -> list[str]:
        """What other notes say to an answer, a line each."""
        from sealmate.chat.disputes import disputes, told_otherwise

        return [told_otherwise(one) for one in disputes(self._services.store(), question, answer)]

    def _disputes_then(self, question: Message | None, message: Message) -> list[str]:
        """The same of an answer given before, as it stands by now."""
        from sealmate.chat.answer import Answer
        from sealmate.edits.screen import is_abstention

        if question is None or (question.role, message.role) != ("user", "assistant"):
            return []
        known = not is_abstention(message.text)
        sources = message.sources
        answer = Answer(message.text, message.version or 0, False, sources, abstained=not known)
        return self.disputes(question.text, answer)


def _beginning(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= _EXCERPT else line[: _EXCERPT - 1].rsplit(" ", 1)[0] + "…"
