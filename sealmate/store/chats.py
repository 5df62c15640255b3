"""Conversations in the ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Select, func, insert, select

from sealmate.errors import NotFoundError
from sealmate.records import Conversation, Message
from sealmate.store import tables
from sealmate.store.database import Database

_TABLE = tables.conversations
_MESSAGES = tables.messages


class Chats:
    """Conversations and their messages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, title: str = "") -> Conversation:
        """Begin a conversation now."""
        with self._database.write() as connection:
            values = {"started_at": self._database.clock(), "title": title}
            key: Any = connection.execute(insert(_TABLE).values(values)).inserted_primary_key
            return self.get(int(key[0]))

    def get(self, conversation_id: int) -> Conversation:
        """The conversation with that id. Raises NotFoundError."""
        found = self.find(conversation_id)
        if found is None:
            raise NotFoundError(f"there is no conversation {conversation_id}")
        return found

    def find(self, conversation_id: int) -> Conversation | None:
        """The conversation with that id, if it is there (still)."""
        found = self._all(select(_TABLE).where(_TABLE.c.id == conversation_id))
        return found[0] if found else None

    def add_message(self, message: Message) -> Message:
        """Store a turn (its id is ignored) and return it with its id.

        Raises StoreError if there is no such conversation.
        """
        values = {
            column.name: getattr(message, column.name)
            for column in _MESSAGES.columns
            if column.name != "id"
        }
        values["sources"] = [dict(cited) for cited in message.sources]
        with self._database.write() as connection:
            key: Any = connection.execute(insert(_MESSAGES).values(values)).inserted_primary_key
        return replace(message, id=int(key[0]))

    def messages(self, conversation_id: int) -> list[Message]:
        """The turns of a conversation in order. Raises NotFoundError."""
        query = select(_MESSAGES).where(_MESSAGES.c.conversation_id == conversation_id)
        with self._database.read() as connection:
            self.get(conversation_id)
            rows = connection.execute(query.order_by(_MESSAGES.c.id))
            return [Message(**{**row._mapping, "sources": tuple(row.sources)}) for row in rows]

    def latest(self) -> Conversation | None:
        """The conversation with the newest message (or start), if any."""
        found = self.list()
        return found[0] if found else None

    def _all(self, query: Select[Any]) -> list[Conversation]:
        with self._database.read() as connection:
            return [Conversation(**row._mapping) for row in connection.execute(query)]

    def list(self) -> list[Conversation]:
        """Conversations, the one used last first."""
        newest = (
            select(func.max(_MESSAGES.c.at))
            .where(_MESSAGES.c.conversation_id == _TABLE.c.id)
            .scalar_subquery()
        )
        used = func.coalesce(newest, _TABLE.c.started_at)
        return self._all(select(_TABLE).order_by(used.desc(), _TABLE.c.id.desc()))
