"""A model that keeps what it said without any memory, so that several arms write the same edits.

Writing is done without memory and with fixed seeds: the same requests give the same answers. What
is kept is as exact as the model, and spares every arm but the first the writing. The folder holds
the words of notes in plain text, also of those forgotten since: it is for benches on made-up notes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Event as Flag

from sealmate.model.local import LocalModel
from sealmate.model.protocol import Completion, Request
from sealmate.paths import make_private_dir


class RememberingModel(LocalModel):
    """A local model with a folder of answers; `remember` names the folder."""

    _folder_of_answers: Path | None = None
    _altered = False

    def remember(self, folder: Path) -> None:
        """Keep answers in that folder and take them from there."""
        self._folder_of_answers = make_private_dir(folder)

    @contextmanager
    def altered(self) -> Iterator[None]:
        """Within the block the base's weights are not its own: nothing is kept or looked up."""
        self._altered = True
        try:
            yield
        finally:
            self._altered = False

    def generate(
        self, requests: Sequence[Request], *, adapter: str | None = None, cancel: Flag | None = None
    ) -> list[list[Completion]]:
        """Completions of each request, in order; without memory from the folder if there."""
        if (
            adapter not in (None, self.reader)
            or self._altered
            or self._folder_of_answers is None
            or not requests
        ):
            return super().generate(requests, adapter=adapter, cancel=cancel)
        file = self._folder_of_answers / f"{self._key(requests, adapter)}.json"
        if (kept := _read(file, len(requests))) is not None:
            return kept
        made = super().generate(requests, adapter=adapter, cancel=cancel)
        rows = [[(c.text, c.logprobs, c.finished, c.rival) for c in row] for row in made]
        # arms of one home may run at the same time
        part = file.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps(rows), "utf-8")
        part.replace(file)
        return made

    def _key(self, requests: Sequence[Request], adapter: str | None) -> str:
        info = self.info
        reader = [info.reader_sha256] if adapter else []
        parts = [*reader, info.fingerprint, info.compute_dtype, info.environment,
                 [asdict(request) for request in requests]]  # fmt: skip
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _read(file: Path, count: int) -> list[list[Completion]] | None:
    try:
        rows = json.loads(file.read_text("utf-8"))
        found = [
            [Completion(text, tuple(sure), done, rival) for text, sure, done, rival in row]
            for row in rows
        ]
    except (OSError, ValueError, TypeError):
        return None
    return found if len(found) == count else None
