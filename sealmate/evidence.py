"""What speaks for an answer from a text beside how likely it is read there.

By likelihood alone a small model is surest of some of its worst answers, so that other signs
are held against it, as nats by which the log-odds of an answer are moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sealmate import prompts
from sealmate.edits.words import content, tokens, within
from sealmate.model.protocol import LanguageModel

ABOUT = 2.0  # nats by which a text with all of a question's words is likelier than with none
POSED = 0.3  # of a nat by which a question is likelier posed for its answer than for having none
_FARTHEST = 8.0  # nats of that difference that count, either way
_WORTH = 0.1  # confidence of an answer from which on it is worth a look


@dataclass(frozen=True, slots=True)
class Read:
    """An answer that was read in a text for a question, and how sure its reader was (0..1)."""

    question: str
    text: str
    answer: str
    confidence: float


def about(question: str, text: str) -> float:
    """Log-odds, in nats, that a text is about what was asked: the share of the question's
    content words that it has, from -ABOUT / 2 for none to ABOUT / 2 for all."""
    named, there = content(tokens(question)), tokens(text)
    if not named:
        return 0.0
    return ABOUT * (sum(within(word, there) for word in named) / len(named) - 0.5)


def posed(model: LanguageModel, found: Sequence[Read | None]) -> list[float]:
    """Log-odds, in nats, that a text has each answer, from how its question would come about.

    The writer was taught to write the question that an answer of a note answers, and one that the
    note leaves open. How much likelier it writes this one by the first than by the second is a
    generative classifier beside the reader's verdict (a noisy channel: Lewis and Fan 2019,
    "Generative Question Answering", ICLR). Both are asked without a memory. 0 for None, and where
    the reader found nothing worth a look.
    """
    worth = {n: one for n, one in enumerate(found) if one and one.confidence >= _WORTH}
    # those on one text side by side: they share what is read of it
    order = sorted(worth, key=lambda n: worth[n].text)
    pairs = []
    for one in map(worth.__getitem__, order):
        pairs.append((prompts.writing("unknown", "", one.text), one.question))
        pairs.append((prompts.ask_for(one.answer, "", one.text), one.question))
    losses = model.total_loss(pairs) if pairs else []
    speaks = [0.0] * len(found)
    for place, n in enumerate(order):
        ahead = losses[2 * place] - losses[2 * place + 1]
        speaks[n] = POSED * max(-_FARTHEST, min(_FARTHEST, ahead))
    return speaks
