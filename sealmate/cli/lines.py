"""Lines of standard input as they come, so that a slow writer does not hold up what is there."""

from __future__ import annotations

import queue
import threading
from typing import BinaryIO

_PIECE = 1 << 16
_AHEAD = 4096  # lines read before they are asked for
_MOMENT = 0.05  # seconds; a writer in full flow has its next line ready by then


class Lines:
    """Reads a stream in a thread of its own, from the first `take` on."""

    def __init__(self, stream: BinaryIO) -> None:
        # A thread blocked in a buffered read would hold its lock when the interpreter ends.
        self._stream: BinaryIO = getattr(stream, "raw", stream)
        self._lines: queue.Queue[bytes | None] = queue.Queue(_AHEAD)
        self._thread = threading.Thread(target=self._read, name="stdin", daemon=True)
        self._ended = False

    def take(self, most: int, *, wait: bool = True) -> list[bytes]:
        """At most `most` lines without their ends; with `wait` at least one before the end.

        Without `wait`, only what comes in a moment. Empty after the end.
        """
        if not self._thread.is_alive() and not self._thread.ident:
            self._thread.start()
        taken: list[bytes] = []
        while len(taken) < most and not self._ended:
            try:
                line = self._lines.get(timeout=None if wait and not taken else _MOMENT)
            except queue.Empty:
                break
            if line is None:
                self._ended = True
            else:
                taken.append(line)
        return taken

    def _read(self) -> None:
        begun: list[bytes] = []  # pieces of a line whose end has not come yet
        try:
            while piece := self._stream.read(_PIECE):
                first, *others = piece.split(b"\n")
                begun.append(first)
                for part in others:
                    self._lines.put(b"".join(begun).removesuffix(b"\r"))
                    begun = [part]
        finally:
            if any(begun):
                self._lines.put(b"".join(begun))
            self._lines.put(None)
