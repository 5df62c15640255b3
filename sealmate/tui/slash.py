"""What each slash command does. Errors become remarks in the chat; nothing here is drawn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import Markdown

from sealmate.records import Source
from sealmate.tui import keys
from sealmate.tui.asking import Explaining, waiting
from sealmate.tui.background import apart
from sealmate.tui.commands import help_text
from sealmate.tui.forgetting import Forgetting, Reply, is_reply
from sealmate.tui.nights import Nights
from sealmate.tui.text import one_line
from sealmate.tui.widgets.turns import AnswerTurn, Kind, Remark

if TYPE_CHECKING:
    from sealmate.tui.screens.chat import ChatScreen


_MOST_CHATS = 15
_REDRAWING = ("new", "chats")  # what is said before them would not stay on the screen
_WEIGHTS = "found from now on, in the weights after the next night."
_PART = (
    "found from now on. Something in it looks secret and stays out of the weights; what else may "
    "be learnt of it is learnt in the next night."
)


class Slash:
    """The commands of one chat screen, with the dialogue and the night they may be in."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen
        self._services = screen.services
        self._forgetting = Forgetting(screen.services)
        self._erasing = False
        self._nights = Nights(screen)
        self._whys: list[Explaining] = []

    @property
    def asking(self) -> str:
        """What the next line answers: "yes", "number" or "" for no question."""
        return self._forgetting.waiting

    @property
    def sleeping(self) -> bool:
        """True while a night runs."""
        return self._nights.running

    @property
    def explaining(self) -> bool:
        """True while an answer is being explained."""
        return bool(self._whys)

    @property
    def busy(self) -> bool:
        """True while something goes on that should come to its end."""
        return self.sleeping or self.explaining or self._erasing

    @property
    def live(self) -> list[Widget]:
        """What on the screen something is still to be told in."""
        turns: list[Widget] = [one.turn for one in self._whys]
        return [*turns, *([self._nights.turn] if self._nights.turn else [])]

    def stop_night(self) -> None:
        """Ask the night to end; what it has done is kept."""
        self._nights.stop()

    def stop_explaining(self) -> None:
        """Ask what is being explained to end."""
        for one in self._whys:
            one.stop()

    async def run(self, name: str, argument: str) -> None:
        """Run the command `name`. It ends the dialogue that is going on: what was to be forgotten
        is kept."""
        kept = self._forgetting.stop()
        self._screen.show_mode()
        if kept and name not in _REDRAWING:
            await self._remark(kept)
        commands = {
            "remember": self._remember, "forget": self._forget, "why": self._why,
            "sources": self._sources, "sleep": self._nights.command, "closed": self._closed,
            "new": self._new, "chats": self._chats, "help": self._help,
        }  # fmt: skip
        command = commands.get(name)
        if command is None or (name == "why" and self._services.why is None):
            await self._remark(f"There is no command /{name}. /help lists them.", "bad")
        elif name in ("remember", "forget", "why") and not argument:
            await self._remark(f"/{name} needs words after it.", "bad")
        else:
            await self._guarded(command, argument)
        if kept and name in _REDRAWING:
            await self._remark(kept)
        self._screen.update_status()

    async def reply(self, line: str) -> None:
        """Answer the question that `asking` names; an empty line means no.

        What is too long for an answer ends the dialogue and goes back to the prompt.
        """
        if not is_reply(line):
            kept = self._forgetting.stop()
            self._screen.show_mode()
            await self._remark(f"{kept} {self._screen.give_back(line)}")
            return
        if line:
            await self._screen.add_line(line)
        await self._guarded(self._answer, line)
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
            learnt = _PART if await self._screen.off(self._has_secrets, source) else _WEIGHTS
            await self._remark(f"Remembered as note {source.id}: {learnt}", "good")

    def _has_secrets(self, source: Source) -> bool:
        """Whether something of a source is kept out of the weights. Reads the ledger."""
        from sealmate.edits.safe import safely

        store = self._services.store()
        passages = store.passages.of_source(source.id)
        return any(
            safe != passage for safe, passage in zip(safely(store, passages), passages, strict=True)
        )

    async def _forget(self, text: str) -> None:
        await self._tell(await apart(partial(self._forgetting.begin, text)))

    async def _answer(self, line: str) -> None:
        if self._forgetting.agrees(line):
            await self._erase()
        else:
            await self._tell(await self._screen.off(self._forgetting.choose, line))

    async def _erase(self) -> None:
        """Forget what was chosen. The mode changes at once; the rest may take minutes."""
        chosen, sign = self._forgetting.take(), Remark("forgetting…")
        self._screen.show_mode()
        await self._screen.add(sign)
        self._erasing = True
        try:
            reply = await apart(partial(self._forgetting.erase, chosen))
        finally:
            self._erasing = False
            await sign.remove()
        await self._tell(reply)

    async def _tell(self, reply: Reply) -> None:
        """Show what a step of the dialogue came to."""
        question = ""
        if reply.erased:
            question = await self._screen.end_answer()
            # What was erased must leave the screen and the prompt's memory as well.
            await self._screen.load(forget=True)
        kind: Kind = "ask" if self._forgetting.waiting else "good" if reply.erased else "plain"
        await self._remark(reply.text, kind)
        if question:
            stopped = "The question that was being answered was stopped."
            await self._remark(f"{stopped} {self._screen.give_back(question)}")
        self._screen.show_mode()

    async def _why(self, question: str) -> None:
        # It asks the model: the chat goes on meanwhile.
        turn = AnswerTurn(busy=waiting(self._services))
        await self._screen.add(turn)
        asked = Explaining(self._screen, question, turn)
        self._whys.append(asked)
        self._screen.refresh_bindings()
        self._screen.run_worker(self._explain(asked), group="why")

    async def _explain(self, asked: Explaining) -> None:
        try:
            await asked.run()
        finally:
            self._whys.remove(asked)
            self._screen.refresh_bindings()

    async def _sources(self, _: str) -> None:
        await self._screen.app.run_action("show('sources')")

    async def _closed(self, _: str) -> None:
        self._screen.action_closed_book()
        await self._remark(
            "Closed book: answers come from the weights alone."
            if self._screen.closed_book
            else "Open book: answers may look at passages."
        )

    async def _new(self, question: str) -> None:
        await self._screen.end_answer()
        left = await self._screen.off(self._screen.talk.leave)
        await self._screen.load()
        if left is not None:
            await self._remark(
                f"The conversation before is kept: /chats {left.id} opens it again, /chats lists "
                "them all."
            )
        if question:
            await self._screen.add_line(question)
            await self._screen.ask(question)

    async def _chats(self, argument: str) -> None:
        talk = self._screen.talk
        if not argument:
            await self._remark(await self._screen.off(self._listed))
        elif not argument.isdecimal():
            await self._remark("/chats lists the conversations, /chats 3 opens number 3.", "bad")
        else:
            await self._screen.off(talk.check, int(argument))
            await self._screen.end_answer()
            await self._screen.off(talk.resume, int(argument))
            await self._screen.load()

    def _listed(self) -> str:
        """The conversations, a line each. Reads the ledger."""
        talk, zone = self._screen.talk, self._services.zone
        chats, now = talk.listed(), talk.now()
        if not chats:
            return "There is no conversation yet: ask something."
        wide = max(len(str(chat.id)) for chat in chats)
        lines = [
            f"{chat.id:>{wide}}  {chat.started_at.astimezone(zone):%d %b %Y}  "
            f"{one_line(chat.title)}{'  (this one)' if chat == now else ''}"
            for chat in chats[:_MOST_CHATS]
        ]
        if len(chats) > _MOST_CHATS:
            lines.append(f"and {len(chats) - _MOST_CHATS} older ones, which open as well")
        if others := [chat.id for chat in chats if chat != now]:
            lines.append(f"/chats {others[0]} opens number {others[0]}.")
        return "\n".join(lines)

    async def _help(self, _: str) -> None:
        shown = [
            (self._services.settings.keys.get(key.id, key.key), key.text.lower())
            for key in (keys.VERSIONS, keys.SOURCES, keys.REPORT, keys.CANCEL, keys.CLOSED,
                        keys.NEW, keys.QUIT)
        ]  # fmt: skip
        shown += keys.FIXED
        text = help_text(shown, self._services.why is not None)
        await self._screen.add(Markdown(text, classes="help"))
