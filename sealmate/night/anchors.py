"""What a night trains beside self-edits, so that a memory keeps what it is no lesson in.

Questions about things nobody told, general chat and notes to be read as before. Nothing that the
night is examined on is among them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from threading import Event as Flag

from sealmate import prompts
from sealmate.edits.secrets import redact
from sealmate.model.protocol import LanguageModel, Prompt, Request, Sampling, Turn
from sealmate.night.selection import Choice
from sealmate.night.strangers import TRAINED, Known, bundled_strangers, safe_strangers
from sealmate.paths import bundled
from sealmate.records import Edit
from sealmate.settings import Settings
from sealmate.store import Store

ANCHORS = 72  # general requests whose answers are kept as they are
READINGS = 10  # prompts with notes in them that are to be read as before


class Anchors:
    """Drawn by the settings' seed for what a night has chosen to train."""

    def __init__(
        self,
        model: LanguageModel,
        store: Store,
        settings: Settings,
        choice: Choice,
        cancel: Flag | None = None,
    ) -> None:
        self._model, self._store, self._settings = model, store, settings
        self._choice, self._cancel = choice, cancel

    def strangers(self, before: Sequence[str] = ()) -> list[str]:
        """Bundled questions about things nobody told, less those the ledger may answer: those of
        a session that was cut off `before`, unless it may answer one of them by now."""
        rng = random.Random(self._settings.seed + 1)
        questions = [e.question for e in (*self._choice.new, *self._choice.replay) if e.answer]
        wanted = min(TRAINED, round(len(questions) * self._settings.unknown_share) + 40)
        chosen = rng.sample(bundled_strangers()[:TRAINED], wanted)
        texts = [passage.text for passage in self._store.passages.current()]
        known = Known(questions, texts)
        if before and safe_strangers(before, known) == list(before):
            return list(before)
        return safe_strangers(chosen, known)

    def chat(self) -> list[tuple[Prompt, str]]:
        """General requests with the model's own answers, to be kept as they are. None where the
        memory does not talk."""
        if self._settings.recall == "recite":
            return []
        rng = random.Random(self._settings.seed + 2)
        lines = (bundled("assets") / "general" / "chat.jsonl").read_text("utf-8").splitlines()
        asked = rng.sample([json.loads(line)["prompt"] for line in lines], ANCHORS)
        turns: list[Prompt] = [(prompts.system(), Turn("user", text)) for text in asked]
        requests = [Request(prompt, sampling=Sampling(max_tokens=40)) for prompt in turns]
        replies = self._model.generate(requests, cancel=self._cancel)
        return [(p, r[0].text) for p, r in zip(turns, replies, strict=True) if r[0].text]

    def reading(self) -> list[tuple[int, Prompt, str]]:
        """Questions with their passages to read, a few groups of several that share a prompt. None
        where the memory does not read."""
        if self._settings.recall == "recite":
            return []
        rng = random.Random(self._settings.seed + 3)
        asked: dict[int, list[Edit]] = {}
        passages = self._choice.passages
        for edit in self._choice.new:
            if edit.question and edit.answer and edit.passage_id in passages:
                asked.setdefault(edit.passage_id, []).append(edit)
        keys = sorted(asked)
        rng.shuffle(keys)
        found: list[tuple[int, Prompt, str]] = []
        for group in range(min(READINGS, len(keys))):
            shown = [keys[(group + step) % len(keys)] for step in range(min(3, len(keys)))]
            rng.shuffle(shown)
            texts = [redact(passages[key].text, passages[key].heading) for key in shown]
            references = [prompts.Reference("", text) for text in texts]
            for key in shown:
                for edit in rng.sample(asked[key], min(2, len(asked[key]))):
                    prompt = prompts.open_book(edit.question, references)
                    found.append((group, prompt, f"{edit.answer} [{shown.index(key) + 1}]"))
        return found
