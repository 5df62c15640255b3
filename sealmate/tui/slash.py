"""What each slash command does. Errors become remarks in the chat; nothing here is drawn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from threading import Event as Flag
from typing import TYPE_CHECKING

from textual.widgets import Markdown

from sealmate.errors import Cancelled
from sealmate.events import Event, Finished
from sealmate.tui import keys
from sealmate.tui.background import Background
from sealmate.tui.commands import help_text
from sealmate.tui.forgetting import Forgetting
from sealmate.tui.text import plain
from sealmate.tui.widgets.night import NightTurn
from sealmate.tui.widgets.turns import Kind, Remark

if TYPE_CHECKING:
    from sealmate.tui.screens.chat import ChatScreen


class Slash:
    """The commands of one chat screen, with the dialogue and the night they may be in."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen
        self._services = screen.services
        self._forgetting = Forgetting(screen.services)
        self._night: Flag | None = None

    @property
    def asking(self) -> str:
        """What the next line answers: "yes", "number" or "" for no question."""
        return self._forgetting.waiting

    @property
    def sleeping(self) -> bool:
        """True while a night runs."""
        return self._night is not None

    def stop_night(self) -> None:
        """Ask the night to end; what it has done is kept."""
        if self._night is not None:
            self._night.set()

    async def run(self, name: str, argument: str) -> None:
        """Run the command `name`."""
        commands = {
            "remember": self._remember, "forget": self._forget, "why": self._why,
            "sources": self._sources, "sleep": self._sleep, "closed": self._closed,
            "new": self._new, "help": self._help,
        }  # fmt: skip
        command = commands.get(name)
        if command is None or (name == "why" and self._services.why is None):
            await self._remark(f"There is no command /{name}. /help lists them.", "bad")
        elif name in ("remember", "forget", "why") and not argument:
            await self._remark(f"/{name} needs words after it.", "bad")
        else:
            await self._guarded(command, argument)
        self._screen.update_status()

    async def reply(self, line: str) -> None:
        """Answer the question that `asking` names; an empty line means no."""
        await self._guarded(self._forget_step, line)
        self._screen.update_status()

    async def _guarded(self, step: Callable[[str], Awaitable[None]], argument: str) -> None:
        try:
            await step(argument)
        except Exception as error:
            await self._remark(self._screen.say(error), "bad")

    async def _remark(self, text: str, kind: Kind = "plain") -> None:
        await self._screen.add(Remark(text, kind))

    async def _remember(self, text: str) -> None:
        done = await self._screen.off(self._services.remember, text)
        for source in done.unchanged:
            await self._remark(f"Known already: “{source.title}” ({source.kind} {source.id}).")
        for source in done.added:
            await self._remark(
                f"Remembered as note {source.id}: found from now on, in the weights after the "
                "next night.",
                "good",
            )

    async def _forget(self, text: str) -> None:
        self._forgetting.stop()
        await self._forget_step(text)

    async def _forget_step(self, line: str) -> None:
        step = self._forgetting.answer if self._forgetting.waiting else self._forgetting.begin
        try:
            reply = await self._screen.off(step, line)
            if reply.erased:
                await self._screen.end_answer()
                # What was erased must leave the screen and the prompt's memory as well.
                await self._screen.load()
            kind: Kind = "ask" if self._forgetting.waiting else "good" if reply.erased else "plain"
            await self._remark(reply.text, kind)
        finally:
            self._screen.show_mode()

    async def _why(self, question: str) -> None:
        # It asks the model: the chat goes on meanwhile.
        turn = Markdown(f"*looking into* {plain(question)}", open_links=False, classes="help")
        await self._screen.add(turn)
        self._screen.run_worker(self._guarded(partial(self._explain, turn), question), group="why")

    async def _explain(self, turn: Markdown, question: str) -> None:
        if self._services.why is not None:
            await turn.update(plain(await self._screen.off(self._services.why, question)))

    async def _sources(self, _: str) -> None:
        await self._screen.app.run_action("show('sources')")

    async def _closed(self, _: str) -> None:
        self._screen.action_closed_book()
        await self._remark(
            "Closed book: answers come from the weights alone."
            if self._screen.closed_book
            else "Open book: answers may look at passages."
        )

    async def _new(self, _: str) -> None:
        await self._screen.end_answer()
        await self._screen.off(self._screen.talk.leave)
        await self._screen.load()

    async def _help(self, _: str) -> None:
        shown = [
            (self._services.settings.keys.get(key.id, key.key), key.text.lower())
            for key in (keys.VERSIONS, keys.SOURCES, keys.REPORT, keys.CANCEL, keys.CLOSED,
                        keys.NEW, keys.QUIT)
        ]  # fmt: skip
        shown.append(("shift+enter", "new line"))
        text = help_text(shown, self._services.why is not None)
        await self._screen.add(Markdown(text, classes="help"))

    async def _sleep(self, argument: str) -> None:
        if argument == "stop":
            word = "Stopping the night; what it has done is kept." if self.sleeping else ""
            self.stop_night()
            await self._remark(word or "No night is running here.")
        elif argument != "now":
            await self._remark("/sleep now runs the night now, /sleep stop ends it.")
        elif self.sleeping:
            await self._remark("A night is running already.")
        else:
            self._night = Flag()
            turn = NightTurn()
            await self._screen.add(turn)
            self._screen.run_worker(self._sleep_through(turn, self._night), group="night")

    async def _sleep_through(self, turn: NightTurn, flag: Flag) -> None:
        from sealmate.night.job import why_it_ended  # not for every start

        def work(emit: Callable[[Event], None]) -> None:
            for event in self._services.night(flag):
                emit(event)

        job = Background[Event, None](work)
        try:
            async for event in job:
                turn.show(event)
                if isinstance(event, Finished):
                    turn.finish(str(event.result.get("outcome", "")))
                    if why := why_it_ended(event.result):
                        await self._remark(why)
            job.result  # noqa: B018 - raises what the night raised
        except Cancelled:
            turn.finish("stopped")
        except Exception as error:
            turn.finish("failed")
            await self._remark(self._screen.say(error), "bad")
        finally:
            self._night = None
        self._screen.update_status()
