"""The only composition root: settings in, store, model and paths out, each at first use."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from sealmate.events import Event
from sealmate.model import catalogue, fetch, shelf
from sealmate.paths import Paths, bundled
from sealmate.settings import Settings

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel
    from sealmate.model.protocol import ModelInfo
    from sealmate.store import Store

Clock = Callable[[], datetime]
TOKENS_PER_WORD = 1.4  # English in a vocabulary of 49 k to 152 k, on the safe side


def utc_now() -> datetime:
    """The time now, with its zone."""
    return datetime.now(UTC)


class Workspace:
    """One profile's parts. Opening it touches nothing; threads may share it.

    `on_store` is called with the ledger once that is open, before anybody uses it.
    """

    def __init__(self, settings: Settings, clock: Clock = utc_now) -> None:
        self.settings = settings
        self.paths: Paths = settings.paths
        self.clock = clock
        self.on_store: Callable[[Store, Paths, Clock], None] | None = None
        self._lock = threading.RLock()
        # Apart from the other: a load takes minutes where the base is fetched first, and nothing
        # but the model may wait for it.
        self._loading = threading.RLock()
        self._closings = 0
        self._store: Store | None = None
        self._model: LocalModel | None = None
        self._count: Callable[[str], int] | None = None

    @classmethod
    def open(cls, settings: Settings, *, clock: Clock = utc_now) -> Workspace:
        """A workspace for `settings`. Reads and creates nothing until a part is asked for."""
        return cls(settings, clock)

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened. A load that goes on is not waited for; its model is not kept."""
        with self._lock:
            self._closings += 1
            if self._store is not None:
                self._store.close()
            self._store = self._model = None

    @property
    def store(self) -> Store:
        """The ledger, opened (made, upgraded) at the first use.

        Raises StoreError, HomeError or BusyError.
        """
        with self._lock:
            if self._store is None:
                from sealmate.store import open_store  # sqlalchemy and alembic: 0.3 s

                paths = self.paths.ensure()
                self._store = open_store(paths.database, paths.backups, clock=self.clock)
                if self.on_store is not None:
                    self.on_store(self._store, paths, self.clock)
            return self._store

    def model_folder(self) -> Path | None:
        """The folder of the base if it is on disk, without loading it; None if it must be
        fetched. Raises ModelError if the name is nothing a model could be."""
        return shelf.locate(self.settings.model, self.paths)

    def identity(self) -> ModelInfo | None:
        """What the base is, without loading it; None where it is not on disk. Raises
        ModelError."""
        from sealmate.model.identity import describe

        folder = self.model_folder()
        return None if folder is None else describe(self.model_id, folder, self.writer_folder())

    def fetch_model(self, *, offline: bool = False) -> Generator[Event, None, Path]:
        """Yield events until the base is on disk; the generator's value is its folder."""
        return fetch.ensure(self.settings.model, self.paths, offline=offline, clock=self.clock)

    def model(self, on_event: Callable[[Event], None] | None = None) -> LocalModel:
        """The loaded base, standing on its writer; fetched first when absent.

        `on_event` is told what is fetched, how big and under which licence. A second call waits
        for the first; nothing else of the workspace does. Raises ModelError.
        """
        with self._loading:
            model, closings = self._model, self._closings
            if model is None:
                folder = self._bring(on_event)
                from sealmate.model.local import LocalModel  # torch and transformers: seconds

                model = LocalModel.open(
                    self.model_id,
                    folder,
                    device=self.settings.device,
                    threads=self.settings.threads,
                    writer=self.writer_folder(),
                    reader=self.reader_folder(),
                    compute_cache=self.paths.ensure().data / "compute.json",
                )
                with self._lock:
                    if closings == self._closings:
                        self._model = model
            return model

    def drop_model(self) -> None:
        """Let go of the loaded base and of the memory it takes; the next use loads it again.

        Whoever answers with it just now does so to the end, and its memory is taken that long.
        """
        with self._loading, self._lock:
            self._model = None
        from sealmate.model.memory import give_back

        give_back()

    @property
    def model_loaded(self) -> bool:
        """Whether `model` would answer at once."""
        return self._model is not None

    @property
    def model_id(self) -> str:
        """The base's name as versions record it: catalogue name, hub id, or absolute path."""
        return base_id(self.settings.model)

    def writer_folder(self) -> Path | None:
        """The shipped writer adapter for this base, if there is one."""
        return self.shipped("writer")

    def reader_folder(self) -> Path | None:
        """The shipped reader adapter for this base, if there is one that was taught on the writer
        in use: on other weights it would read worse than none."""
        folder, writer = self.shipped("reader"), self.writer_folder()
        if folder is None or writer is None:
            return None
        from sealmate.model.identity import hash_file

        made = json.loads((folder / "card.json").read_text("utf-8"))["made"]
        fits = made.get("writer_sha256") == hash_file(writer / "adapter_model.safetensors")
        return folder if fits else None

    def shipped(self, role: str) -> Path | None:
        """The folder of the adapter of that role that comes with sealmate for this base."""
        entry = catalogue.find(self.settings.model)
        if entry is None:
            return None
        folder = bundled("assets") / role / entry.name
        return folder if (folder / "adapter_model.safetensors").is_file() else None

    def count_tokens(self) -> Callable[[str], int]:
        """A counter of the base's tokens (no specials), without torch.

        While the base is not on disk it is an estimate from the number of words.
        """
        with self._lock:
            if self._count is None:
                folder = self.model_folder()
                file = folder / "tokenizer.json" if folder else None
                if file is None or not file.is_file():
                    return estimate_tokens  # not kept: the model may be fetched meanwhile
                from tokenizers import Tokenizer

                tokenizer = Tokenizer.from_file(str(file))
                # The file may cut and pad texts to a fixed length; a count must not.
                tokenizer.no_truncation()
                tokenizer.no_padding()
                self._count = lambda text: len(tokenizer.encode(text, add_special_tokens=False))
            return self._count

    def _bring(self, on_event: Callable[[Event], None] | None) -> Path:
        steps = self.fetch_model()
        while True:
            try:
                event = next(steps)
            except StopIteration as end:
                folder: Path = end.value
                return folder
            if on_event is not None:
                on_event(event)


def base_id(name: str) -> str:
    """How a base is recorded: a catalogue name or hub id as it is, a path made absolute."""
    entry = catalogue.find(name)
    if entry is not None:
        return entry.name
    path = Path(name).expanduser()
    return str(path.absolute()) if path.exists() else name


def estimate_tokens(text: str) -> int:
    """About how many tokens `text` has, judged by words and characters alone."""
    return max(round(len(text.split()) * TOKENS_PER_WORD), len(text) // 6)
