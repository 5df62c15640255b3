"""A scripted model that is as sure of its answers as a test wants it to be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from threading import Event as Flag
from typing import Any

from sealmate.model.protocol import Completion, Request
from sealmate.model.scripted import ScriptedModel


class Reader(ScriptedModel):
    """Answers as scripted, each with this confidence."""

    def __init__(
        self, answers: Iterable[str] = (), *, confidence: float = 0.99, **how: Any
    ) -> None:
        super().__init__(answers, **how)
        self.confidence = confidence

    def generate(
        self,
        requests: Sequence[Request],
        *,
        adapter: str | None = None,
        cancel: Flag | None = None,
    ) -> list[list[Completion]]:
        done = super().generate(requests, adapter=adapter, cancel=cancel)
        sure = (math.log(self.confidence),)
        return [[Completion(c.text, sure) for c in samples] for samples in done]
