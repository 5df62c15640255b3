"""Blocking work beside the event loop: what it reports arrives in order, its end is awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from threading import Thread
from typing import Any, Generic, TypeVar

from sealmate.errors import Cancelled

Item = TypeVar("Item")
Result = TypeVar("Result")


class Background(Generic[Item, Result]):
    """`work(emit)` in a thread of its own; iterate over the emitted items, then ask `result`.

    The thread is a daemon: a model that is still loading must not keep the app from closing.
    Must be made on a running event loop.
    """

    def __init__(self, work: Callable[[Callable[[Item], None]], Result]) -> None:
        self._loop = asyncio.get_running_loop()
        self._items: asyncio.Queue[tuple[Item] | None] = asyncio.Queue()
        self._work = work
        self._results: list[Result] = []
        self._error: BaseException | None = None
        self._left = False
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._results.append(self._work(lambda item: self._post((item,))))
        except BaseException as error:  # handed to whoever asks for the result
            self._error = error
        self._post(None)

    def _post(self, item: tuple[Any] | None) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(self._items.put_nowait, item)

    def leave(self) -> None:
        """Wait no longer: the iteration ends at once, and `result` raises Cancelled.

        For what cannot be stopped, as a model that is being loaded: it goes on to its end unheard.
        """
        self._left = True
        self._items.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[Item]:
        while (item := await self._items.get()) is not None and not self._left:
            yield item[0]

    @property
    def result(self) -> Result:
        """What `work` returned; raises what it raised. Only after the iteration has ended."""
        if self._left:
            raise Cancelled("stopped")
        if self._error is not None:
            raise self._error
        return self._results[0]


async def apart(call: Callable[[], Result]) -> Result:
    """A blocking call of whatever length, which does not keep the app from closing."""
    job = Background[None, Result](lambda _: call())
    async for _ in job:
        pass
    return job.result
