"""The chat: questions, streamed answers with their sources, and the slash commands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Markdown

from sealmate.tui import keys
from sealmate.tui.asking import Answering, waiting
from sealmate.tui.commands import parse
from sealmate.tui.screens.base import BaseScreen
from sealmate.tui.services import Services
from sealmate.tui.slash import Slash
from sealmate.tui.talk import Shown, Talk, View
from sealmate.tui.text import version_name
from sealmate.tui.widgets.prompt import Prompt
from sealmate.tui.widgets.turns import AnswerTurn, Remark, UserTurn

WELCOME = """\
**Ask me something**, or tell me something to keep with `/remember`: I look it up from then on,
and after the next night I know it by heart. `/help` lists the rest.
"""
_ANSWERING = "Still answering; escape stops it."


class ChatScreen(BaseScreen):
    """The first screen. An answer and a night may run at the same time, one of each."""

    tab = "chat"
    AUTO_FOCUS = "#prompt"
    BINDINGS: ClassVar[list[BindingType]] = [
        keys.CANCEL.binding(), keys.NO_CANCEL, keys.CLOSED.binding(), keys.NEW.binding(),
        keys.QUIT.binding(), *keys.PAGES,
    ]  # fmt: skip

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.talk = Talk(services)
        self.slash = Slash(self)
        self.closed_book = False
        self.greeting = ""  # what is to be said below the earlier conversation at the start
        self._answer: Answering | None = None  # the last one
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
        """True while something goes on that should come to its end before the app does."""
        return self.answering or self.slash.busy

    @property
    def answering(self) -> bool:
        """True while an answer is being written."""
        return self._answer is not None and not self._answer.over

    @property
    def sleeping(self) -> bool:
        """True while a night of this app runs."""
        return self.slash.sleeping

    def on_mount(self) -> None:
        """Keep the tail in view and fetch the earlier conversation after the first paint."""
        super().on_mount()
        self.show_mode()
        self.log_view.anchor()
        self.start(self._resume, "log")

    async def _resume(self) -> None:
        try:
            view = await self.off(self.talk.resume)
            await self._draw(view)
            self.prompt.recall([*_asked(view), *self.prompt.earlier])
            # opened by now: on the terminal this would be below the screen
            upgraded = (await self.off(self.services.store)).upgraded
            told = f"{upgraded[:1].upper()}{upgraded[1:]}." if upgraded else ""
            for remark in filter(None, (self.greeting, told)):
                await self.log_view.mount(Remark(remark, "ask"))
        finally:
            self._loaded.set()

    async def load(self, *, forget: bool = False) -> None:
        """Draw the conversation anew from the ledger. `forget`: nothing else that was written
        before can be called back, as it may have what was erased."""
        view = await self.off(self.talk.shown)
        await self._draw(view)
        if forget:
            self.prompt.forget(_asked(view))

    async def _draw(self, view: View) -> None:
        widgets: list[Widget] = []
        answers: list[tuple[AnswerTurn, Shown]] = []
        if view.before:
            widgets.append(Remark(f"{view.before} earlier messages are kept and not shown."))
        for one in view.newest:
            if one.message.role == "user":
                widgets.append(UserTurn(one.message.text))
            elif one.message.role == "assistant":
                answers.append((AnswerTurn(one.message.text), one))
                widgets.append(answers[-1][0])
        if not widgets:
            widgets = [Markdown(WELCOME, classes="welcome")]
        live = [turn for turn in self.slash.live if turn.parent is self.log_view]
        await self.log_view.remove_children([w for w in self.log_view.children if w not in live])
        await self.log_view.mount_all(widgets, before=live[0] if live else None)
        for turn, one in answers:
            version = one.message.version
            how = "" if version is None else version_name(version)
            turn.finish(how, one.message.sources, one.excerpts, one.disputes)
        self.log_view.anchor()

    async def add(self, widget: Widget) -> None:
        """Put `widget` at the end of the conversation and show it."""
        await self.log_view.mount(widget)
        self.log_view.anchor()

    async def add_line(self, line: str) -> None:
        """Show what the person wrote, in the place of the welcome."""
        await self.log_view.query(".welcome").remove()
        await self.add(UserTurn(line))

    def give_back(self, line: str) -> str:
        """Put a line that was not taken back to where the person writes; where it is, in words."""
        return (
            "What you wrote stands in the prompt: enter sends it."
            if self.prompt.offer(line)
            else "The up key brings back what you wrote."
        )

    @on(Prompt.Sent)
    def _sent(self, event: Prompt.Sent) -> None:
        if self.answering and not self.slash.asking and parse(event.text) is None:
            self.notify(_ANSWERING, severity="warning")
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
            command = parse(line)
            if command is not None:
                await self.add_line(line)
                await self.slash.run(*command)
            elif self.slash.asking:
                await self.slash.reply(line)
            elif self.answering:  # it was not yet when the line was sent
                self.give_back(line)
                self.notify(_ANSWERING, severity="warning")
            else:
                await self.add_line(line)
                await self.ask(line)

    async def ask(self, question: str) -> None:
        """Begin to answer a question, below what the conversation has by now."""
        turn = AnswerTurn(busy=waiting(self.services))
        await self.add(turn)
        self._answer = Answering(self, question, turn)
        self.refresh_bindings()
        self.run_worker(self._answer.run(), group="answer")

    async def end_answer(self) -> str:
        """Stop the answer that is being written, if one is, and wait until that has ended; its
        question if the ledger does not have it, else ""."""
        answer = self._answer
        if answer is None or answer.ended.is_set():
            return ""
        if not answer.over:
            answer.stop()
        await answer.ended.wait()
        return "" if answer.kept else answer.question

    def action_cancel(self) -> None:
        """Stop the answer being written, the question being put or what is being explained."""
        if self._answer is not None and self.answering:
            self._answer.stop()
        elif self.slash.asking:
            self.run_worker(self._in_order(self._keep), group="input")
        else:
            self.slash.stop_explaining()

    async def _keep(self) -> None:
        if self.slash.asking:
            await self.slash.reply("")

    def action_no_cancel(self) -> None:
        """Say how a night is stopped: escape is pressed too easily for one."""
        self.notify("/sleep stop ends the night.")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape is offered where there is something for it to stop."""
        stoppable = self.answering or bool(self.slash.asking) or self.slash.explaining
        if action == "cancel":
            return stoppable
        if action == "no_cancel":
            return not stoppable and self.slash.sleeping
        return super().check_action(action, parameters)

    def action_closed_book(self) -> None:
        """Answer from the weights alone, or look at passages again."""
        self.closed_book = not self.closed_book
        self.show_mode()

    def action_new_chat(self) -> None:
        """Begin a new conversation; the earlier ones stay in the ledger."""
        self.run_worker(self._in_order(partial(self.slash.run, "new", "")), group="input")

    async def _in_order(self, step: Callable[[], Awaitable[None]]) -> None:
        async with self._order:
            await self._loaded.wait()
            await step()

    def action_page(self, pages: int) -> None:
        """Scroll the conversation; a text of several lines has pages of its own."""
        if self.prompt.document.line_count > 1:
            move = self.prompt.action_cursor_page_up, self.prompt.action_cursor_page_down
        else:
            move = self.log_view.action_page_up, self.log_view.action_page_down
        move[pages > 0]()

    def stop_all(self) -> None:
        """Ask the answer, what is being explained and the night to end."""
        if self._answer is not None and self.answering:
            self._answer.stop()
        self.slash.stop_explaining()
        self.slash.stop_night()

    def show_mode(self) -> None:
        """Say around the prompt what the next line will be."""
        asking = self.slash.asking
        self.prompt.border_title = "closed book" if self.closed_book else ""
        self.prompt.border_subtitle = {
            "yes": "type yes to forget, anything else keeps it",
            "number": "type a number, anything else keeps them",
        }.get(asking, "")
        self.prompt.set_class(bool(asking), "-asking")
        self.prompt.set_class(self.closed_book, "-closed")
        self.refresh_bindings()


def _asked(view: View) -> list[str]:
    return [one.message.text for one in view.newest if one.message.role == "user"]
