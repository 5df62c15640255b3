"""A real home for the screens: a temporary ledger, a scripted model, a clock that stands still."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from sealmate import events
from sealmate.chat.assistant import Answer
from sealmate.errors import Cancelled
from sealmate.model.protocol import Prompt, Sampling
from sealmate.model.scripted import ScriptedModel
from sealmate.records import Edit, Probe
from sealmate.settings import Settings
from sealmate.sources import Ingested
from sealmate.store import Store
from sealmate.tui.app import SealmateApp
from sealmate.tui.services import Services, from_workspace
from sealmate.versions.manifest import identity_fields
from sealmate.versions.publish import publish
from sealmate.workspace import Workspace

NOW = datetime(2031, 5, 6, 7, 8, tzinfo=UTC)

NIGHT: tuple[events.Event, ...] = (
    events.Started("write", 2),
    events.Progress("write", 2, 2, "31 self-edits kept, 4 dropped"),
    events.Started("train", 40),
    events.Loss(40, 40, 0.21, 9000, 12.0),
    events.Started("gate", 3),
    events.Progress("gate", 3, 3, "new 0.94, old 0.91"),
    events.Gated(True, {"new_recall": 0.94}),
    events.Published(3, "c" * 64),
    events.Finished({"outcome": "published", "version": 3}),
)


class Paced(ScriptedModel):
    """A scripted model that can be held up between two words. At the end of its script it says
    the last thing again: a short answer is read more than once."""

    pause: threading.Event | None = None
    last = ""

    def _next(self, prompt: Prompt, adapter: str | None) -> str:
        self.last = super()._next(prompt, adapter) or self.last
        return self.last

    def stream(
        self,
        prompt: Prompt,
        sampling: Sampling,
        *,
        adapter: str | None = None,
        cancel: threading.Event | None = None,
    ) -> Iterator[str]:
        for piece in super().stream(prompt, sampling, adapter=adapter, cancel=cancel):
            yield piece
            if self.pause is not None and cancel is not None:
                cancel.wait(60)


@dataclass
class Home:
    """Services over a real ledger; the fields say how the rest behaves."""

    folder: Path
    keys: dict[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)
    night: Sequence[events.Event] = NIGHT
    slow: threading.Event | None = None
    ready: bool = True
    why: Callable[[str], str] | None = None
    report: str = ""
    failing: Exception | None = None

    def __post_init__(self) -> None:
        self.model = Paced(self.answers)
        self._ticks = 0
        self._workspace: Workspace | None = None

    def clock(self) -> datetime:
        """Each look at the clock is a millisecond later: messages keep their order."""
        self._ticks += 1
        return NOW + timedelta(milliseconds=self._ticks)

    @property
    def workspace(self) -> Workspace:
        if self._workspace is None:
            # a cache of its own: the base that this computer has is not the scripted one
            cache = self.folder / "models"
            settings = Settings(home=self.folder, models=cache, keys=self.keys)
            self._workspace = Workspace.open(settings, clock=self.clock)
            self._workspace._model = self.model  # type: ignore[assignment]
        return self._workspace

    def store(self) -> Store:
        return self.workspace.store

    def close(self) -> None:
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None

    @property
    def services(self) -> Services:
        """The real services, but for what needs another process or the system's timer."""
        return replace(
            from_workspace(self.workspace),
            store=self.store,
            ask=self.ask,
            model_ready=lambda: self.ready,
            load=self.load,
            night=self.run_night,
            report=lambda: self.report,
            next_night=lambda: NOW + timedelta(hours=19, minutes=22),
            why=None if self.why is None else self.explain,
            zone=UTC,
        )

    def app(self) -> SealmateApp:
        return SealmateApp(self.services)

    def load(self, on_event: Callable[[events.Event], None]) -> None:
        on_event(events.Started("fetch", 92_000_000, "smollm2-135m, licence: apache-2.0"))
        on_event(events.Progress("fetch", 46_000_000, 92_000_000))
        if self.slow is not None:
            self.slow.wait(60)
        self.ready = True

    def ask(self, question: str, **options: Any) -> Answer:
        if self.failing is not None:
            raise self.failing
        self.model.pause = self.slow
        return from_workspace(self.workspace).ask(question, **options)

    def explain(
        self,
        question: str,
        *,
        on_event: Callable[[events.Event], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> str:
        """As `why` says; held up like an answer, and stopped like one."""
        assert self.why is not None
        assert on_event is not None
        assert cancel is not None
        if self.slow is not None:
            on_event(events.Note("asking the weights alone…"))
            cancel.wait(60)
        if cancel.is_set():
            raise Cancelled("stopped")
        return self.why(question)

    def run_night(self, cancel: threading.Event) -> Iterator[events.Event]:
        for event in self.night:
            if self.slow is not None:
                cancel.wait(60)
            if cancel.is_set():
                yield events.Finished({"outcome": "stopped"})
                return
            yield event

    def remember(self, text: str) -> Ingested:
        return from_workspace(self.workspace).remember(text)

    def teach(self) -> None:
        """Three notes, two of them in version 2, which came out of version 1."""
        self.remember("# The rabbit\n\nMuesli the rabbit gets a slice of fennel every Sunday.")
        self.remember("# The babysitter\n\nAnsa minds the twins on Thursdays for 14 euros an hour.")
        store = self.store()
        for number, passage in enumerate(store.passages.current(), 1):
            store.passages.mark_written(passage.id, "scripted")
            edits = store.edits.add_many(
                [
                    Edit(0, passage.id, "qa", "", NOW, f"Question {n}?", f"Answer {n}.", "accepted")
                    for n in range(6)
                ]
            )
            store.probes.add_many([Probe(0, passage.id, "Who?", "Ansa", NOW)])
            known = [*store.versions.edit_ids(number - 1), *(edit.id for edit in edits)]
            fields = {
                **identity_fields(self.model.info),
                "parent": number - 1 or None,
                "scores": {
                    "new_recall": 0.9 + number / 50, "old_recall": 0.9 if number > 1 else None,
                    "abstention": 0.95, "general_ratio": 1.01,
                },
            }  # fmt: skip
            adapter = make_adapter(self.folder / "trained")
            publish(store, self.workspace.paths, adapter, fields, known, self.clock)
        self.remember("The washing machine needs its filter rinsed on the first of each month.")


def make_adapter(folder: Path) -> Path:
    """The smallest LoRA adapter that peft would write."""
    folder.mkdir(exist_ok=True)
    name = "base_model.model.model.layers.0.self_attn.q_proj.lora_{}.weight"
    save_file(
        {
            name.format("A"): np.ones((2, 4), np.float32),
            name.format("B"): np.zeros((4, 2), np.float32),
        },
        folder / "adapter_model.safetensors",
    )
    config = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["q_proj"],
              "base_model_name_or_path": "scripted"}  # fmt: skip
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder
