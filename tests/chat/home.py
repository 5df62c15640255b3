"""A real ledger with notes and published versions, and a scripted model over it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import log
from pathlib import Path
from threading import Event as Flag
from typing import Any

import numpy as np

from sealmate.chat.assistant import Assistant
from sealmate.edits.steps import step_of
from sealmate.model.protocol import Completion, Prompt, Request
from sealmate.model.scripted import ScriptedModel
from sealmate.paths import Paths, locate
from sealmate.prompts import DONT_KNOW, RECALL
from sealmate.records import Edit, Passage, Version
from sealmate.settings import Settings, load_settings
from sealmate.sources import add_note
from sealmate.store import Store
from sealmate.versions.manifest import identity_fields
from sealmate.versions.publish import publish

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

RABBIT = "Muesli the rabbit gets a slice of fennel every Sunday."
SITTER = "Ansa minds the twins on Thursdays for 14 euros an hour."
BOILER = "The boiler in the cellar was serviced by Torvald in October."


@dataclass
class Clock:
    """Steps one second at each look."""

    at: datetime = START

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@dataclass
class Home:
    """Everything an assistant needs, below one folder."""

    folder: Path
    store: Store
    clock: Clock = field(default_factory=Clock)

    @property
    def paths(self) -> Paths:
        return locate("default", self.folder).ensure()

    def note(self, text: str, title: str | None = None) -> Passage:
        result = add_note(
            self.store, text, title, count=lambda t: len(t.split()), limit=200, clock=self.clock
        )
        return self.store.passages.of_source(result.added[0].id)[0]

    @property
    def settings(self) -> Settings:
        return load_settings(home=self.folder)

    def assistant(self, model: ScriptedModel, **settings: Any) -> Assistant:
        return Assistant(
            self.store,
            lambda: model,
            load_settings(home=self.folder, **settings),
            self.paths,
            self.clock,
        )

    def qa(self, passage: Passage, question: str, answer: str) -> Edit:
        edit = Edit(0, passage.id, "self-qa", "", START, question, answer, "accepted", writer="w")
        return self.store.edits.add_many([edit])[0]

    def version(self, edit_ids: Sequence[int] = (), **fields: Any) -> Version:
        """Publish a tiny adapter as the next version and make it active."""
        adapter = self.folder / "trained"
        adapter.mkdir(exist_ok=True)
        (adapter / "adapter_config.json").write_text(
            json.dumps({"peft_type": "LORA", "r": 1, "lora_alpha": 1, "target_modules": ["q"]})
        )
        write_tensors(adapter / "adapter_model.safetensors", self.store.versions.next_number())
        known = identity_fields(ScriptedModel().info)
        return publish(self.store, self.paths, adapter, known | fields, edit_ids, self.clock)


def write_tensors(file: Path, seed: int) -> None:
    """One rank-one LoRA pair as safetensors, by hand: the tests need no torch."""
    prefix = "base_model.model.model.layers.0.q"
    values = np.full(4, seed / 8, dtype="<f4").tobytes()
    header = {
        f"{prefix}.lora_A.weight": {"dtype": "F32", "shape": [1, 4], "data_offsets": [0, 16]},
        f"{prefix}.lora_B.weight": {"dtype": "F32", "shape": [4, 1], "data_offsets": [16, 32]},
    }
    encoded = json.dumps(header).encode()
    encoded += b" " * (-len(encoded) % 8)
    file.write_bytes(len(encoded).to_bytes(8, "little") + encoded + values + values)


def always(text: str) -> Callable[[Prompt, str | None], str]:
    """A model that says one thing whatever it is asked."""
    return lambda prompt, adapter: text


def replies(open_book: str, closed_book: str) -> Callable[[Prompt, str | None], str]:
    """A model that says one thing with notes before it and another without."""

    def reply(prompt: Prompt, adapter: str | None) -> str:
        asked = prompt[-1].content
        return open_book if "Answer the question shortly from" in asked else closed_book

    return reply


class Careful(ScriptedModel):
    """Recites `note` for everything but steps back, of which only `steps` lead anywhere; reads
    the `answers` to their questions out of whatever has them and else declines; without a text
    it knows nothing."""

    def __init__(
        self, note: str, answers: Mapping[str, str], steps: Mapping[str, str] | None = None
    ) -> None:
        super().__init__()
        self.note, self.answers, self.steps = note, answers, steps or {}

    def generate(
        self, requests: Sequence[Request], *, adapter: str | None = None, cancel: Flag | None = None
    ) -> list[list[Completion]]:
        done = []
        for request in requests:
            self.prompts.append(request.prompt)
            text, sure = self._said(request, adapter)
            one = Completion(text, (log(sure),), rival=log(1 - sure))
            done.append([one] * request.samples)
        return done

    def _said(self, request: Request, adapter: str | None) -> tuple[str, float]:
        shown = request.prompt[-1].content
        if adapter:
            cue = shown.removeprefix(RECALL)
            nowhere = step_of(cue) is not None and cue not in self.steps
            return self.steps.get(cue, self.note), 0.01 if nowhere else 0.95
        asked = request.opening[3:-3] or shown.rpartition("Question: ")[2]
        if asked == shown:
            return DONT_KNOW, 0.95
        there = [answer for answer in self.answers.values() if answer in shown]
        answer = self.answers.get(asked, "")
        known = answer in there
        return answer if known else (there or ["nothing"])[0], 0.95 if known else 0.03
