"""A language model that answers from a script: for tests of what is not the model."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from threading import Event as Flag

from sealmate.errors import Cancelled
from sealmate.model.protocol import Completion, ModelInfo, Prompt, Request, Sampling


class ScriptedModel:
    """Answers from a queue, or from `reply(prompt, adapter)` where that is given."""

    def __init__(
        self,
        answers: Iterable[str] = (),
        reply: Callable[[Prompt, str | None], str] | None = None,
    ) -> None:
        self._answers = deque(answers)
        self._reply = reply
        self._adapters: dict[str, Path] = {}
        self._groups: dict[str, tuple[str, ...]] = {}
        self.prompts: list[Prompt] = []

    @property
    def info(self) -> ModelInfo:
        """A made-up identity."""
        return ModelInfo("scripted", Path(), "0" * 64, "1" * 64, "2" * 64, "", "none", "cpu",
                         "float32", 1, 4096)  # fmt: skip

    def count_tokens(self, text: str) -> int:
        """Words."""
        return len(text.split())

    def prompt_tokens(self, prompt: Prompt) -> int:
        """Words of all turns."""
        return sum(self.count_tokens(turn.content) for turn in prompt)

    def attach(self, name: str, folder: Path) -> None:
        """Remember the name."""
        self._adapters[name] = folder

    def detach(self, name: str) -> None:
        """Forget the name."""
        self._adapters.pop(name, None)
        self._groups.pop(name, None)

    @property
    def attached(self) -> tuple[str, ...]:
        """Names attached so far."""
        return tuple(self._adapters)

    @property
    def reader(self) -> str | None:
        """None."""
        return None

    def group(self, name: str, parts: Sequence[str]) -> None:
        """Remember the parts."""
        self._groups[name] = tuple(parts)

    def parts(self, name: str) -> tuple[str, ...]:
        """Those remembered, or the name itself."""
        return self._groups.get(name, (name,))

    def alike(
        self, words: Sequence[str], others: Sequence[str], least: float, most: int
    ) -> list[dict[str, float]]:
        """None at all."""
        return [{} for _ in words]

    def _next(self, prompt: Prompt, adapter: str | None) -> str:
        self.prompts.append(prompt)
        if self._reply is not None:
            return self._reply(prompt, adapter)
        return self._answers.popleft() if self._answers else ""

    def generate(
        self, requests: Sequence[Request], *, adapter: str | None = None, cancel: Flag | None = None
    ) -> list[list[Completion]]:
        """The next answers of the script."""
        done: list[list[Completion]] = []
        for request in requests:
            if cancel is not None and cancel.is_set():
                raise Cancelled("stopped")
            done.append(
                [
                    Completion(self._next(request.prompt, adapter), (-0.1,))
                    for _ in range(request.samples)
                ]
            )
        return done

    def stream(
        self,
        prompt: Prompt,
        sampling: Sampling,
        *,
        adapter: str | None = None,
        cancel: Flag | None = None,
    ) -> Iterator[str]:
        """The next answer, word by word."""
        for word in self._next(prompt, adapter).split(" "):
            if cancel is not None and cancel.is_set():
                return
            yield word + " "

    def mean_loss(
        self, pairs: Sequence[tuple[Prompt, str]], *, adapter: str | None = None
    ) -> list[float]:
        """A constant."""
        return [1.0 for _ in pairs]

    def total_loss(
        self, pairs: Sequence[tuple[Prompt, str]], *, adapter: str | None = None
    ) -> list[float]:
        """One a word, and six a word of more than three letters that is not in the prompt, its
        instruction left out."""
        shown = [turns[-1].content for turns, _ in pairs]
        notes = [text.rpartition("\n\n")[0] or text for text in shown]
        return [
            sum(1.0 if len(word) < 4 or word in note else 6.0 for word in answer.split())
            for note, (_, answer) in zip(notes, pairs, strict=True)
        ]

    def divergence(
        self, pairs: Sequence[tuple[Prompt, str]], *, adapter: str | None = None
    ) -> list[float]:
        """None at all."""
        return [0.0 for _ in pairs]

    def fingerprint_logits(self, *, adapter: str | None = None) -> tuple[float, ...]:
        """Depends on the adapter's name alone."""
        return (float(sum(map(ord, adapter or ""))), 0.0)
