"""The night that /sleep runs and stops, drawn in the chat as it happens."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event as Flag
from typing import TYPE_CHECKING

from sealmate.errors import BusyError, Cancelled
from sealmate.events import Event, Finished
from sealmate.tui.background import Background
from sealmate.tui.widgets.night import NightTurn
from sealmate.tui.widgets.turns import Kind, Remark

if TYPE_CHECKING:
    from sealmate.tui.screens.chat import ChatScreen


class Nights:
    """One night of this app at a time; another process may run one as well."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen
        self._flag: Flag | None = None
        self.turn: NightTurn | None = None

    @property
    def running(self) -> bool:
        """True while a night of this app runs."""
        return self._flag is not None

    def stop(self) -> None:
        """Ask the night to end; what it has done is kept."""
        if self._flag is not None:
            self._flag.set()

    async def command(self, argument: str) -> None:
        """What /sleep does: `argument` is "now" or "stop", in whatever case."""
        match argument.casefold():
            case "now" if self.running:
                await self._remark("A night is running already.")
            case "now":
                await self._begin()
            case "stop" if self.running:
                self.stop()
                await self._remark("Stopping the night; what it has done is kept.")
            case "stop":
                await self._remark(await self._screen.off(self._elsewhere))
            case _:
                await self._remark("/sleep now runs the night now, /sleep stop ends it.")

    def _elsewhere(self) -> str:
        """Whether another process runs one, and how to stop that. Reads the night's lock."""
        from sealmate.night.lock import refuse_beside_night

        services = self._screen.services
        try:
            refuse_beside_night(services.settings.paths, services.clock)
        except BusyError as error:
            who = error.message
            return (
                f"{who[:1].upper()}{who[1:]}, and not in this window. Stop it where it runs: "
                "Ctrl-C in its terminal, or /sleep stop in its window."
            )
        return "No night is running."

    async def _begin(self) -> None:
        self._flag, self.turn = Flag(), NightTurn()
        await self._screen.add(self.turn)
        self._screen.run_worker(self._sleep_through(self.turn, self._flag), group="night")

    async def _sleep_through(self, turn: NightTurn, flag: Flag) -> None:
        from sealmate.night.job import why_it_ended  # not for every start

        def work(emit: Callable[[Event], None]) -> None:
            for event in self._screen.services.night(flag):
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
            self._flag = self.turn = None
        self._screen.update_status()

    async def _remark(self, text: str, kind: Kind = "plain") -> None:
        await self._screen.add(Remark(text, kind))
