"""What is asked of the model while the chat goes on: how it loads, how it goes, how it is stopped.

Each asking has a thread and a turn of its own; what is kept and what is shown of an answer at its
end is in the two kinds of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from threading import Event as Flag
from typing import TYPE_CHECKING, Generic, TypeVar

from textual.widgets import Markdown

from sealmate.chat.answer import how_sure
from sealmate.errors import Cancelled, SealmateError
from sealmate.events import Event, Note, Progress, Started
from sealmate.tui.background import Background
from sealmate.tui.services import Services
from sealmate.tui.text import plain, version_name
from sealmate.tui.widgets.turns import AnswerTurn, Remark

if TYPE_CHECKING:
    from sealmate.chat.assistant import Answer
    from sealmate.tui.screens.chat import ChatScreen

Result = TypeVar("Result")
Emit = Callable[[str | Event], None]

NOT_KEPT = "Something was forgotten meanwhile: this answer is not kept. Ask again."
_LOADED = Note("thinking…")
_STOPPING = "stopping…"


class NotKeptError(SealmateError):
    """An answer may have what was forgotten while it was given."""


class Asking(Generic[Result]):
    """One question on its way, in `turn`, which is mounted already. Subclasses give `work`, which
    runs in a thread once the model is loaded, and `run`, which awaits its end and shows it."""

    def __init__(self, screen: ChatScreen, question: str, turn: AnswerTurn) -> None:
        self.question = question
        self.turn = turn
        self.over = False  # the model is done with it
        self.ended = asyncio.Event()  # the screen is, too
        self._screen = screen
        self._flag = Flag()
        self._loading = not screen.services.model_ready()
        self._job = Background[str | Event, Result](self._work)

    def work(self, emit: Emit, cancel: Flag) -> Result:
        """Blocks until there is a result. Raises Cancelled."""
        raise NotImplementedError

    async def run(self) -> None:
        """Show how it goes and what came of it."""
        raise NotImplementedError

    @property
    def stopped(self) -> bool:
        """True once it is to end."""
        return self._flag.is_set()

    def stop(self) -> None:
        """Ask it to end. A model that is being loaded cannot be stopped, and is not waited for."""
        self._flag.set()
        self.turn.busy(_STOPPING)
        if self._loading:
            self._job.leave()

    def _work(self, emit: Emit) -> Result:
        services = self._screen.services
        if not services.model_ready():
            services.load(emit)
            emit(_LOADED)
        if self._flag.is_set():
            raise Cancelled("stopped")
        return self.work(emit, self._flag)

    async def pieces(self) -> AsyncIterator[str]:
        """The text as it comes; what else there is to tell stands in the turn meanwhile."""
        async for piece in self._job:
            if isinstance(piece, str):
                self._tell("")
                yield piece
            elif piece == _LOADED:
                self._loading = False
                self._tell(_LOADED.text)
            else:
                self._tell(_step(piece) or waiting(self._screen.services))

    @property
    def result(self) -> Result:
        """What came of it; raises what kept that from its end."""
        return self._job.result

    def _tell(self, text: str) -> None:
        if not self.stopped:
            self.turn.busy(text)

    def _end(self) -> None:
        self.over = True
        self._screen.refresh_bindings()


class Answering(Asking["Answer"]):
    """A question that is being answered. `kept` tells whether it stands in the ledger."""

    kept = False
    _since = 0  # how often something was forgotten before it was asked

    def work(self, emit: Emit, cancel: Flag) -> Answer:
        """The answer, which is kept with its question. Raises NotKeptError."""
        screen = self._screen
        self._since = screen.talk.forgettings()
        answer = screen.services.ask(
            self.question, history=screen.talk.turns(), closed_book=screen.closed_book,
            on_piece=emit, cancel=cancel,
        )  # fmt: skip
        if not screen.talk.keep(self.question, answer, self._since):
            raise NotKeptError(NOT_KEPT)
        return answer

    async def run(self) -> None:
        """Stream the answer, then show its sources."""
        try:
            said, answer = await self._stream()
            if self.turn.is_attached:
                await self._close(said, answer)
        finally:
            self.ended.set()

    async def _stream(self) -> tuple[str, Answer | None]:
        """What was said, and the answer where there is one to its end."""
        screen, said = self._screen, ""
        stream = Markdown.get_stream(self.turn.markdown)
        try:
            async for piece in self.pieces():
                said += piece
                await stream.write(plain(piece))
            answer = self.result
        except NotKeptError as why:
            said = ""
            await screen.add(Remark(why.message, "bad"))
        except Cancelled:
            await self._keep_stopped(said.strip())
        except Exception as error:
            await screen.add(Remark(screen.say(error), "bad"))
        else:
            self.kept = True
            return said, answer
        finally:
            await stream.stop()
            self._end()
        return said, None

    async def _keep_stopped(self, said: str) -> None:
        screen = self._screen
        try:
            self.kept = await screen.off(screen.talk.keep_stopped, self.question, said, self._since)
        except SealmateError as error:
            await screen.add(Remark(screen.say(error), "bad"))

    async def _close(self, said: str, answer: Answer | None) -> None:
        screen, turn = self._screen, self.turn
        text = answer.text if answer is not None else said.strip()
        if text != said or not said:
            # An answer may be held back after it was streamed ("I don't know").
            await turn.markdown.update(plain(text))
        sources = answer.sources if answer is not None else ()
        excerpts = await screen.off(screen.talk.excerpts, sources)
        how = "stopped" if self.stopped else "" if answer is None else _how(answer)
        disputes = []
        if answer is not None:
            disputes = await screen.off(screen.talk.disputes, self.question, answer)
        turn.finish(how, sources, excerpts, disputes)
        screen.update_status()


class Explaining(Asking[str]):
    """A question whose answer is being explained."""

    def work(self, emit: Emit, cancel: Flag) -> str:
        """The explanation in Markdown. Raises NotKeptError."""
        screen = self._screen
        since = screen.talk.forgettings()
        assert screen.services.why is not None  # there is no such command then
        text = screen.services.why(self.question, on_event=emit, cancel=cancel)
        if screen.talk.forgettings() != since:
            raise NotKeptError("Something was forgotten meanwhile. Ask again.")
        return text

    async def run(self) -> None:
        """Say which way it is asked just now, then show the explanation."""
        screen, turn = self._screen, self.turn
        text, how = "", ""
        try:
            async for _ in self.pieces():
                pass
            text = self.result
        except Cancelled:
            how = "stopped"
        except Exception as error:
            await screen.add(Remark(screen.say(error), "bad"))
        finally:
            self._end()
            self.ended.set()
        if turn.is_attached:
            await turn.markdown.update(plain(text))
            turn.finish(how, (), {})


def waiting(services: Services) -> str:
    """What there is to wait for at first, in words."""
    if services.model_ready():
        return _LOADED.text
    return f"loading the model {services.settings.model}…"


def _step(event: Event) -> str:
    """A step of fetching the model, in words; sizes are bytes."""
    match event:
        case Started(stage, _, detail):
            return f"{stage}: {detail}" if detail else ""
        case Progress(stage, done, total) if total:
            return f"{stage}: {done / 1e6:.0f} of {total / 1e6:.0f} MB"
        case Note(text):
            return text
    return ""


def _how(answer: Answer) -> str:
    parts = [version_name(answer.version)]
    if answer.closed_book:
        parts.append(f"closed book · {how_sure(answer.confidence)}")
    if answer.abstained:
        parts.append("not known well enough to say")
    return " · ".join(parts)
