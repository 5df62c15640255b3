"""The chat: questions, streamed answers with their sources, and the slash commands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from threading import Event as Flag
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Markdown
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from sealmate.chat.answer import how_sure
from sealmate.errors import Cancelled, SealmateError
from sealmate.events import Event, Note, Progress, Started
from sealmate.tui import keys
from sealmate.tui.background import Background
from sealmate.tui.commands import parse
from sealmate.tui.screens.base import BaseScreen
from sealmate.tui.services import Services
from sealmate.tui.slash import Slash
from sealmate.tui.talk import Shown, Talk
from sealmate.tui.text import plain
from sealmate.tui.widgets.prompt import Prompt
from sealmate.tui.widgets.turns import AnswerTurn, Remark, UserTurn

if TYPE_CHECKING:
    from sealmate.chat.assistant import Answer

WELCOME = """\
**Ask me something**, or tell me something to keep with `/remember`: I look it up from then on,
and after the next night I know it by heart. `/help` lists the rest.
"""


class _NotKeptError(SealmateError):
    """An answer may have what was forgotten while it was given."""


NOT_KEPT = "Something was forgotten meanwhile: this answer is not kept. Ask again."


class ChatScreen(BaseScreen):
    """The first screen. An answer and a night may run at the same time, one of each."""

    tab = "chat"
    AUTO_FOCUS = "#prompt"
    BINDINGS: ClassVar[list[BindingType]] = [
        keys.CANCEL.binding(), keys.CLOSED.binding(), keys.NEW.binding(), keys.QUIT.binding(),
    ]  # fmt: skip

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.talk = Talk(services)
        self.slash = Slash(self)
        self.closed_book = False
        self._answering: Flag | None = None
        self._writing: Worker[None] | None = None
        self._since = 0  # how often something was forgotten before the last question
        self._order = asyncio.Lock()
        self._loaded = asyncio.Event()

    def body(self) -> Iterable[Widget]:
        """The conversation and the line to write on."""
        yield VerticalScroll(id="log", can_focus=False)
        yield Prompt()

    @property
    def log_view(self) -> VerticalScroll:
        """Where the conversation stands."""
        return self.query_one("#log", VerticalScroll)

    @property
    def prompt(self) -> Prompt:
        """Where the person writes."""
        return self.query_one(Prompt)

    @property
    def busy(self) -> bool:
        """True while an answer is being written or a night runs."""
        return self._answering is not None or self.slash.sleeping

    def on_mount(self) -> None:
        """Keep the tail in view and fetch the earlier conversation after the first paint."""
        super().on_mount()
        self.show_mode()
        self.log_view.anchor()
        self.start(self._resume, "log")

    async def _resume(self) -> None:
        try:
            await self._draw(await self.off(self.talk.resume))
        finally:
            self._loaded.set()

    async def load(self) -> None:
        """Draw the conversation anew from the ledger."""
        await self._draw(await self.off(self.talk.shown))

    async def _draw(self, shown: list[Shown]) -> None:
        widgets: list[Widget] = []
        answers: list[tuple[AnswerTurn, Shown]] = []
        for one in shown:
            if one.message.role == "user":
                widgets.append(UserTurn(one.message.text))
            elif one.message.role == "assistant":
                answers.append((AnswerTurn(one.message.text), one))
                widgets.append(answers[-1][0])
        if not widgets:
            widgets = [Markdown(WELCOME, classes="welcome")]
        await self.log_view.remove_children()
        await self.log_view.mount_all(widgets)
        for turn, one in answers:
            version = one.message.version
            how = "" if version is None else _version(version)
            turn.finish(how, one.message.sources, one.excerpts, one.disputes)
        self.prompt.recall([one.message.text for one in shown if one.message.role == "user"])
        self.log_view.anchor()

    async def add(self, widget: Widget) -> None:
        """Put `widget` at the end of the conversation and show it."""
        for welcome in self.log_view.query(".welcome"):
            await welcome.remove()
        await self.log_view.mount(widget)
        self.log_view.anchor()

    @on(Prompt.Sent)
    def _sent(self, event: Prompt.Sent) -> None:
        if self._answering is not None and not self.slash.asking and parse(event.text) is None:
            self.notify("Still answering; escape stops it.", severity="warning")
            return
        self.prompt.write("")
        self.prompt.recall([*self.prompt.earlier, event.text])
        self.run_worker(self.submit(event.text), group="input")

    async def submit(self, line: str) -> None:
        """Take a line as sent: the rest of a dialogue, a command or a question.

        Lines are taken in order, and none before the earlier conversation is on the screen.
        """
        async with self._order:
            await self._loaded.wait()
            asking = self.slash.asking
            command = None if asking else parse(line)
            await self.add(UserTurn(line))
            if asking:
                await self.slash.reply(line)
            elif command is not None:
                await self.slash.run(*command)
            else:
                await self._begin_answer(line)

    async def _begin_answer(self, question: str) -> None:
        flag = self._answering = Flag()
        turn = AnswerTurn(busy="thinking…" if self.services.model_ready() else self._loading)
        await self.add(turn)
        self._writing = self.run_worker(self._answer(question, turn, flag), group="answer")

    @property
    def _loading(self) -> str:
        return f"loading the model {self.services.settings.model}…"

    def _ask(self, question: str, flag: Flag, emit: Callable[[str | Event], None]) -> Answer:
        """Blocks: loads the model where it is not, answers, and keeps both."""
        if not self.services.model_ready():
            self.services.load(emit)
            emit(Note("thinking…"))
        self._since = self.talk.forgettings()
        history = self.talk.turns()
        answer = self.services.ask(
            question, history=history, closed_book=self.closed_book, on_piece=emit, cancel=flag
        )
        if not self.talk.keep(question, answer, self._since):
            raise _NotKeptError(NOT_KEPT)
        return answer

    async def _answer(self, question: str, turn: AnswerTurn, flag: Flag) -> None:
        job = Background[str | Event, "Answer"](partial(self._ask, question, flag))
        stream = Markdown.get_stream(turn.markdown)
        said = ""
        answer: Answer | None = None
        try:
            async for piece in job:
                if not isinstance(piece, str):
                    turn.busy(_loading_step(piece) or self._loading)
                    continue
                turn.busy("")
                said += piece
                await stream.write(plain(piece))
            answer = job.result
        except _NotKeptError as why:
            said = ""
            await self.add(Remark(why.message, "bad"))
        except Cancelled:
            await self._keep_stopped(question, said.strip())
        except Exception as error:
            await self.add(Remark(self.say(error), "bad"))
        finally:
            await stream.stop()
            self._answering = None
        if turn.is_attached:
            await self._close(question, turn, said, answer, flag)

    async def _keep_stopped(self, question: str, said: str) -> None:
        try:
            await self.off(self.talk.keep_stopped, question, said, self._since)
        except SealmateError as error:
            await self.add(Remark(self.say(error), "bad"))

    async def end_answer(self) -> None:
        """Stop the answer that is being written, if one is, and wait until that has ended."""
        if self._answering is not None:
            self._answering.set()
        if self._writing is not None:
            with suppress(WorkerFailed, WorkerCancelled):
                await self._writing.wait()

    async def _close(
        self, question: str, turn: AnswerTurn, said: str, answer: Answer | None, flag: Flag
    ) -> None:
        """Show what came of a question; `answer` is None if there is none to its end."""
        text = answer.text if answer is not None else said.strip()
        if text != said or not said:
            # An answer may be held back after it was streamed ("I don't know").
            await turn.markdown.update(plain(text))
        sources = answer.sources if answer is not None else ()
        excerpts = await self.off(self.talk.excerpts, sources)
        how = "stopped" if flag.is_set() else "" if answer is None else _how(answer)
        disputes = [] if answer is None else await self.off(self.talk.disputes, question, answer)
        turn.finish(how, sources, excerpts, disputes)
        self.update_status()

    def action_cancel(self) -> None:
        """Stop the answer being written, or the question being put."""
        if self._answering is not None:
            self._answering.set()
        elif self.slash.asking:
            self.run_worker(self.slash.reply(""), group="input")

    def action_closed_book(self) -> None:
        """Answer from the weights alone, or look at passages again."""
        self.closed_book = not self.closed_book
        self.show_mode()

    def action_new_chat(self) -> None:
        """Begin a new conversation; the earlier ones stay in the ledger."""
        self.run_worker(self.slash.run("new", ""), group="input")

    def stop_all(self) -> None:
        """Ask the answer and the night to end."""
        if self._answering is not None:
            self._answering.set()
        self.slash.stop_night()

    def show_mode(self) -> None:
        """Say around the prompt what the next line will be."""
        waiting = self.slash.asking
        self.prompt.border_title = "closed book" if self.closed_book else ""
        self.prompt.border_subtitle = {
            "yes": "type yes to forget, anything else keeps it",
            "number": "type a number, anything else keeps them",
        }.get(waiting, "")
        self.prompt.set_class(bool(waiting), "-asking")
        self.prompt.set_class(self.closed_book, "-closed")


def _version(number: int) -> str:
    return f"version {number}" if number else "no memory"


def _loading_step(event: Event) -> str:
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
    parts = [_version(answer.version)]
    if answer.closed_book:
        parts.append(f"closed book · {how_sure(answer.confidence)}")
    if answer.abstained:
        parts.append("not known well enough to say")
    return " · ".join(parts)
