"""Questions nobody told the answer to, kept apart from those the ledger can answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sealmate.paths import bundled

TRAINED = 1000  # of the bundled list
PROBED = 40  # of those after them, which a candidate is asked; the rest is for benchmarks
_WORD = re.compile(r"[^\W_]+(?:'\w+)?")
_LIGHT = (
    "a an and are as at be been by can did do does for from get had has have he her his how i if "
    "in into is it its long many me my much of on one or our out she should that the their them "
    "there they this to up us was we were what when where which who whom whose why will with you "
    "your"
)
_EMPTY = frozenset(_LIGHT.split())


def bundled_strangers() -> list[str]:
    """The questions that come with sealmate, in a fixed order."""
    file = bundled("assets") / "general" / "strangers.txt"
    return [line for line in file.read_text("utf-8").splitlines() if line.strip()]


def bag(text: str) -> frozenset[str]:
    """Content words in small letters, without a plural's or a possessive's s."""
    words = (word.casefold() for word in _WORD.findall(text))
    return frozenset(
        word.removesuffix("'s").rstrip("s") or word for word in words if word not in _EMPTY
    )


class Known:
    """What the ledger can answer, by the content words of its questions and passages."""

    def __init__(self, questions: Iterable[str], passages: Iterable[str]) -> None:
        self._questions = [words for words in map(bag, questions) if words]
        self._passages = [bag(text) for text in passages]

    def asks(self, question: str) -> bool:
        """Whether a known question is nearly this one (three quarters of the words shared)."""
        words = bag(question)
        return any(len(words & other) >= 0.75 * len(words | other) for other in self._questions)

    def may_answer(self, question: str) -> bool:
        """Whether some passage has most of the question's words: too near to train against."""
        words = bag(question)
        return not words or any(len(words & text) > len(words) / 2 for text in self._passages)


def safe_strangers(questions: Sequence[str], known: Known) -> list[str]:
    """Those the ledger plainly does not answer."""
    return [q for q in questions if not known.asks(q) and not known.may_answer(q)]
